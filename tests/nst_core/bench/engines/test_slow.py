"""The report of `bench slow`: the power law, the table, and a row of a real run at a tiny size."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from nst_core.bench.engines import slow
from nst_core.bench.report import tools
from nst_core.recipe import make
from nst_core.runs import cost


def row_of(size: Any, seconds: Any, convolutions: str = "direct") -> Any:
    return {
        "size": size,
        "convolutions": convolutions,
        "seconds": {"median": seconds, "least": seconds},
        "share_of_limit": 0.8,
        "beyond_network": None,
        "peak_rss_mb": 900.0,
    }


@pytest.mark.parametrize("power", [0.9, 1.0, 1.1])
def test_the_exponent_is_that_of_the_power_law(power: float) -> None:
    rows = [row_of(size, 1e-6 * (size * size) ** power) for size in (256, 512, 2048)]
    assert slow.exponent(rows, "direct") == pytest.approx(power)


def test_one_size_has_no_exponent_and_kinds_are_separate() -> None:
    rows = [row_of(256, 1.0), row_of(512, 4.0), row_of(256, 9.0, "winograd")]
    assert slow.exponent(rows, "direct") == pytest.approx(1.0)
    assert slow.exponent(rows, "winograd") is None
    shown = slow.table({"sizes": rows, "exponents": {"direct": 1.0, "winograd": None}})
    assert "256 winograd | 9.000 | 80 % | - | 900" in shown
    assert shown.endswith("direct 1.00")


@pytest.mark.parametrize(
    ("precision", "kinds"), [("float32", ("direct", "winograd")), ("bfloat16", ("direct", "bfloat16"))]
)
def test_direct_convolutions_and_those_that_the_machine_chooses_are_measured(
    monkeypatch: pytest.MonkeyPatch, precision: str, kinds: Any
) -> None:
    def measured(measure: Any, *arguments: Any) -> Any:
        return row_of(arguments[0], 1.0, arguments[1]) if arguments else precision

    monkeypatch.setattr(slow, "in_subprocess", measured)
    rows = slow.run([256, 2048])["sizes"]
    assert [r["convolutions"] for r in rows if r["size"] == 256] == list(kinds)
    large = [k for k in kinds if k != "winograd"]
    assert [r["convolutions"] for r in rows if r["size"] == 2048] == [*large, f"{large[-1]} bounded"]


def test_each_figure_comes_from_a_fresh_process() -> None:
    assert tools.in_subprocess(os.getpid) != os.getpid()


def test_a_row_tells_what_the_pages_would_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that estimates of large runs, too long for a test, are seen beside what was measured."""
    recipe = make("tutorial", {"longest_edge_px": 256, "steps": 4})
    monkeypatch.setattr(cost, "stored", lambda: None)
    assert slow.estimated_seconds(recipe) is None
    monkeypatch.setattr(cost, "stored", lambda: cost.Calibration({256: 0.5}, compiles=False))
    assert slow.estimated_seconds(recipe) == pytest.approx(0.5)
    shown = slow.table({"sizes": [row_of(256, 0.4) | {"estimated_seconds": 0.5}], "exponents": {}})
    assert "256 direct | 0.400 | 80 % | - | 900 | 0.500" in shown


def rows_of(kinds: Sequence[str]) -> list[Any]:
    """A row of each kind, in one process, which loads TensorFlow once."""
    return [slow.row(64, kind, 1) for kind in kinds]


@pytest.mark.weights
@pytest.mark.slow
def test_a_row_holds_what_a_step_needs() -> None:
    kinds = ["direct", "bfloat16 bounded"]
    rows = tools.in_subprocess(rows_of, kinds)
    assert [row["convolutions"] for row in rows] == kinds
    for row in rows:
        assert 0 < row["seconds"]["least"] <= row["seconds"]["median"]
        assert row["gflop"] == pytest.approx(5.9, rel=0.1)  # a sixteenth of the 95 GFLOP at 256 px
        assert 0 < row["share_of_limit"] < 1
        assert 300 < row["peak_rss_mb"] < 2000
