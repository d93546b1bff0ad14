"""The cost of watching a run: the arithmetic of its phases, with a simulated clock and run."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from nst_core.bench.app import watching
from nst_core.errors import WorkerError

REPORT = {
    "step_seconds": {"unseen": 0.2, "elsewhere": 0.204, "beside": 0.21},
    "longer": {
        "elsewhere": {"median": 0.02, "least": -0.01, "most": 0.03},
        "beside": {"median": 0.05, "least": 0.04, "most": 0.07},
    },
    "pairs": {"elsewhere": 80, "beside": 6},
    "web_share": 0.012,
}


class Run:
    """A simulated run: a step takes 0.1 s, or 0.12 s while it is watched; time passes while the benchmark sleeps."""

    def __init__(self) -> None:
        self.now, self.watched, self.stopped = 0.0, False, False
        self.curve: list[SimpleNamespace] = []
        self.order = ""

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while not self.stopped and (after := self.now + (0.12 if self.watched else 0.1)) <= until:
            self.now = after
            self.curve.append(SimpleNamespace(seconds=after))
        self.now = until

    def points(self, job: str) -> list[SimpleNamespace]:
        assert job == "job"
        return list(self.curve)

    def watch(self) -> None:
        self.watched, self.order = True, self.order + "+"

    def leave(self) -> None:
        self.watched, self.order = False, self.order + "-"

    def cpu(self, seconds: float) -> SimpleNamespace:
        return SimpleNamespace(cpu_times=lambda: SimpleNamespace(user=seconds * self.now, system=0.0))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    simulated = Run()
    monkeypatch.setattr(watching.time, "sleep", simulated.sleep)
    return simulated


def under_measurement(run: Run) -> watching.WatchedRun:
    server = run.cpu(0.02)
    server.children = lambda: [run.cpu(1.5), run.cpu(0.25)]
    return watching.WatchedRun("", None, server, run, "job")  # type: ignore[arg-type]


def test_neighbouring_phases_are_compared_in_alternating_order(run: Run) -> None:
    pairs = watching._alternate(under_measurement(run), 4, 0.5, run.watch, run.leave)
    assert run.order == "-++--++--"
    assert all(without.step == pytest.approx(0.1) and seen.step == pytest.approx(0.12) for without, seen in pairs)
    expected = (0.02 * watching.PHASE_SECONDS, 1.75 * watching.PHASE_SECONDS)
    for phase in (phase for pair in pairs for phase in pair):
        assert (phase.server_cpu, phase.workers_cpu) == pytest.approx(expected)


def test_a_run_that_has_ended_cannot_be_measured(run: Run) -> None:
    run.stopped = True
    with pytest.raises(WorkerError, match="should go on while it is measured, but made 0 steps"):
        watching._alternate(under_measurement(run), 1, 0.5, run.watch, run.leave)


@pytest.mark.parametrize(("count", "rank"), [(5, 1), (6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (32, 10), (100, 40)])
def test_the_interval_has_the_ranks_of_the_sign_test(count: int, rank: int) -> None:
    """Ranks of the 95 % confidence interval of a median, from tables of the sign test."""
    values = random.Random(count).sample(range(1, count + 1), count)
    found = watching.median_interval([float(value) for value in values])
    assert found == {"median": (count + 1) / 2, "least": rank, "most": count + 1 - rank}


def test_the_interval_covers_the_true_median_as_often_as_promised() -> None:
    rng, covered, tries = random.Random(3), 0, 2000
    for _ in range(tries):
        found = watching.median_interval([rng.expovariate(1.0) for _ in range(25)])
        covered += found["least"] <= 0.6931 <= found["most"]
    assert 0.94 <= covered / tries <= 0.98  # 25 values allow 95.7 %


def test_the_table_shows_the_interval_of_each_way_of_watching() -> None:
    assert watching.table(REPORT) == [
        "a step while nobody watches: 0.200 s",
        "a step while a browser elsewhere watches: 0.204 s (+2.0 %, between -1.0 and +3.0, 80 pairs)",
        "a step while a browser on the same cores watches: 0.210 s (+5.0 %, between +4.0 and +7.0, 6 pairs)",
        "the server computes 1.2 % of the run for one who watches elsewhere",
    ]
