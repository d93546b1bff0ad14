"""The report of `bench batch`, and a row of it with a network that does nearly nothing."""

from pathlib import Path
from typing import Any

import pytest

from nst_core.bench.engines import batch
from tests.nst_core.batch.conftest import network

__all__ = ["network"]


def test_the_report_is_a_line_for_each_size() -> None:
    part = {"pictures": 48, "engine_a_second": 20.0, "a_second": 18.0, "share": 0.9}
    shown = batch.table({"sizes": [{"size": 384, **part, "measured": {**part, "share": 1.25}, "peak_rss_mb": 900.0}]})
    assert shown.splitlines()[1] == "384 | 20.0 | 18.0 | 0.90 | 20.0 | 18.0 | 1.25 | 900"


@pytest.mark.slow
@pytest.mark.usefixtures("network")
def test_a_row_is_of_whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PHOTOGRAPHS", 2)
    monkeypatch.setattr(batch, "MEASURED_PHOTOGRAPHS", 1)
    monkeypatch.setattr(batch, "ROUNDS", 1)
    monkeypatch.setattr("nst_core.runs.runner.measures", lambda *_, **__: {"ssim": 1.0})
    row = batch.row(64)
    assert (row["pictures"], row["measured"]["pictures"]) == (4, 2)
    assert row["a_second"] > 0
    assert row["measured"]["share"] > 0


@pytest.mark.usefixtures("network")
def test_a_picture_that_fails_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: Any) -> None:
        raise MemoryError

    contents = batch._photographs(tmp_path / "in")[:1]
    monkeypatch.setattr("nst_core.runs.runner.run_together", refuse)
    with pytest.raises(MemoryError):
        batch._compare(contents, tmp_path, 64, wants_measures=False)
