"""The figure shows the given points, for curves of every length."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from nst_core.jobs.service import CurvePoint, JobView
from nst_core.jobs.views import State
from nst_core.recipe import make
from pages.parts.curves import charts, event_labels, reference_losses, series
from pages.parts.curves.series import TERMS, ChartOptions
from tests.pages.fake_service import points


def curves(*points: Any, **options: Any) -> go.Figure:
    """The figure, as Plotly understands it: it refuses what it does not know."""
    return go.Figure(charts.loss_curves(*points, **options))


@pytest.mark.parametrize("log", [True, False])
def test_every_term_is_a_curve_through_its_points(log: bool) -> None:
    figure = curves(points(4), total_steps=10, options=ChartOptions(log_scale=log))
    drawn = {trace.name: trace for trace in figure.data if trace.mode == "lines"}
    assert list(drawn) == ["Total", "Content", "Style", "Variation"]
    assert list(drawn["Total"].x) == [1, 2, 3, 4]
    assert list(drawn["Style"].y) == [100.0, 50.0, 100 / 3, 25.0]


def test_zero_is_a_gap_on_a_log_axis_and_a_point_on_a_linear_one() -> None:
    assert list(curves(points(2), total_steps=2, options=ChartOptions(log_scale=True)).data[-1].y) == [None, None]
    assert list(curves(points(2), total_steps=2, options=ChartOptions(log_scale=False)).data[-1].y) == [0.0, 0.0]


def test_no_points_is_an_empty_chart_of_the_same_height() -> None:
    figure = curves((), total_steps=10, options=ChartOptions(log_scale=True))
    assert figure.layout.height == charts.HEIGHT_PX
    assert "no step is done yet" in charts.alt_text((), 10)


def test_the_alt_text_says_where_each_curve_went() -> None:
    text = charts.alt_text(points(4), 10)
    assert "step 4 of 10" in text
    assert "style from 100 to 25" in text


def with_events(*at: tuple[int, str], count: int = 100) -> list[CurvePoint]:
    words = dict(at)
    return [replace(p, events=(words[p.step],)) if p.step in words else p for p in points(count)]


def test_events_are_lines_with_labels_and_dots_on_the_total() -> None:
    shown = with_events((20, "scale 256 px"), (60, "steered style_weight to 40"))
    figure = curves(shown, total_steps=100, options=ChartOptions(log_scale=True))
    assert [line.x0 for line in figure.layout.shapes] == [line.x1 for line in figure.layout.shapes] == [20, 60]
    assert [words.text for words in figure.layout.annotations] == ["scale 256 px", "steered style_weight to 40"]
    assert [words.x for words in figure.layout.annotations] == [20, 60]
    dots = figure.data[-1]
    assert (list(dots.x), list(dots.y)) == ([20, 60], [110 / 20, 110 / 60])
    assert figure.layout.yaxis.domain[1] < min(words.y for words in figure.layout.annotations)
    assert "scale 256 px at step 20" in charts.alt_text(shown, 100)


def test_an_event_survives_thinning() -> None:
    shown = with_events((1235, "plateau"), count=5000)
    figure = curves(shown, total_steps=5000, options=ChartOptions(log_scale=False))
    assert 1235 in figure.data[0].x
    assert [line.x0 for line in figure.layout.shapes] == [1235]


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
@pytest.mark.parametrize("raw", [False, True])
def test_a_thinned_curve_goes_through_the_points_of_the_whole_one(smoothing: float, raw: bool) -> None:
    """Values that depend on earlier points, the average and the weights, are computed before points are thinned out."""
    told = {1: {"style": 2.0, "content": 4.0, "variation": 1.0}, 777: {"style": 8.0, "content": 4.0, "variation": 1.0}}
    run = [replace(point, weights=told.get(point.step, {})) for point in points(1500)]
    options = ChartOptions(smoothing=smoothing, unweighted=raw)
    whole = {line.title: line.values for line in series.lines_of(run, options)}
    drawn = [trace for trace in charts.loss_curves(run, total_steps=1500, options=options)["data"] if trace.get("name")]
    assert {trace["name"] for trace in drawn} == set(whole)
    for trace in drawn:
        assert len(trace["y"]) <= series.MAX_POINTS
        assert trace["y"] == [whole[trace["name"]][step - 1] for step in trace["customdata"]]


def test_without_events_the_curves_have_the_whole_height() -> None:
    figure = curves(points(9), total_steps=9, options=ChartOptions(log_scale=True))
    assert figure.layout.yaxis.domain is None
    assert not figure.layout.shapes


def test_a_phone_has_the_same_lines_and_no_more_words_than_fit() -> None:
    happened = [(number, "steered style_weight to 40") for number in (20, 25, 30)]
    figure = curves(with_events(*happened), total_steps=100, options=ChartOptions(log_scale=True))
    narrow = figure.layout.meta["narrow"]
    assert [line["x0"] for line in narrow["shapes"]] == [line.x0 for line in figure.layout.shapes] == [20, 25, 30]
    assert len(figure.layout.annotations) == 3
    assert len({words["y"] for words in narrow["annotations"]}) == len(narrow["annotations"])


@pytest.mark.parametrize("levels", [None, {"fast": {"total": 25.0}}])
def test_the_step_that_is_looked_at_is_with_events(levels: Any) -> None:
    figure = curves(
        points(10), total_steps=10, options=ChartOptions(x_axis="seconds"), reference_losses=levels, picked=4
    )
    dot = figure.data[-1]
    assert (list(dot.x), list(dot.y)) == ([2.0], [110 / 4])
    assert (figure.layout.shapes[-1].x0, figure.layout.shapes[-1].line.color) == (2.0, charts.PICKED_COLOUR)
    assert dot.marker.color == charts.PICKED_COLOUR
    if levels:
        assert figure.layout.meta["narrow"]["shapes"][-1]["x0"] == 2.0


def test_a_zoom_is_let_go_only_where_it_would_be_of_something_else() -> None:
    def of(options: ChartOptions) -> tuple[str, str]:
        layout = curves(points(3), total_steps=9, options=options).layout
        return layout.xaxis.uirevision, layout.yaxis.uirevision

    begin = of(ChartOptions())
    assert of(ChartOptions(smoothing=0.5)) == begin
    assert of(ChartOptions(x_axis="seconds"))[0] != begin[0]
    assert of(ChartOptions(x_axis="seconds"))[1] == begin[1]
    for other in (ChartOptions(log_scale=False), ChartOptions(unweighted=True), ChartOptions(curves="layers")):
        assert of(other)[0] == begin[0]
        assert of(other)[1] != begin[1]


def test_labels_never_overlap_in_a_row_and_leave_their_line_when_all_rows_are_full() -> None:
    happened = [(number, "rolled back, learning_rate 0.01") for number in range(10, 100, 2)]
    rows = event_labels.label_rows(happened, 100)
    assert None in rows
    for row in range(event_labels.LABEL_ROWS):
        ends = [
            event_labels.label_extent(n / 100, text) for (n, text), r in zip(happened, rows, strict=True) if r == row
        ]
        assert ends, "every row is used"
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ends))
        assert all(0 <= left < right <= 1 for left, right in ends)
    figure = curves(with_events(*happened), total_steps=100, options=ChartOptions(log_scale=True))
    assert len(figure.layout.shapes) == len(happened)
    assert len(figure.layout.annotations) == sum(row is not None for row in rows)


def test_the_label_of_an_event_is_shown_as_text() -> None:
    figure = curves(with_events((2, "<b>bold</b>")), total_steps=9, options=ChartOptions(log_scale=True))
    assert figure.layout.annotations[0].text == "&lt;b&gt;bold&lt;/b&gt;"


FAST = {"fast": {"total": 25.0, "content": 5.0, "style": 20.0}}


def test_a_reference_is_a_dashed_line_with_its_value_in_the_legend() -> None:
    figure = curves(
        points(3), total_steps=40, options=ChartOptions(log_scale=True), reference_losses={"fast": {"total": 231_400.0}}
    )
    (line,) = [trace for trace in figure.data if trace.name == "Fast: 2.31e5"]
    assert (list(line.x), list(line.y)) == ([0, 40], [231_400.0] * 2)
    assert line.line.dash == "longdash"
    assert line.line.color not in {colour for _, colour, *_ in TERMS.values()}


def test_the_first_step_below_a_reference_is_an_event() -> None:
    shown = points(10)  # total 110 / n, half a second a step: below 25 from step 5 on
    figure = curves(shown, total_steps=10, options=ChartOptions(log_scale=True), reference_losses=FAST)
    assert [line.x0 for line in figure.layout.shapes] == [5]
    assert [words.text for words in figure.layout.annotations] == ["slow passes fast after 2.5 s"]
    assert (list(figure.data[-1].x), list(figure.data[-1].y)) == ([5], [22.0])
    text = charts.alt_text(shown, 10, FAST)
    assert "fast is at 25" in text
    assert "slow passes fast after 2.5 s at step 5" in text


def test_a_reference_that_was_not_reached_has_no_event() -> None:
    assert event_labels.events_of(points(4), FAST) == []  # 27.5 is still above
    assert reference_losses.first_below(points(4), 27.5) is None  # and equal is not below


def test_a_crossover_and_an_event_of_one_step_have_one_label() -> None:
    shown = with_events((5, "plateau"), count=9)
    assert event_labels.events_of(shown, FAST) == [(5, "plateau, slow passes fast after 2.5 s")]


def test_a_reference_is_not_compared_with_smaller_sizes_or_another_objective() -> None:
    climbed = [replace(p, scale_px=128 if p.step < 8 else 256) for p in points(10)]
    assert event_labels.events_of(climbed, FAST) == [(8, "slow passes fast after 4.0 s")]
    steered = with_events((3, "steered style_weight to 1"), count=10)
    assert event_labels.events_of(steered, FAST) == [(3, "steered style_weight to 1")]
    quicker = with_events((3, "steered learning_rate to 1"), count=10)
    assert [number for number, _ in event_labels.events_of(quicker, FAST)] == [3, 5]


@pytest.mark.parametrize(
    ("count", "state", "said"),
    [
        (4, "running", "Slow has not passed fast yet."),
        (4, "done", "Slow did not pass fast."),
        (9, "running", "Slow passes fast after 2.5 s, at step 5."),
    ],
)
def test_a_sentence_says_whether_a_reference_was_reached(count: int, state: State, said: str) -> None:
    report = {} if state == "running" else {"size": [64, 48]}
    view = JobView("id", state, make(), points=points(count), reference_losses=FAST, report=report)
    assert reference_losses.sentence(view) == said
    assert reference_losses.sentence(replace(view, reference_losses={})) == ""
