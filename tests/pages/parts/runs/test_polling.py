"""The parts of a page that are drawn again while a run is under way, and their intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nst_core.recipe import make
from pages.parts.runs import polling
from tests.pages.conftest import Open
from tests.pages.fake_service import OWNER, FakeJobService

Asked = list[float]
"""Seconds between two drawings of a part that watches a run, a part each."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The intervals at which an opened page polls, in seconds."""
    intervals: Asked = []
    fragment = polling.st.fragment

    def noted(func: Any, *, run_every: float | None = None) -> Any:
        if run_every and func.__module__ == polling.__name__:
            intervals.append(run_every)
        return fragment(func, run_every=run_every)

    monkeypatch.setattr(polling.st, "fragment", noted)
    return intervals


def begun(job_service: FakeJobService, method: str = "slow") -> str:
    job = job_service.submit(make(settings={"method": method}), None, [None], owner=OWNER)
    if method == "slow":
        job_service.advance(job, 5)
    return job


def often(asked: Asked, page: Open, job: str, of: str = "slow") -> list[float]:
    asked.clear()
    page(of, job=job)
    return sorted(asked)


def test_curves_are_drawn_more_often_than_what_stands_beside_them(
    open_page: Open, job_service: FakeJobService, asked: Asked
) -> None:
    assert often(asked, open_page, begun(job_service)) == [polling.CURVES_SECONDS, polling.PICTURES_SECONDS]
    assert polling.CURVES_SECONDS < 0.5, "at least twice a second, with the time that a drawing takes"
    assert polling.PICTURES_SECONDS < 1


def test_a_run_that_is_over_is_not_drawn_again_and_one_that_is_measured_seldom(
    open_page: Open, job_service: FakeJobService, asked: Asked
) -> None:
    job = begun(job_service)
    job_service.finish(job)
    assert often(asked, open_page, job) == []
    job_service.jobs[job] = replace(job_service.jobs[job], state="running", report=None)
    assert min(often(asked, open_page, job)) > polling.PICTURES_SECONDS


def test_a_run_of_one_pass_is_looked_at_most_often(open_page: Open, job_service: FakeJobService, asked: Asked) -> None:
    (every,) = often(asked, open_page, begun(job_service, "fast"), "fast")
    assert every < polling.CURVES_SECONDS
