"""A sweep's threads: each fills one cell at a time with a small run; they survive refusals, failures and stops."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from nst_core.errors import QueueFullError, WorkerError
from nst_core.jobs.service import JobView
from nst_core.sweeps import filler
from nst_core.sweeps.runner import Sweep
from tests.nst_core.sweeps.examples import SECRET, QuickService


def states(sweep: Sweep) -> list[str]:
    """The states of the cells after the sweep's thread has ended."""
    sweep.filler.ensure_running()
    assert sweep.filler.join(5)
    return [cell.state for cell in sweep.cells]


def test_all_cells_are_painted_small_unmeasured_and_leave_no_run_behind(sweep: Sweep, service: QuickService) -> None:
    assert states(sweep) == ["painted"] * 6
    assert sweep.filler.is_over
    assert not sweep.is_active
    assert all(cell.picture for cell in sweep.cells)
    assert service.jobs == {}
    assert len(service.submissions) == 6
    assert {more["measure"] for *_, more in service.submissions} == {False}
    assert {content.width for _, content, _ in service.submissions} == {512}
    assert sweep.inputs.content.width == 640, "a run at full size is made of the photograph itself"


def test_a_full_queue_makes_it_wait_and_then_go_on(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filler, "RETRY_SECONDS", 0.01)
    service.refuse = QueueFullError("no room", retry_after_seconds=1)
    sweep.filler.ensure_running()
    assert not sweep.filler.join(0.1)
    assert sweep.filler.is_queue_full
    assert sweep.filler.done == 0
    service.refuse = None
    assert sweep.filler.join(5)
    assert sweep.filler.done == 6


def test_without_networks_it_halts_with_the_reason_and_can_resume(sweep: Sweep, service: QuickService) -> None:
    service.refuse = WorkerError("no source gave them")
    assert set(states(sweep)) == {"waiting"}
    assert "no source" in sweep.filler.error
    assert not sweep.is_active
    service.refuse = None
    sweep.resume(SECRET)
    assert sweep.filler.join(5)
    assert sweep.filler.is_over


def test_a_cell_that_fails_leaves_the_others(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(job: str, seconds: float) -> JobView:
        view = service.view(job)
        return replace(view, state="failed", error="it diverged") if view.recipe.strength == 1.0 else view

    monkeypatch.setattr(service, "wait", wait)
    assert states(sweep) == ["painted", "failed", "painted"] * 2
    assert sweep.cells[1].error == "it diverged"
    assert sweep.filler.is_over


def test_stop_keeps_the_painted_cells_and_resume_paints_the_rest(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(job: str, seconds: float) -> JobView:
        if sweep.filler.done == 2:
            sweep.stop(SECRET)
            return replace(service.view(job), state="running")
        return service.view(job)

    with monkeypatch.context() as patched:
        patched.setattr(service, "wait", wait)
        assert states(sweep) == ["painted"] * 2 + ["waiting"] * 4
    assert service.jobs == {}
    sweep.resume(SECRET)
    assert sweep.filler.join(5)
    assert sweep.filler.done == 6


def test_it_pauses_while_no_page_shows_it(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filler, "UNSEEN_SECONDS", -1.0)
    assert set(states(sweep)) == {"waiting"}
    assert sweep.is_active
    monkeypatch.undo()
    assert set(states(sweep)) == {"painted"}


def test_as_many_cells_are_painted_at_once_as_there_are_workers_and_each_cell_once(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.workers = 3
    together, at_once = threading.Barrier(3), list[int]()

    def wait(job: str, seconds: float) -> JobView:
        at_once.append(len(service.jobs))
        together.wait(5)  # broken unless three runs are under way at the same time
        return service.view(job)

    monkeypatch.setattr(service, "wait", wait)
    assert states(sweep) == ["painted"] * 6
    assert max(at_once) == 3
    assert len(service.submissions) == 6


def test_it_takes_a_worker_that_comes_later_and_leaves_one_that_goes(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, added = list[int](), threading.Barrier(2)

    def wait(job: str, seconds: float) -> JobView:
        at_once.append(len(service.jobs))
        if job == "run0":
            service.workers = 2  # its next cell finds another worker
        elif job in ("run1", "run2"):
            added.wait(5)
            service.workers = 1
        return service.view(job)

    monkeypatch.setattr(service, "wait", wait)
    assert states(sweep) == ["painted"] * 6
    assert at_once[0] == 1
    assert max(at_once[1:3]) == 2
    assert at_once[-1] == 1


def test_a_full_queue_is_no_news_while_another_cell_is_painted(
    sweep: Sweep, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filler, "RETRY_SECONDS", 0.01)
    service.workers = 2
    refused, submit = threading.Event(), service.submit
    full: list[bool] = []

    def only_one(*run: Any, **more: Any) -> str:
        if service.jobs:
            refused.set()
            raise QueueFullError("one of your runs is waiting already", retry_after_seconds=1)
        return submit(*run, **more)

    def wait(job: str, seconds: float) -> JobView:
        view = service.view(job)
        if job == "run0" and not refused.is_set():
            return replace(view, state="running")
        full.append(sweep.filler.is_queue_full)
        return view

    monkeypatch.setattr(service, "submit", only_one)
    monkeypatch.setattr(service, "wait", wait)
    assert states(sweep) == ["painted"] * 6
    assert full[0] is False
