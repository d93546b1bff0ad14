"""The results of a run so far: its curve, its pictures, the time-lapse of them, and the film of a film's run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from nst_core.api import picture_files
from nst_core.api.caching import entity_tag, unchanged
from nst_core.api.context import Context
from nst_core.api.picture_files import MEDIA_TYPES, NOTE_HEADER, PictureFormat, encoded, exceeds, losses, stored_kind
from nst_core.api.problems import NO_RUN_YET, ProblemError, retry_after
from nst_core.api.routes.runs import RunId
from nst_core.jobs.film_files import MEDIA_TYPES as FILM_MEDIA_TYPES
from nst_core.jobs.snapshots import nearest
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs import curve_files
from nst_core.runs.timelapse import MIN_PICTURES, FilmFormat

router = APIRouter(prefix="/runs", tags=["Runs"])
RETRY_SECONDS = 2.0
LEAST_EDGE_PX = 16
STEP_HEADER = "X-Picture-Step"
CURVE_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
FILM_TYPES: dict[FilmFormat, str] = {"mp4": "video/mp4", "webp": "image/webp", "gif": "image/gif"}
_INTEGER = {"type": "integer"}
_KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "The client has it"}}


@router.get(
    "/{run}/curve",
    response_class=Response,
    responses={200: {"content": {each: {} for each in CURVE_TYPES.values()}}},
)
def curve(
    context: Context,
    run: RunId,
    kind: Annotated[Literal["json", "csv"], Query(alias="format", description="JSON has the recipe too")] = "json",
) -> Response:
    """The loss curve so far, each point with its step, seconds, size and weighted losses."""
    view = context.jobs().view(run)
    if kind == "csv":
        text = curve_files.as_csv(view.points)
    else:
        text = curve_files.as_json(view.points, view.recipe, view.reference_losses)
    headers = {"cache-control": "no-cache", "content-disposition": _disposition("attachment", view, "curve", kind)}
    return Response(text, media_type=CURVE_TYPES[kind], headers=headers)


@router.get(
    "/{run}/picture",
    response_class=Response,
    responses={
        200: {
            "content": {each: {} for each in MEDIA_TYPES.values()},
            "headers": {
                STEP_HEADER: {"description": "the step it shows, if not the result", "schema": _INTEGER},
                NOTE_HEADER: {"description": "what this format loses of it, if anything", "schema": {"type": "string"}},
            },
        },
        **_KNOWN,
    },
)
def picture(  # noqa: PLR0913 - the parts of a request
    request: Request,
    context: Context,
    run: RunId,
    step: Annotated[
        int | None,
        Query(
            ge=0,
            description="return the stored picture nearest to this step; by default the newest",
        ),
    ] = None,
    kind: Annotated[
        PictureFormat | None,
        Query(
            alias="format",
            description="by default the stored one: PNG for the result, JPEG for steps, or WebP with transparency",
        ),
    ] = None,
    max_edge: Annotated[
        int | None, Query(ge=LEAST_EDGE_PX, description="a picture with a longer edge is reduced to it, in pixels")
    ] = None,
) -> Response:
    """A picture of a run.

    The PNG and WebP of a result have the recipe inside. `X-Picture-Step` is the step of the picture. JPEG has no
    transparency: of a picture with clear parts `X-Picture-Note` says so, and they are white.
    """
    view = context.jobs().view(run)
    source, recipe, shown = _shown(context, view, step)
    stored: PictureFormat = stored_kind(source) or ("png" if recipe else "jpeg")
    kind = kind or stored
    edge = max_edge if max_edge and exceeds(source, max_edge) else None
    part = "" if shown is None else f"step{shown}"
    tag = entity_tag(source, kind, *([f"{edge}px"] if edge else []))
    headers = _headers(view, tag, _disposition("inline", view, part, kind))
    if shown is not None:
        headers[STEP_HEADER] = str(shown)
    if known := unchanged(request, headers):
        return known
    headers |= losses(source, kind)
    if kind != stored or edge:
        with context.encodings.taken("other formats and sizes", picture_files.RETRY_SECONDS):
            source = encoded(source, kind, recipe, edge)
    return Response(source, media_type=MEDIA_TYPES[kind], headers=headers)


def _not_yet(view: JobView, sentence: str) -> ProblemError:
    """The problem of a part that a run does not have; while the run goes on, it says when to ask again."""
    return ProblemError(NO_RUN_YET, sentence, headers={} if view.state in FINAL else retry_after(RETRY_SECONDS))


def _shown(context: Context, view: JobView, step: int | None) -> tuple[bytes, str | None, int | None]:
    """A stored picture: the result with its recipe, or the picture of a step with the step's number."""
    if step is None and view.result:
        return view.result, view.recipe.to_json(), None
    if not view.snapshot_steps:
        raise _not_yet(view, "this run has no picture yet; its first step makes one")
    shown = view.snapshot_steps[-1] if step is None else nearest(view.snapshot_steps, step)
    if view.snapshot is not None and shown == view.snapshot_step:
        return view.snapshot, None, shown
    return context.jobs().picture_at(view.id, shown), None, shown


@router.get(
    "/{run}/timelapse",
    response_class=Response,
    responses={200: {"content": {each: {} for each in FILM_TYPES.values()}}, **_KNOWN},
)
def timelapse(
    request: Request,
    context: Context,
    run: RunId,
    kind: Annotated[FilmFormat, Query(alias="format", description="MP4 is H.264, and the smallest")] = "mp4",
) -> Response:
    """The time-lapse of a run's pictures so far. It is made on request, which takes seconds."""
    view = context.jobs().view(run)
    steps = view.snapshot_steps
    if len(steps) < MIN_PICTURES:
        raise _not_yet(view, f"a time-lapse needs {MIN_PICTURES} pictures, and this run has {len(steps)}")
    tag = entity_tag(repr((run, view.created, steps)).encode(), kind)
    headers = _headers(view, tag, _disposition("inline", view, "", kind))
    if known := unchanged(request, headers):
        return known

    def pictures() -> list[bytes]:
        first = [view.content] if view.content else []
        return [*first, *(context.jobs().picture_at(run, step) for step in steps)]

    return Response(context.films.film(tag, kind, pictures), media_type=FILM_TYPES[kind], headers=headers)


@router.get(
    "/{run}/film",
    response_class=Response,
    responses={
        200: {"content": {each: {} for each in FILM_MEDIA_TYPES.values()}},
        206: {"description": "The part that the header Range asks for"},
        **_KNOWN,
    },
)
def film(request: Request, context: Context, run: RunId) -> Response:
    """The finished film of a film's run, or of the frames before it was stopped. The header Range asks for a part."""
    view = context.jobs().view(run)
    if view.recipe.medium == "film" and view.result is None:
        raise _not_yet(view, "this run has no film yet; it is written when the run ends or is stopped")
    found = context.jobs().film_result(run)
    facts = found.path.stat()
    tag = entity_tag(repr((run, facts.st_size, facts.st_mtime_ns)).encode())
    headers = _headers(view, tag, _disposition("inline", view, "", view.recipe.film.film_format))
    return unchanged(request, headers) or FileResponse(found.path, headers=headers, media_type=found.media_type)


def _headers(view: JobView, tag: str, disposition: str) -> dict[str, str]:
    """Headers for caching.

    A run that is over does not change any more; its id is a secret, so shared caches must not keep it.
    """
    kept = "private, max-age=31536000, immutable" if view.state in FINAL else "private, no-cache"
    return {"etag": tag, "cache-control": kept, "content-disposition": disposition}


def _disposition(how: Literal["inline", "attachment"], view: JobView, part: str, kind: str) -> str:
    """The header that proposes a file name, such as nst-slow-1a2b3c-step40.jpg."""
    ending = "jpg" if kind == "jpeg" else kind
    name = "-".join(filter(None, ("nst", view.recipe.method, view.id[:6], part)))
    return f'{how}; filename="{name}.{ending}"'
