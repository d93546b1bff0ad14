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


@pytest.mark.parametrize("method", ["slow", "fast"])
def test_a_run_behind_others_is_looked_at_seldom_until_it_is_next(
    open_page: Open, job_service: FakeJobService, asked: Asked, method: str
) -> None:
    """Many runs may wait, and the pages that show them would take the time of the one that is painted."""
    job = job_service.submit(make(settings={"method": method}), None, [None], owner=OWNER)
    job_service.jobs[job] = replace(job_service.jobs[job], position=2)
    assert set(often(asked, open_page, job, method)) == {polling.QUEUED_SECONDS}
    job_service.jobs[job] = replace(job_service.jobs[job], position=1)
    assert max(often(asked, open_page, job, method)) < polling.QUEUED_SECONDS


def test_a_page_is_drawn_anew_when_its_run_becomes_the_next(open_page: Open, job_service: FakeJobService) -> None:
    job = job_service.submit(make(settings={"method": "slow"}), None, [None], owner=OWNER)
    stages = []
    for position in (3, 2, 1):
        job_service.jobs[job] = replace(job_service.jobs[job], position=position)
        stages.append(polling.stage(job))
    assert stages[0] == stages[1] != stages[2]
