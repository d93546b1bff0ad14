"""Figures of loss curves, as data."""

from itertools import pairwise
from typing import Any

from nst_core.runs.curve import CurvePoint
from nst_core.studio.figure import MAX_POINTS, comparison_figure, loss_figure, thinned


def points(count: int, **losses: float) -> list[CurvePoint]:
    return [CurvePoint(n, float(n), losses) for n in range(count)]


def test_terms_that_are_always_zero_are_left_out() -> None:
    figure = loss_figure(points(3, total=2.0, content=0.0, style=2.0), 10)
    assert [trace["name"] for trace in figure["data"]] == ["Total", "Style"]
    assert figure["layout"]["xaxis"]["range"] == [0, 10]


def test_a_zero_among_values_is_a_gap_on_the_logarithmic_axis() -> None:
    (total,) = loss_figure([*points(1, total=0.0), *points(2, total=1.0)[1:]], 2)["data"]
    assert total["y"] == [None, 1.0]


def test_a_figure_of_nothing_has_no_curves() -> None:
    assert loss_figure([], 5)["data"] == []
    assert comparison_figure({"fast": points(1)})["data"] == []


def test_long_curves_are_thinned_evenly_up_to_their_last_point() -> None:
    for count in (1, MAX_POINTS, MAX_POINTS + 1, 5 * MAX_POINTS + 3):
        shown = thinned(points(count))
        assert len(shown) <= MAX_POINTS
        assert shown[-1].step == count - 1
        assert len({b.step - a.step for a, b in pairwise(shown)}) <= 1
    assert len(thinned(points(MAX_POINTS))) == MAX_POINTS


def test_runs_compare_over_seconds_and_a_single_step_is_a_dot() -> None:
    figure: dict[str, Any] = comparison_figure({"a <b>": points(5, total=1.0), "one": points(1, total=3.0)})
    assert [trace["mode"] for trace in figure["data"]] == ["lines", "markers"]
    assert figure["data"][0]["name"] == "a &lt;b&gt;"
    assert figure["layout"]["xaxis"]["range"] == [0, 4.0]
