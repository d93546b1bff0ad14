"""The benchmark of the queue: its arithmetic, and a small real trial with a toy in place of the engines."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.bench.service import queue
from nst_core.bench.service.queue import Alone, Served


def served(service: float, gap: float, runs: int = 40) -> list[Served]:
    """Runs of equal service time that arrive at equal intervals, at one worker."""
    free, found = 0.0, []
    for number in range(runs):
        queued = number * gap
        began = max(queued, free)
        free = began + service
        found.append(Served(0, queued, began, free))
    return found


def test_a_queue_as_it_is_simulated_has_no_difference() -> None:
    row = queue.compared(0.9, served(2.0, 1.5), Alone({0: [2.0]}, 0.0), seed=0)
    assert row["measured"] == row["simulated"] == row["drawn"] == row["predicted"] > 0
    assert (row["difference"], row["runs"], row["service_seconds"]) == (0.0, 40, 2.0)
    assert row["busy"] == pytest.approx(1.0)


def test_a_wait_that_the_model_does_not_have_is_a_difference() -> None:
    late = [Served(run.kind, run.queued, run.began + 10.0, run.ended + 10.0) for run in served(2.0, 1.5)]
    row = queue.compared(0.9, late, Alone({0: [4.0]}, 0.0), seed=0)
    assert row["difference"] < -0.3
    assert row["predicted"] > 2 * row["simulated"]


def test_a_handover_occupies_the_worker_and_is_waited_for() -> None:
    by_hand = served(2.1, 1.5)  # a tenth of a second before each run
    runs = [Served(run.kind, run.queued, run.began + 0.1, run.ended) for run in by_hand]
    row = queue.compared(0.9, runs, Alone({0: [2.0]}, 0.1), seed=0)
    assert (row["difference"], row["service_seconds"]) == (0.0, 2.0)
    assert queue.compared(0.9, runs, Alone({0: [2.0]}, 0.0), seed=0)["difference"] < 0


def test_arrivals_make_the_load_that_was_asked_for() -> None:
    arrivals = queue._arrivals(0.5, {0: [1.0], 1: [2.0]}, 1000.0, np.random.default_rng(0))
    moments = [at for at, _ in arrivals]
    assert moments == sorted(moments)
    assert sum(1.0 + kind for _, kind in arrivals) == pytest.approx(500, rel=0.05)


@pytest.mark.slow
def test_a_small_trial_with_a_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LOADS", (0.7,))
    monkeypatch.setattr(queue, "IDLE_RUNS", 2)
    monkeypatch.setattr(queue, "WARM_UPS", 1)
    monkeypatch.setattr(queue, "_extra", lambda host: {})
    report = queue.run(seed=1, worker="toy", seconds=1.5)
    (row,) = report["loads"]
    assert row["runs"] > 3
    assert row["measured"] > 0
    assert abs(row["difference"]) < 0.5  # beside the time to store a run; the published figures are those of long loads
    assert [kind["method"] for kind in report["kinds"]] == ["fast", "slow"]
    assert f"{row['runs']} |" in queue.table(report)
