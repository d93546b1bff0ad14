"""Curves: what goes in comes out, at every length."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from nst_core.jobs.desk import Point
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


def marked(*at: tuple[int, str], count: int = 100) -> list[Point]:
    words = dict(at)
    return [replace(p, marks=(words[p.number],)) if p.number in words else p for p in points(count)]


def test_marks_are_lines_with_words_and_dots_on_the_total() -> None:
    shown = marked((20, "scale 256 px"), (60, "steered style_weight to 40"))
    figure = charts.loss_curves(shown, of=100, log=True)
    assert [line.x0 for line in figure.layout.shapes] == [line.x1 for line in figure.layout.shapes] == [20, 60]
    assert [words.text for words in figure.layout.annotations] == ["scale 256 px", "steered style_weight to 40"]
    assert [words.x for words in figure.layout.annotations] == [20, 60]
    dots = figure.data[-1]
    assert (list(dots.x), list(dots.y)) == ([20, 60], [110 / 20, 110 / 60])
    assert figure.layout.yaxis.domain[1] < min(words.y for words in figure.layout.annotations)
    assert "scale 256 px at step 20" in charts.in_words(shown, 100)


def test_a_mark_survives_thinning() -> None:
    shown = marked((1235, "plateau"), count=5000)
    figure = charts.loss_curves(shown, of=5000, log=False)
    assert 1235 not in figure.data[0].x
    assert [line.x0 for line in figure.layout.shapes] == [1235]


def test_without_marks_the_curves_have_the_whole_height() -> None:
    figure = charts.loss_curves(points(9), of=9, log=True)
    assert figure.layout.yaxis.domain is None
    assert not figure.layout.shapes


def test_words_of_marks_never_overlap_in_a_row_and_leave_their_line_when_all_rows_are_full() -> None:
    happened = [(number, "rolled back, learning_rate 0.01") for number in range(10, 100, 2)]
    rows = charts.rows(happened, 100)
    assert None in rows
    for row in range(charts.ROWS):
        ends = [charts._extent(n / 100, text) for (n, text), r in zip(happened, rows, strict=True) if r == row]
        assert ends, "every row is used"
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ends))
        assert all(0 <= left < right <= 1 for left, right in ends)
    figure = charts.loss_curves(marked(*happened), of=100, log=True)
    assert len(figure.layout.shapes) == len(happened)
    assert len(figure.layout.annotations) == sum(row is not None for row in rows)


def test_words_of_a_mark_are_shown_as_text() -> None:
    figure = charts.loss_curves(marked((2, "<b>bold</b>")), of=9, log=True)
    assert figure.layout.annotations[0].text == "&lt;b&gt;bold&lt;/b&gt;"
