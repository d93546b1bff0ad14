"""Waiting runs have an estimated wait."""

import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.views import JobView
from nst_core.jobs.wait_times import FILE, FIRST_EXTRA_SECONDS, TYPICAL_SECONDS, PastRun, WaitEstimator
from nst_core.recipe import make
from nst_core.runs import cost
from tests.nst_core.jobs.servers import Servers, picture, submit, under_way, until


def test_a_waiting_run_has_an_estimated_wait(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service, 5)
    first, second = submit(service), submit(service)
    assert service.view(job).wait_seconds == 0
    measuring = FIRST_EXTRA_SECONDS["fast"]
    assert service.view(first).wait_seconds == pytest.approx(1 / 4 * (9 - 4) + measuring)  # the pace of the run before
    assert service.view(second).wait_seconds > service.view(first).wait_seconds


def measured(seconds: float) -> None:
    """Store a calibration of this machine: so many seconds an evaluation."""
    path = cost._path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": cost.VERSION, "seconds": {"128": seconds}, "compiles": False}))


@pytest.mark.parametrize("is_restarted", [False, True])
def test_runs_are_estimated_as_soon_as_the_machine_is_measured(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_restarted: bool
) -> None:
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    service = servers.start()
    first, second = submit(service), submit(service)
    if is_restarted:
        service = servers.start()
    assert service.view(first).wait_seconds == 0
    assert service.view(second).wait_seconds == TYPICAL_SECONDS
    measured(7.0)
    recipe, size = service.view(first).recipe, (picture().width, picture().height)
    expected = cost.of(recipe, size, 1).seconds + FIRST_EXTRA_SECONDS["slow"]
    assert service.view(second).wait_seconds == pytest.approx(expected)
    assert expected != TYPICAL_SECONDS


def run_of(method: str, edge_px: int, cost_seconds: float | None) -> ActiveRun:
    """A run that waits, with its estimated cost."""
    recipe = make("bold", {"method": method, "longest_edge_px": edge_px})
    return ActiveRun(JobView("a" * 32, "queued", recipe, total_steps=9), estimated_seconds=cost_seconds)


def test_runs_like_earlier_ones_are_expected_to_last_as_long_as_those() -> None:
    estimator = WaitEstimator()
    for seconds in (23.0, 22.0, 90.0, 24.0, 23.5):  # one of them was slow
        estimator.learn(PastRun("fast", 384, True, 4.0, seconds))
    assert estimator.whole(run_of("fast", 384, 4.0)) == 23.5
    assert estimator.whole(run_of("fast", 400, 4.3)) == 23.5
    assert estimator.whole(run_of("fast", 1600, 40.0)) == pytest.approx(
        40 + 19.5 * 1600 / 384  # what they took beside their cost, and more for a larger result
    )
    assert estimator.whole(run_of("slow", 384, 40.0)) == 40 + FIRST_EXTRA_SECONDS["slow"]
    assert estimator.whole(run_of("fast", 384, None)) == 23.5
    assert estimator.whole(run_of("slow", 384, None)) == 23.5  # better than nothing


def test_only_runs_that_ended_by_themselves_teach() -> None:
    estimator = WaitEstimator()
    run = run_of("fast", 384, None)
    for state in ("stopped", "failed", "queued"):
        estimator.begin(run)
        estimator.end(run.view.id, replace_state(run, state))
    estimator.begin(ActiveRun(replace(run.view, step=5), estimated_seconds=1.0))  # one that was resumed
    estimator.end(run.view.id, replace_state(run, "done"))
    estimator.end(run.view.id, None)
    assert estimator.typical_seconds == TYPICAL_SECONDS
    estimator.begin(run)
    estimator.end(run.view.id, replace_state(run, "done"))
    assert estimator.typical_seconds < 1


def replace_state(run: ActiveRun, state: Any) -> ActiveRun:
    return ActiveRun(replace(run.view, state=state), estimated_seconds=run.estimated_seconds)


RECORDED = (
    ("fast", 384, 0.4, 16.9),
    ("fast", 384, 0.4, 7.5),
    ("fast", 384, 0.4, 12.8),
    ("fast", 1024, 2.6, 55.6),
    ("fast", 1024, 2.6, 52.9),
    ("fast", 1024, 2.6, 70.2),
    ("slow", 128, 13.1, 21.6),
    ("slow", 128, 13.1, 16.3),
    ("slow", 128, 13.1, 16.5),
    ("fast", 384, 0.4, 33.5),
)
"""Method, longest edge, estimated cost and measured duration of ten runs in a row, on a machine with other work."""


def test_the_expected_time_of_recorded_runs_is_true_within_a_factor_of_one_and_a_half() -> None:
    estimator = WaitEstimator()
    by_cost, expected = [], []
    for method, edge_px, cost_seconds, seconds in RECORDED:
        whole = estimator.whole(run_of(method, edge_px, cost_seconds))
        expected.append(max(whole / seconds, seconds / whole))
        by_cost.append(seconds / cost_seconds)
        estimator.learn(PastRun(method, edge_px, True, cost_seconds, seconds))
    assert statistics.median(expected) < 1.5
    assert statistics.median(by_cost) > 10  # what a visitor was told before


def test_a_typical_run_is_the_median_of_the_recorded_ones() -> None:
    estimator = WaitEstimator()
    for method, edge_px, cost_seconds, seconds in RECORDED[:3]:
        estimator.learn(PastRun(method, edge_px, True, cost_seconds, seconds))
    assert estimator.typical_seconds == 12.8


def test_durations_outlive_the_server(tmp_path: Path) -> None:
    past = PastRun("fast", 384, True, 0.4, 12.8, 9.0)
    WaitEstimator(tmp_path / "d.json").learn(past)
    until((tmp_path / "d.json").exists)
    assert WaitEstimator(tmp_path / "d.json").whole(run_of("fast", 384, 0.4)) == 12.8


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"method": "fast"}]', "[" * 100_000, "null", "\udcff"])
def test_damaged_durations_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert WaitEstimator(tmp_path / "d.json").typical_seconds == TYPICAL_SECONDS


def test_durations_that_cannot_be_written_are_kept_in_memory(tmp_path: Path) -> None:
    estimator = WaitEstimator(tmp_path / "no" / "folder" / "d.json")
    estimator.learn(PastRun("fast", 384, True, 0.4, 12.8))
    assert estimator.typical_seconds == 12.8


def test_a_service_remembers_its_runs_durations(servers: Servers, tmp_path: Path) -> None:
    service = servers.start()
    job = under_way(servers, service)
    servers.worker.finish(job)
    until((tmp_path / "data" / FILE).exists)
    assert servers.start()._scheduler._wait_times.typical_seconds < TYPICAL_SECONDS
