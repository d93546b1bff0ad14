"""The benchmark of kills: which runs it counts as faulty, and a small real trial."""

from typing import Any

import pytest

from nst_core.bench.service import kills
from nst_core.bench.service.toy_worker import loss
from nst_core.cli.main import main

DONE = {
    "state": "done",
    "error": None,
    "has_result": True,
    "has_report": True,
    "points": [[number, loss(number)] for number in range(4)],
}


def points(*numbers: int) -> list[list[float]]:
    return [[number, loss(number)] for number in numbers]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"state": "stopped", "has_result": False, "points": []}, ""),
        ({"state": "failed", "error": "words", "has_result": False}, ""),
        ({"state": "failed", "error": ""}, "it failed without a reason"),
        ({"has_result": False}, "it is done without a result"),
        ({"has_report": False}, "it is done without a result"),
        ({"points": points(0, 1, 3)}, "its curve has the steps [0, 1, 3]"),
        ({"points": points(0, 1, 1)}, "its curve has the steps [0, 1, 1]"),
        ({"points": [[0, loss(0)], [1, loss(2)]]}, "its curve has values of other steps"),
    ],
)
def test_a_run_that_lost_something_is_found(change: dict[str, Any], fault: str) -> None:
    assert kills.fault_of(DONE | change) == fault


@pytest.mark.slow
def test_a_few_kills_lose_nothing_and_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "MOMENT_SECONDS", 1.0)
    report = kills.run(5, seed=4)
    assert sum(row["count"] for row in report["kills"]) == 5
    assert {row["victim"] for row in report["kills"]} == {"worker", "server"}
    assert sum(report["runs"].values()) > 0
    found = {name: report[name] for name in ("lost", "stuck", "broken", "orphans", "temporary_files")}
    assert found == {"lost": {}, "stuck": [], "broken": [], "orphans": 0, "temporary_files": []}
    assert "lost: 0, stuck: 0, broken: 0" in kills.table(report)


def test_a_trial_has_no_table_to_be_kept_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "kills", "--keep"]) != 0
    assert "--keep is for benchmarks with a table" in capsys.readouterr().err
