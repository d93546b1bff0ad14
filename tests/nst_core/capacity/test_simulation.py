"""The simulated queue against closed forms, Little's law, and cases that can be followed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from nst_core.capacity import queueing
from nst_core.capacity.queueing import Service
from nst_core.capacity.simulation import Arrival, Outcome, random_arrivals, simulate
from nst_core.capacity.workload import Workload, read_mix

RUNS, ONE_SECOND = 100_000, Service(1.0)


def exponential(load: float, workers: int, *, is_fixed: bool = False, runs: int = RUNS, seed: int = 1) -> Outcome:
    """A queue with exponential arrivals; service takes one second, always or on average. `load`: of each worker."""
    random = np.random.default_rng(seed)
    at = np.cumsum(random.exponential(1 / (load * workers), runs)).tolist()
    service = [1.0] * runs if is_fixed else random.exponential(1.0, runs).tolist()
    return simulate(map(Arrival, at, service), workers, warm_up=0.05 * at[-1])


@pytest.mark.parametrize(("workers", "load"), [(1, 0.5), (1, 0.7), (2, 0.8), (5, 0.8)])
def test_waiting_times_are_those_of_exponential_queues(workers: int, load: float) -> None:
    outcome = exponential(load, workers)
    assert outcome.mean_wait == pytest.approx(queueing.mean_wait(workers, load * workers, ONE_SECOND), rel=0.05)
    waited = float((outcome.waits > 0).mean())
    assert waited == pytest.approx(queueing.waiting_share(workers, load * workers), rel=0.03)
    longer = float((outcome.waits > 2.0).mean())
    assert longer == pytest.approx(queueing.longer_share(workers, load * workers, ONE_SECOND, 2.0), abs=0.01)
    assert outcome.busy == pytest.approx(load, rel=0.02)


def test_a_fixed_service_time_halves_the_wait() -> None:
    """Pollaczek and Khinchine: load / (2 (1 - load)) service times."""
    assert exponential(0.7, 1, is_fixed=True).mean_wait == pytest.approx(0.7 / 0.6, rel=0.04)


@pytest.mark.parametrize("workers", [1, 3])
def test_littles_law(workers: int) -> None:
    """The runs that wait are arrivals a second times the wait; arrivals at random see the mean over time."""
    outcome = exponential(0.75, workers)
    assert outcome.found.mean() == pytest.approx(0.75 * workers * outcome.mean_wait, rel=0.04)


def test_nobody_waits_for_a_server_that_is_idle() -> None:
    outcome = simulate([Arrival(10.0 * n, 9.9) for n in range(50)], 1)
    assert (outcome.mean_wait, outcome.wait_of(0.95), outcome.found.max()) == (0, 0, 0)


def waits(arrivals: Sequence[Arrival], workers: int = 1, **more: float) -> list[float]:
    return list(simulate(arrivals, workers, **more).waits)


def test_each_run_gets_the_worker_that_is_free_first() -> None:
    three = [Arrival(0.0, 10.0), Arrival(1.0, 2.0), Arrival(2.0, 5.0), Arrival(2.5, 1.0)]
    assert waits(three, 2) == [0.0, 0.0, 1.0, 5.5]
    assert waits(three, 1) == [0.0, 9.0, 10.0, 14.5]


def test_a_visitor_who_loses_patience_makes_room_for_the_next() -> None:
    outcome = simulate([Arrival(0.0, 10.0), Arrival(1.0, 100.0, patience=3.0), Arrival(5.0, 1.0, patience=6.0)], 1)
    assert (outcome.waits.tolist(), outcome.left, outcome.found.tolist()) == ([0.0, 5.0], 1, [0, 0, 0])
    assert outcome.lost_share == pytest.approx(1 / 3)


def test_a_run_that_finds_the_queue_full_is_refused() -> None:
    crowd = [Arrival(0.1 * n, 10.0) for n in range(5)]
    outcome = simulate(crowd, 1, places=2)
    assert (len(outcome.waits), outcome.refused, outcome.found.tolist()) == (3, 2, [0, 0, 1, 2, 2])
    left = [Arrival(0.0, 10.0), Arrival(0.1, 10.0, patience=0.2), Arrival(0.5, 10.0)]
    assert simulate(left, 1, places=1).refused == 0  # the place of the one who left is free again


def test_patience_shortens_the_queue_of_a_server_that_cannot_keep_up() -> None:
    random = np.random.default_rng(3)
    at, patience = np.cumsum(random.exponential(0.8, 5000)), random.exponential(5.0, 5000)
    for_ever = simulate([Arrival(float(t), 1.0) for t in at], 1)
    impatient = simulate([Arrival(float(t), 1.0, float(p)) for t, p in zip(at, patience, strict=True)], 1)
    assert for_ever.mean_wait > 100
    assert impatient.mean_wait < 5
    assert impatient.left / 5000 == pytest.approx(0.27, abs=0.07)  # one worker cannot serve a fifth
    assert impatient.busy > 0.9


def test_the_warm_up_is_served_but_not_counted() -> None:
    runs = [Arrival(0.0, 5.0), Arrival(1.0, 1.0), Arrival(10.0, 1.0), Arrival(10.5, 1.0)]
    outcome = simulate(runs, 1, warm_up=5.0)
    assert (outcome.waits.tolist(), outcome.found.tolist()) == ([0.0, 0.5], [0, 0])


def test_the_runs_of_visitors_have_their_rate_mix_and_patience() -> None:
    kinds = read_mix("fast:512=3,slow:256=1")
    workload = Workload(86_400, kinds, runs_each=2.0, peak=1.5, on_device=0.5, patience_seconds=40.0)
    arrivals = random_arrivals(workload, [2.0, 100.0], 20_000, seed=5)
    assert arrivals == random_arrivals(workload, [2.0, 100.0], 20_000, seed=5)
    assert arrivals[-1].at / 20_000 == pytest.approx(1 / 1.5, rel=0.03)  # 86,400 visitors, one run each at the server
    assert np.mean([run.service == 100.0 for run in arrivals]) == pytest.approx(0.25, abs=0.01)
    assert np.mean([run.patience for run in arrivals]) == pytest.approx(40.0, rel=0.03)
    for_ever = random_arrivals(Workload(9, kinds, patience_seconds=0), [1.0, 1.0], 9, seed=5)
    assert {run.patience for run in for_ever} == {math.inf}


@pytest.mark.parametrize(("workers", "load"), [(1, 0.6), (3, 0.75)])
def test_waits_of_a_mix_of_kinds_are_near_the_closed_form(workers: int, load: float) -> None:
    """Exact for one worker (Pollaczek and Khinchine), an approximation for several."""
    seconds, kinds = [5.0, 50.0], read_mix("fast:512=0.8,slow:384=0.2")
    service = Service.of(seconds, [kind.share for kind in kinds])
    rate = load * workers / service.seconds
    workload = Workload(rate * 86_400, kinds, runs_each=1.0, peak=1.0, patience_seconds=0)
    outcome = simulate(random_arrivals(workload, seconds, RUNS, seed=2), workers)
    assert service.variation > 1.3
    assert outcome.mean_wait == pytest.approx(queueing.mean_wait(workers, load * workers, service), rel=0.1)
