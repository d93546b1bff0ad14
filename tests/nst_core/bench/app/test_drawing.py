"""What watching costs a run: the arithmetic of its turns, with a clock and a run of their own."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from nst_core.bench.app import drawing
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
    """A run whose steps take 0.1 s, and 0.12 s while somebody watches; time passes as the measurement sleeps."""

    def __init__(self) -> None:
        self.now, self.seen, self.stands = 0.0, False, False
        self.made: list[SimpleNamespace] = []
        self.order = ""

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while not self.stands and (after := self.now + (0.12 if self.seen else 0.1)) <= until:
            self.now = after
            self.made.append(SimpleNamespace(seconds=after))
        self.now = until

    def points(self, job: str) -> list[SimpleNamespace]:
        assert job == "job"
        return list(self.made)

    def look(self) -> None:
        self.seen, self.order = True, self.order + "+"

    def leave(self) -> None:
        self.seen, self.order = False, self.order + "-"

    def cpu(self, seconds: float) -> SimpleNamespace:
        return SimpleNamespace(cpu_times=lambda: SimpleNamespace(user=seconds * self.now, system=0.0))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    made = Run()
    monkeypatch.setattr(drawing.time, "sleep", made.sleep)
    return made


def watched(run: Run) -> drawing.Watched:
    web = run.cpu(0.02)
    web.children = lambda: [run.cpu(1.5), run.cpu(0.25)]
    return drawing.Watched("", None, web, run, "job")  # type: ignore[arg-type]


def test_neighbours_are_compared_and_each_is_first_by_turns(run: Run) -> None:
    pairs = drawing._by_turns(watched(run), 4, 0.5, run.look, run.leave)
    assert run.order == "-++--++--"
    assert all(without.step == pytest.approx(0.1) and seen.step == pytest.approx(0.12) for without, seen in pairs)
    for turn in (turn for pair in pairs for turn in pair):
        assert (turn.web, turn.run) == pytest.approx((0.02 * drawing.PHASE_SECONDS, 1.75 * drawing.PHASE_SECONDS))


def test_a_run_that_ended_is_no_measurement(run: Run) -> None:
    run.stands = True
    with pytest.raises(WorkerError, match="should go on while it is measured, but made 0 steps"):
        drawing._by_turns(watched(run), 1, 0.5, run.look, run.leave)


@pytest.mark.parametrize(("count", "rank"), [(5, 1), (6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (32, 10), (100, 40)])
def test_the_middle_lies_between_the_ranks_of_the_sign_test(count: int, rank: int) -> None:
    """Ranks of the 95 % interval of a median, as tables of the sign test have them."""
    values = random.Random(count).sample(range(1, count + 1), count)
    found = drawing.middle([float(value) for value in values])
    assert found == {"median": (count + 1) / 2, "least": rank, "most": count + 1 - rank}


def test_the_true_median_lies_in_between_as_often_as_said() -> None:
    chance, within, tries = random.Random(3), 0, 2000
    for _ in range(tries):
        found = drawing.middle([chance.expovariate(1.0) for _ in range(25)])
        within += found["least"] <= 0.6931 <= found["most"]
    assert 0.94 <= within / tries <= 0.98  # 25 values allow 95.7 %


def test_the_table_tells_how_sure_each_way_is() -> None:
    assert drawing.table(REPORT) == [
        "a step while nobody watches: 0.200 s",
        "a step while a browser elsewhere watches: 0.204 s (+2.0 %, between -1.0 and +3.0, 80 pairs)",
        "a step while a browser on the same cores watches: 0.210 s (+5.0 %, between +4.0 and +7.0, 6 pairs)",
        "the server computes 1.2 % of the run for one who watches elsewhere",
    ]
