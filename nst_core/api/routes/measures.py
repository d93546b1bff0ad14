"""The cost of a run before it starts, and the distances of a result from its content and its styles."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Form, UploadFile
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from nst_core.api import forms
from nst_core.api.context import ApiContext, Context
from nst_core.api.problems import BUSY, INTERNAL, ProblemError, retry_after
from nst_core.api.resources import ApiModel
from nst_core.errors import with_code
from nst_core.jobs.views import Inspection, InspectionRequest
from nst_core.picture.resize import MIN_SIDE_PX
from nst_core.picture.upload import Picture
from nst_core.recipe.schema import MOST_STYLES
from nst_core.runs import cost
from nst_core.system.host_profile import host_profile

router = APIRouter(tags=["Measures"])
LONGEST_WAIT_SECONDS = 20.0
POLL_SECONDS = 0.1
LARGEST_PX = 1024
"""Greatest size at which a result is measured: the run under way waits meanwhile."""


class EstimateRequest(ApiModel):
    """A run that might be started."""

    model_config = ConfigDict(extra="forbid", strict=True)

    recipe: dict[str, Any] = Field(default_factory=dict, description="as in `POST /runs`")
    width: int = Field(ge=1, le=100_000, description="of the photograph, in pixels")
    height: int = Field(ge=1, le=100_000, description="of the photograph, in pixels")
    styles: int = Field(1, ge=1, le=MOST_STYLES, description="number of style pictures")


class Estimate(ApiModel):
    """The cost of a run on this server, without the wait for other runs."""

    seconds: float
    peak_mb: float = Field(description="peak memory in MB")
    calibrated: bool = Field(description="whether the server has measured its speed; otherwise a laptop's is assumed")
    largest_edge_px: int = Field(description="the greatest `longest_edge_px` of this method in this server's memory")
    fits: bool = Field(description="whether the recipe's size is at most that; a larger run is refused")


class Measures(ApiModel):
    """Distances of a result from its content and its styles; 0 if equal, unless stated otherwise."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")

    size: list[int] = Field(description="width and height at which it was measured, in pixels")
    content: dict[str, float] = Field(description="layer -> mean squared difference of activations")
    style_gram: dict[str, float] = Field(description="layer -> mean squared difference of Gram matrices")
    style_wasserstein2: dict[str, float] = Field(description="layer -> squared Wasserstein-2 distance of activations")
    total_variation: float = Field(description="of the result, divided by its number of values")
    ssim: float = Field(description="structural similarity to the content; 1 if equal")
    colour: float | None = Field(description="Wasserstein-2 distance of its colours from the styles'")
    tutorial_total: float | None = Field(description="the objective of TensorFlow's tutorial")


@router.post("/estimate")
def estimate(wanted: Annotated[EstimateRequest, Body()]) -> Estimate:
    """Estimate the cost of a run: seconds, and peak memory of the process that paints."""
    recipe = forms.recipe_from(wanted.recipe)
    most = host_profile().edge_px(recipe.method)
    found = cost.of(recipe, (wanted.width, wanted.height), wanted.styles)
    return Estimate(**asdict(found), largest_edge_px=most, fits=recipe.longest_edge_px <= most)


@router.post("/measure")
async def measure(  # noqa: PLR0913 - the parts of a request
    context: Context,
    output: Annotated[UploadFile | None, File(description="the result")] = None,
    output_id: Annotated[str, Form(description="in place of the file", max_length=100)] = "",
    content: forms.ContentFile = None,
    content_id: forms.ContentId = "",
    style: forms.StyleFiles = None,
    style_id: forms.StyleIds = None,
    longest_edge_px: Annotated[
        int, Form(ge=MIN_SIDE_PX, le=LARGEST_PX, description="a larger result is first reduced to this size")
    ] = InspectionRequest.longest_edge_px,
) -> Measures:
    """Measure a result, as `python -m nst_core measure` does. Waits for the step of a run to end, at most 20 s."""
    photograph, styles = forms.given("content", content, content_id), forms.given_styles(style, style_id)

    def opened() -> tuple[Picture, ...]:
        store = context.pictures
        return (
            forms.given("output", output, output_id).open(store),
            *(picture.open(store) for picture in (photograph, *styles)),
        )

    with context.measurements.taken("measurements", LONGEST_WAIT_SECONDS / 2):
        pictures = await run_in_threadpool(opened)
        question = InspectionRequest("measures", longest_edge_px=longest_edge_px)
        answer = await _answer(context, question, pictures)
    if answer.state == "failed":
        if not answer.code:
            raise ProblemError(INTERNAL, answer.error)
        raise with_code(answer.code)(answer.error)
    return Measures(**answer.facts)


async def _answer(context: ApiContext, question: InspectionRequest, pictures: tuple[Picture, ...]) -> Inspection:
    """The worker's answer to a question. Raises ProblemError if it does not come in time, WorkerError."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        answer = await run_in_threadpool(context.jobs().inspect, question, *pictures)
        if answer.state != "waiting":
            return answer
        if time.monotonic() > end:
            raise ProblemError(BUSY, "the step of a run takes too long; send the request again", headers=retry_after(5))
        await asyncio.sleep(POLL_SECONDS)
