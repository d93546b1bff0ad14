"""The needs of visitors: consistent with each other, with the assumptions and with the simulation."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace

import pytest

from nst_core.capacity import needs, service_times
from nst_core.capacity.needs import ORIGINS, TYPICAL, VISITORS, Assumptions, of_visitors
from nst_core.capacity.simulation import random_arrivals, simulate

GIVEN = Assumptions()


def test_each_assumption_has_its_meaning_and_origin() -> None:
    assert asdict(GIVEN).keys() == ORIGINS.keys()
    assert all(text and origin for text, origin in ORIGINS.values())


def test_more_visitors_need_more_of_everything() -> None:
    found = [asdict(of_visitors(visitors)) for visitors in VISITORS]
    for fewer, more in itertools.pairwise(found):
        assert all(fewer[name] <= more[name] for name in fewer)
        assert fewer["workers"] < more["workers"]
    assert found[0]["workers"] == found[0]["gpus"] == 1
    for each in found:
        assert each["gpus"] <= each["workers"]
        assert each["cores"] == 2 * each["workers"] + each["web_processes"]


@pytest.mark.parametrize("visitors", [1_000, 8_000])
def test_the_workers_keep_the_goal_in_the_simulation_and_two_thirds_of_them_do_not(visitors: int) -> None:
    workload = replace(TYPICAL, visitors=visitors, patience_seconds=0)
    workers = needs.needs(workload).workers
    seconds = [service_times.published(kind).seconds for kind in workload.kinds]
    arrivals = random_arrivals(workload, seconds, 12_000, seed=1)
    enough = simulate(arrivals, workers, warm_up=0.1 * arrivals[-1].at)
    assert (enough.waits > GIVEN.wait_seconds).mean() < 0.08
    assert (simulate(arrivals, 2 * workers // 3).waits > GIVEN.wait_seconds).mean() > 0.08


def test_what_devices_paint_is_no_work_for_the_server() -> None:
    none, half = of_visitors(100_000), of_visitors(100_000, on_device=0.5)
    assert half.runs_an_hour == pytest.approx(none.runs_an_hour / 2)
    assert half.busy == pytest.approx(none.busy / 2)
    assert half.storage_gb == pytest.approx(none.storage_gb / 2)
    assert half.workers < 0.6 * none.workers
    assert half.web_processes == none.web_processes


def test_the_bottleneck_is_what_is_needed_most_of() -> None:
    few, many = of_visitors(10).shares_of_one(GIVEN), of_visitors(1_000_000).shares_of_one(GIVEN)
    assert max(few.values()) < 1 < min(many.values())
    assert max(many, key=lambda name: many[name]) == "workers"


def test_a_gpu_shortens_the_painting_and_not_the_rest() -> None:
    assert needs.on_gpu(0.0, GIVEN) == GIVEN.gpu_fixed_seconds
    assert 5 < needs.gpu_factor(GIVEN) < 50
    faster = replace(GIVEN, gpu_gflops=2 * GIVEN.gpu_gflops)
    assert needs.gpu_factor(faster) == pytest.approx(2 * needs.gpu_factor(GIVEN))
