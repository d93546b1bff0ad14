"""The benchmark of sweeps: a sheet of toys on one worker and on two."""

from __future__ import annotations

import pytest

from nst_core.bench.service import sweep
from nst_core.errors import WorkerError


@pytest.mark.slow
def test_a_sheet_of_toys_is_painted_sooner_by_two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SHEETS", {"slow": {**sweep.SHEETS["slow"], "steps": 8}})
    monkeypatch.setattr(sweep, "FILMS", {"film": (4, {"method": "fast", "longest_edge_px": 64})})
    report = sweep.run(worker="toy", turns=1)
    assert [(row["sheet"], row["pictures"], row["workers"]) for row in report["sheets"]] == [
        ("slow", 25, 1),
        ("slow", 25, 2),
        ("film", 16, 1),
        ("film", 16, 2),
    ]
    assert report["ratio"]["film"] > 0
    assert report["ratio"]["slow"] < 0.8, "a toy sleeps, so that two do not share anything"
    assert f"slow: {report['ratio']['slow']:.0%} of one worker's time" in sweep.table(report)


def test_a_sheet_that_is_not_complete_is_no_measurement() -> None:
    with pytest.raises(WorkerError, match="failed, painted"):
        sweep._complete((["painted"] * 24 + ["failed"], 1.0))
    assert sweep._complete((["painted"] * 25, 1.5)) == 1.5
