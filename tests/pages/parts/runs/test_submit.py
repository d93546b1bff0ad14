"""If there is no room for a run, the refusal says whose runs fill the queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nst_core.errors import QueueFullError
from nst_core.recipe import make
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService


@pytest.mark.parametrize(
    ("own", "title"),
    [
        (True, "Your places in line are taken; try again in about 45 s"),
        (False, "The line is full; try again in about 45 s"),
    ],
)
def test_a_refusal_says_why_and_when_to_come_back(
    open_page: Open, job_service: FakeJobService, own: bool, title: str
) -> None:
    app = open_page("slow")
    app.button(key="slow_start").click().run()
    (job,) = job_service.jobs
    job_service.jobs[job] = replace(job_service.jobs[job], position=2)
    job_service.submit(make(), None, [None], owner="another")
    job_service.refuse = QueueFullError("as many wait as fit", retry_after_seconds=44, own=own)
    app = open_page("fast")
    app.button(key="fast_start").click().run()
    assert title in words(app)
    assert "As many wait as fit." in words(app)
    links = [link.proto.label for link in app.get("page_link") if "in line" in link.proto.label]
    assert links == (["Slow · Painterly, number 2 in line"] if own else [])
