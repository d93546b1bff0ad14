"""Runs: submit, view, change and delete them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Header, Path, Request, Response

from nst_core.api import forms, submission
from nst_core.api.access import Address, Secret
from nst_core.api.context import Context
from nst_core.api.idempotency import KEY_LENGTH
from nst_core.api.resources import NewRun, Run, new_run_of, path_to, run_of
from nst_core.api.submission import Sender, Submission
from nst_core.recipe import STEERABLE

router = APIRouter(prefix="/runs", tags=["Runs"])
RunId = Annotated[str, Path(description="the run's id", pattern="^[0-9a-f]{1,64}$")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="a request that is sent again with the same key gets the first answer, and starts no second run",
        max_length=KEY_LENGTH,
    ),
]


@router.post("", status_code=201)
def submit(  # noqa: PLR0913 - the parts of a request
    request: Request,
    response: Response,
    context: Context,
    address: Address,
    secret: Secret,
    content: forms.ContentFile = None,
    content_id: forms.ContentId = "",
    film: forms.FilmFile = None,
    style: forms.StyleFiles = None,
    style_id: forms.StyleIds = None,
    start: forms.StartFile = None,
    recipe: forms.RecipeText = "",
    measure: Annotated[bool, Form(description="whether the result is measured, which takes seconds")] = True,
    idempotency_key: IdempotencyKey = "",
) -> NewRun:
    """Submit a run.

    Only this answer contains its `secret`; send it as `X-Run-Secret` to change the run, or to own more runs.
    """
    given_film = forms.given_film(film, content, content_id)
    full = forms.recipe_of(recipe, **({"medium": "film"} if given_film else {}))
    wanted = Submission(
        full,
        given_film or forms.given("content", content, content_id),
        forms.given_styles(style, style_id),
        forms.given_start(start),
        measure,
    )
    job, told = submission.submit(context, wanted, Sender(secret, address, idempotency_key))
    response.headers["location"] = path_to(request, f"/runs/{job}")
    return new_run_of(request, context.jobs().view(job), told)


@router.get("/{run}", operation_id="get_run")
def look(request: Request, context: Context, run: RunId) -> Run:
    """A run as it is now."""
    return run_of(request, context.jobs().view(run))


@router.post("/{run}/stop")
def stop(request: Request, context: Context, secret: Secret, run: RunId) -> Run:
    """End a run within a step; its newest picture becomes the result. Nothing changes if the run is over."""
    context.jobs().stop(run, secret)
    return look(request, context, run)


@router.post("/{run}/pause")
def pause(request: Request, context: Context, secret: Secret, run: RunId) -> Run:
    """Pause a run after its step. A waiting run keeps its place, and does not begin until it is resumed."""
    context.jobs().pause(run, secret)
    return look(request, context, run)


@router.post("/{run}/resume")
def resume(request: Request, context: Context, secret: Secret, run: RunId) -> Run:
    """Resume a paused run."""
    context.jobs().resume(run, secret)
    return look(request, context, run)


@router.post("/{run}/steer")
def steer(
    request: Request,
    context: Context,
    secret: Secret,
    run: RunId,
    settings: Annotated[
        dict[str, Any], Body(description=f"new values of settings, by name: {', '.join(STEERABLE)}", min_length=1)
    ],
) -> Run:
    """Change settings of a run between two steps."""
    context.jobs().steer(run, secret, settings)
    return look(request, context, run)


@router.delete("/{run}", status_code=204)
def delete(context: Context, secret: Secret, run: RunId) -> None:
    """End a run if it is not over, and delete it with its pictures."""
    context.jobs().delete(run, secret)
