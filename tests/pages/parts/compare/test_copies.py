"""The copies are the run's own pictures at the size of its results, and are measured as the results are."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nst_core.jobs.service import Inspection, InspectionRequest, JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import change, make
from nst_core.runs.inputs import RunInputs
from pages.parts.compare import copies
from tests.pages.fake_service import MEASURES, FakeJobService

RNG = np.random.default_rng(0)


def plain(height: int, width: int, alpha: np.ndarray | None = None) -> Picture:
    return Picture.from_pixels(RNG.integers(0, 256, (height, width, 3), np.uint8), alpha)


def run(service: FakeJobService, inputs: RunInputs, job: str, **settings: object) -> dict[str, JobView | None]:
    recipe = change(inputs.named_in(make(settings={"method": "fast"})), settings)
    service.jobs[job] = JobView(job, "done", recipe, report={"measures": MEASURES})
    service.given[job] = inputs
    return {"fast": service.jobs[job], "slow": None}


def test_they_have_the_size_of_the_results_and_the_heaviest_style_stands_for_all(job_service: FakeJobService) -> None:
    inputs = RunInputs(plain(96, 128), (plain(50, 40), plain(30, 60)))
    styles = [{"sha256": s.sha256, "weight": w} for s, w in zip(inputs.styles, (1.0, 3.0), strict=True)]
    made = copies.of(run(job_service, inputs, "two styles", styles=styles))
    assert made
    assert {(p.width, p.height) for p in (made.photograph, *made.styles)} == {(64, 48)}
    shown = np.asarray(Image.open(io.BytesIO(made.encoded["style"])), np.float64)
    errors = [np.abs(shown - style.pixels).mean() for style in made.styles]
    assert errors[1] < errors[0]
    assert copies.figures(made) is None, "until the worker has answered"
    ((photograph, of_photograph), (_, of_style)) = job_service.requests
    assert photograph == InspectionRequest("measures", longest_edge_px=64, shares=(1.0, 3.0))
    assert of_photograph == (made.photograph, made.photograph, *made.styles)
    assert of_style[0] is made.styles[1]
    job_service.inspections["measures"] = Inspection("done", {"ssim": 1.0, "content": {"a": 2.0, "b": 4.0}})
    assert (copies.figures(made) or {})["photograph"] == {
        "content": 3.0,
        "content/a": 2.0,
        "content/b": 4.0,
        "ssim": 1.0,
    }
    job_service.inspections["measures"] = Inspection("failed", error="no weights")
    assert copies.figures(made) == {}


@pytest.mark.parametrize("clear", ["photograph", "style"])
def test_transparent_pictures_have_none(job_service: FakeJobService, clear: str) -> None:
    alpha = np.full((40, 40), 100, np.uint8)
    photograph = plain(40, 40, alpha if clear == "photograph" else None)
    style = plain(40, 40, alpha if clear == "style" else None)
    assert copies.of(run(job_service, RunInputs(photograph, (style,)), f"clear {clear}")) is None


def test_runs_without_measures_or_pictures_have_none(job_service: FakeJobService) -> None:
    views = run(job_service, RunInputs(plain(40, 40), (plain(40, 40),)), "lost")
    assert views["fast"]
    assert copies.of({"fast": replace(views["fast"], report={})}) is None
    del job_service.jobs["lost"]
    assert copies.of(views) is None
