"""Curves: what goes in comes out, at every length."""

from __future__ import annotations

import pytest

from pages.parts import charts
from tests.pages.fake_desk import points


@pytest.mark.parametrize("log", [True, False])
def test_every_term_is_a_curve_through_its_points(log: bool) -> None:
    figure = charts.loss_curves(points(4), of=10, log=log)
    assert [trace.name for trace in figure.data] == ["Total", "Content", "Style", "Variation"]
    assert list(figure.data[0].x) == [1, 2, 3, 4]
    assert list(figure.data[2].y) == [100.0, 50.0, 100 / 3, 25.0]


def test_zero_is_a_gap_on_a_log_axis_and_a_point_on_a_linear_one() -> None:
    assert list(charts.loss_curves(points(2), of=2, log=True).data[3].y) == [None, None]
    assert list(charts.loss_curves(points(2), of=2, log=False).data[3].y) == [0.0, 0.0]


def test_no_points_is_an_empty_chart_of_the_same_height() -> None:
    figure = charts.loss_curves((), of=10, log=True)
    assert figure.layout.height == charts.HEIGHT_PX
    assert "no step is done yet" in charts.in_words((), 10)


@pytest.mark.parametrize("count", [0, 1, 599, 600, 601, 5000])
def test_thinning_keeps_the_ends_and_the_limit(count: int) -> None:
    whole = points(count)
    thin = charts.thinned(whole)
    assert len(thin) <= charts.MOST_POINTS + 1
    assert list(thin[:1]) == list(whole[:1])
    assert list(thin[-1:]) == list(whole[-1:])


def test_the_alt_text_says_where_each_curve_went() -> None:
    text = charts.in_words(points(4), 10)
    assert "step 4 of 10" in text
    assert "style from 100 to 25" in text
