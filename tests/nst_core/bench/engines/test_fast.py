"""The report of `bench fast`, and a row and a batch of the real network at a tiny size."""

from typing import Any

import pytest

from nst_core.bench.engines import baseline, fast
from nst_core.bench.report import tools
from nst_core.errors import FetchError

ROW = {
    "size": 384,
    "first_seconds": 1.0,
    "seconds": {"median": 0.05, "least": 0.04},
    "new_style_seconds": {"median": 0.09, "least": 0.08},
    "share_of_limit": 0.5,
    "peak_rss_mb": 700.0,
}
MADE = {"pictures": 16, "size": 256, "seconds": 0.5, "a_second": 32.0}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "in_subprocess", lambda call, *_: MADE if call is fast.batch else ROW)


def test_the_ratio_is_to_the_baselines_time_with_the_style_known(
    measured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {name: {"median": 0.1, "least": 0.1} for name in ("call", "transformer")}
    theirs = {"package": "another", "version": "1", "onnxruntime": "1", "size": 384, "first_seconds": 1.0}
    theirs |= {**times, "known_style": {"median": 0.2, "least": 0.1}, "peak_rss_mb": 160.0}
    monkeypatch.setattr(baseline, "run", lambda: theirs)
    report = fast.run([384])
    assert report["baseline"]["ratio"] == pytest.approx(0.25)
    shown = fast.table(report)
    assert "384 | 0.050 | 0.090 | 1.00 | 50 % | 700" in shown
    assert shown.endswith("style known: 0.25 of its time")


def test_without_a_baseline_the_rest_is_still_reported(measured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise FetchError("no package index answered")

    monkeypatch.setattr(baseline, "run", refuse)
    assert fast.table(fast.run([384])).endswith("no baseline: no package index answered")


@pytest.mark.alone
@pytest.mark.weights
@pytest.mark.slow
def test_a_row_is_of_real_calls() -> None:
    row = tools.in_subprocess(fast.row, 64)
    assert 0 < row["seconds"]["least"] <= row["seconds"]["median"] < row["first_seconds"]
    assert row["seconds"]["median"] < row["new_style_seconds"]["median"]
    assert 0 < row["share_of_limit"] < 1
