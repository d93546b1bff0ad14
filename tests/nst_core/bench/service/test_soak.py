"""The benchmark of long use: its arithmetic, and a small real trial."""

from collections.abc import Sequence

import pytest

from nst_core.bench.service import soak
from nst_core.bench.service.soak import MemorySample


def samples(jobs: Sequence[int], worker: int, memory: float, grows: float) -> list[MemorySample]:
    """Samples of a worker that grows by `mb` MB a run; the web process grows by half of that."""
    held = {"handles": 10.0, "threads": 4.0}
    return [
        MemorySample(n, worker, held | {"memory_mb": 50 + grows * n / 2}, held | {"memory_mb": memory + grows * n})
        for n in jobs
    ]


def test_growth_is_that_per_hundred_runs() -> None:
    web, worker = soak.growth(samples(range(10, 101, 10), 1, 500, 0.25))
    assert (web["process"], worker["process"]) == ("web", "worker")
    assert web["slope_per_100_jobs"] == pytest.approx({"memory_mb": 12.5, "handles": 0, "threads": 0}, abs=1e-6)
    assert worker["slope_per_100_jobs"]["memory_mb"] == pytest.approx(25)
    assert (worker["first"]["memory_mb"], worker["last"]["memory_mb"]) == (502.5, 525)


def test_a_replaced_worker_is_no_shrinking() -> None:
    first, second = samples(range(10, 61, 10), 1, 500, 0.25), samples(range(70, 101, 10), 2, 100, 0.25)
    _, worker = soak.growth(first + second)
    assert worker["slope_per_100_jobs"]["memory_mb"] == pytest.approx(25)
    assert worker["last"]["memory_mb"] == 515


@pytest.mark.slow
def test_ten_runs_of_a_toy_are_counted_and_leave_handles_and_threads_alone() -> None:
    report = soak.run(10, "toy")
    assert (report["runs"], report["workers"]) == ({"done": 10}, 1)
    for row in report["processes"]:
        assert all(row["last"][name] > 0 for name in soak.FIGURES)
        for name in ("handles", "threads"):
            assert row["last"][name] <= row["first"][name] + 2
    assert "10 runs (10 done), 1 worker processes" in soak.table(report)
