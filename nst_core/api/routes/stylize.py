"""A picture by the fast method in one call, which waits some seconds for it."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from nst_core.api import forms, submission
from nst_core.api.access import SECRET_HEADER, Address, Secret
from nst_core.api.context import ApiContext, Context
from nst_core.api.picture_files import MEDIA_TYPES, RETRY_SECONDS, PictureFormat, encoded, losses
from nst_core.api.resources import NewRun, new_run_of, path_to
from nst_core.api.routes.runs import IdempotencyKey
from nst_core.api.submission import Sender, Submission
from nst_core.errors import JobError, WorkerError
from nst_core.jobs.views import JobView

router = APIRouter(tags=["Runs"])
LONGEST_WAIT_SECONDS = 10.0
RUN_HEADER = "X-Run-Id"
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)
Prefer = Annotated[
    str,
    Header(
        description=f"`wait=N`: wait at most so many seconds for the picture, up to {LONGEST_WAIT_SECONDS:.0f}",
        max_length=200,
    ),
]


@router.post(
    "/stylize",
    response_class=Response,
    responses={
        200: {"description": "The picture", "content": {each: {} for each in MEDIA_TYPES.values()}},
        202: {"description": "The picture is not there in time; ask for it at the run's links", "model": NewRun},
    },
)
async def stylize(  # noqa: PLR0913 - the parts of a request
    request: Request,
    context: Context,
    address: Address,
    secret: Secret,
    content: forms.ContentFile = None,
    content_id: forms.ContentId = "",
    style: forms.StyleFiles = None,
    style_id: forms.StyleIds = None,
    recipe: forms.RecipeText = "",
    kind: Annotated[PictureFormat, Form(alias="format", description="PNG and WebP have the recipe inside")] = "png",
    idempotency_key: IdempotencyKey = "",
    prefer: Prefer = "",
) -> Response:
    """Paint a picture by the fast method, and answer with it.

    Headers of the answer have the run's address and secret.
    """

    def submit() -> tuple[str, str | None]:
        full = forms.recipe_of(recipe, method="fast")
        photograph, styles = forms.given("content", content, content_id), forms.given_styles(style, style_id)
        wanted = Submission(full, photograph, styles, measure=False)
        return submission.submit(context, wanted, Sender(secret, address, idempotency_key))

    run, told = await run_in_threadpool(submit)
    seconds, headers = _wait(prefer)
    headers |= {"location": path_to(request, f"/runs/{run}"), RUN_HEADER: run, "cache-control": "no-store"}
    headers |= {SECRET_HEADER: told} if told else {}
    await context.waits.over(run, seconds)
    view = await run_in_threadpool(context.jobs().view, run)
    picture = _picture(view)
    if picture is None:
        return JSONResponse(new_run_of(request, view, told).model_dump(mode="json"), 202, headers)
    headers |= losses(picture, kind)
    if kind != "png":
        picture = await run_in_threadpool(_converted, context, picture, kind, view.recipe.to_json())
    return Response(picture, media_type=MEDIA_TYPES[kind], headers=headers)


def _converted(context: ApiContext, picture: bytes, kind: PictureFormat, recipe_json: str) -> bytes:
    """The picture in another format, once a place for encoding is free.

    Raises ProblemError if there is none for long.
    """
    with context.encodings.taken("other formats and sizes", RETRY_SECONDS, wait_seconds=LONGEST_WAIT_SECONDS):
        return encoded(picture, kind, recipe_json)


def _wait(prefer: str) -> tuple[float, dict[str, str]]:
    """The seconds to wait, and the header that confirms the client's preference (RFC 7240)."""
    wish = _WAIT.search(prefer)
    if wish is None:
        return LONGEST_WAIT_SECONDS, {}
    seconds = min(LONGEST_WAIT_SECONDS, float(wish[1]))
    return seconds, {"preference-applied": f"wait={seconds:.0f}"}


def _picture(view: JobView) -> bytes | None:
    """The PNG of a run as the worker made it; None if it is not over. Raises JobError if it ended without one."""
    if view.state == "failed" and not view.result:
        raise WorkerError(view.error or "the run has ended without a picture; try again")
    if view.state == "stopped" and not view.result:
        raise JobError("the run was stopped before it had a picture; start it again")
    return view.result
