"""The status line of a run that waits, runs, or has ended early."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nst_core.jobs.service import JobView
from nst_core.recipe import make
from pages.parts.runs import run_image
from tests.pages.conftest import Open, words
from tests.pages.fake_service import OWNER, FakeJobService, picture, points

WAITING = JobView("id", "queued", make(), total_steps=100, position=1)
BEGUN = replace(WAITING, step=12, points=points(12))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (WAITING, "Next in line. Your run starts by itself."),
        (replace(WAITING, wait_seconds=0.4), "Next in line. Your run starts by itself."),
        (replace(WAITING, wait_seconds=41.7), "Next in line, about 40 s. Your run starts by itself."),
        (
            replace(WAITING, position=3, wait_seconds=130),
            "Number 3 in line, about 2 min. Your run starts by itself.",
        ),
        (replace(BEGUN, wait_seconds=7), "Next in line, about 7 s. It goes on from about step 12."),
        (replace(BEGUN, state="paused", position=0), "Paused at step 12 of 100"),
        (replace(BEGUN, state="paused", position=0, step=0), "Paused before its first step"),
    ],
)
def test_one_who_waits_is_told_what_for_and_how_long(view: JobView, expected: str) -> None:
    assert run_image.status_line(view, waking=False) == expected


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (WAITING, "The networks are being loaded. Your run starts by itself."),
        (replace(WAITING, position=2), "The networks are being loaded · number 2 in line. Your run starts by itself."),
        (BEGUN, "The networks are being loaded. It goes on from about step 12."),
        (replace(BEGUN, state="paused", position=0), "Paused at step 12 of 100"),
    ],
)
def test_while_the_networks_load_that_is_said_instead_of_a_time(view: JobView, expected: str) -> None:
    assert run_image.status_line(replace(view, wait_seconds=60), waking=True) == expected


def test_a_run_that_diverged_shows_its_best_picture_as_unfinished(open_page: Open, job_service: FakeJobService) -> None:
    job_id = job_service.submit(make(), None, [None], owner=OWNER)
    job_service.advance(job_id, 30)
    job_service.jobs[job_id] = replace(
        job_service.jobs[job_id],
        state="failed",
        error="the loss was not finite; its best picture, of step 28, is kept",
        result=picture("PNG"),
        report={"size": [64, 48]},
    )
    app = open_page("slow", job=job_id)
    assert "This run ended early" in words(app)
    assert "its best picture, of step 28, is kept" in words(app)
    assert "PNG" in [button.label for button in app.get("download_button")]
    frame = next(part for part in app.get("bidi_component") if "Unfinished" in part.proto.json)
    assert "Painting" not in frame.proto.json
