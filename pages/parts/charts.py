"""Curves of a run: data in, figure out. Pure; knows Plotly and nothing of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from pages.parts import lines, series
from pages.parts.levels import Levels, passings, three_digits
from pages.parts.lines import Sight

if TYPE_CHECKING:
    from nst_core.jobs.desk import Point

HEIGHT_PX = 280

LEVELS = ("#B0619F", "#A8892A")
"""Colours of the level lines, the next two of the same set."""

MARK = "#7C828D"
"""The colour of a mark's line and words: legible on paper and on night."""

ROWS = 3
"""Rows of words above the curves. A mark whose words find no room in them keeps its line, and tells when hovered."""

_BAND = 0.24
"""Share of the height that the rows take."""

_LETTER = 0.0105
"""About the width of a letter, as a share of the axis on a page's canvas."""

_FAINT = 0.3
"""Opacity of the values themselves behind their smoothed curve."""

_AXES = {"steps": "Step", "seconds": "Seconds", "evaluations": "Evaluations"}


@dataclass(frozen=True)
class Other:
    """Another run, drawn as one curve; `title` says how it differs."""

    title: str
    points: Sequence[Point]


def loss_curves(
    points: Sequence[Point],
    *,
    of: int,
    sight: Sight = Sight(),  # noqa: B008 - frozen
    levels: Levels | None = None,
    others: Sequence[Other] = (),
) -> go.Figure:
    """The terms as the run went on, with a line where it was steered, changed its size or had to turn back.

    The points of the first curve can be clicked; each carries its step as `customdata`.

    Args:
        points: the run's points, by rising number; may be empty.
        of: where the x axis ends. While the run lives, all of its steps: the axis stands still as the curves grow.
        sight: which curves are drawn, and along what.
        levels: totals drawn as level lines, with a mark where the run first passes below each; with the terms alone.
        others: other runs for comparison.
    """
    levels = levels if levels and sight.what == "terms" and not sight.raw else {}
    figure = go.Figure()
    _terms(figure, points, sight)
    _others(figure, others, sight)
    end = max([series.end(points, of, sight.along), *(series.positions(o.points, sight.along)[-1] for o in others)])
    _level(figure, levels, end)
    figure.update_xaxes(title_text=_AXES[sight.along], range=[0, end], showgrid=False, zeroline=False)
    figure.update_yaxes(
        type="log" if sight.log else "linear", tickformat=".3~g", nticks=6, rangemode="tozero", zeroline=False
    )
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 8, "r": 8, "t": 30, "b": 0},
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.2, "yanchor": "top"},
        uirevision="curves",
        transition=None,
    )
    if happened := marks(points, levels):
        _mark(figure, points, happened, end, sight)
    return figure


def _terms(figure: go.Figure, points: Sequence[Point], sight: Sight) -> None:
    shown = series.kept(points)
    across = series.positions(points, sight.along)
    at, steps = [across[index] for index in shown], [points[index].number for index in shown]
    for index, curve in enumerate(lines.lines(points, sight)):
        look = {"color": curve.colour, "dash": curve.dash, "width": curve.width}
        if sight.smoothing:
            faint = {"x": at, "y": [curve.bare[i] for i in shown], "opacity": _FAINT, "mode": "lines"}
            figure.add_scatter(**faint, line=look | {"width": 1}, showlegend=False, hoverinfo="skip")
        figure.add_scatter(
            x=at,
            y=[curve.values[i] for i in shown],
            name=curve.title,
            line=look,
            hovertemplate=f"{curve.title} %{{y:.4~g}}<extra></extra>",
            mode="lines",
        )
        if index == 0:
            _clickable(figure, at, [curve.values[i] for i in shown], steps, curve.colour)


def _clickable(
    figure: go.Figure, at: Sequence[float], values: Sequence[float | None], steps: Sequence[int], colour: str
) -> None:
    """Markers that are seen only where they are chosen: Plotly lets no point of a bare line be clicked."""
    figure.add_scatter(
        x=at,
        y=values,
        customdata=steps,
        mode="markers",
        marker={"size": 10, "opacity": 0, "color": colour},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        hoverinfo="none",
        showlegend=False,
    )


def _others(figure: go.Figure, others: Sequence[Other], sight: Sight) -> None:
    """The main term of each other run, thin and in a colour of its own."""
    for index, other in enumerate(others):
        shown, across = series.kept(other.points), series.positions(other.points, sight.along)
        values, _ = lines.values_of(other.points, lines.main_term(sight), sight)
        title = escape(other.title)
        figure.add_scatter(
            x=[across[i] for i in shown],
            y=[values[i] for i in shown],
            name=title,
            mode="lines",
            line={"color": lines.HUES[-1 - index % len(lines.HUES)], "dash": "dashdot", "width": 1.5},
            hovertemplate=f"{title} %{{y:.4~g}}<extra></extra>",
        )


def _level(figure: go.Figure, levels: Levels, end: float) -> None:
    """A dashed line across the curves for each level, its value in the legend."""
    for (name, losses), colour in zip(levels.items(), LEVELS, strict=False):
        title = f"{escape(name.capitalize())}: {three_digits(losses['total'])}"
        figure.add_scatter(
            x=[0, end],
            y=[losses["total"]] * 2,
            name=title,
            mode="lines",
            line={"color": colour, "dash": "longdash", "width": 2},
            hoverinfo="skip",
        )


def marks(points: Sequence[Point], levels: Levels | None = None) -> list[tuple[int, str]]:
    """The steps where something happened or a level was passed, with what it was; one entry a step."""
    happened = {point.number: list(point.marks) for point in points if point.marks}
    for step, text in passings(points, levels or {}):
        happened.setdefault(step, []).append(text)
    return [(step, ", ".join(texts)) for step, texts in sorted(happened.items())]


def rows(happened: Sequence[tuple[float, str]], end: float) -> list[int | None]:
    """The row for each mark's words, the topmost that is free there; None where none is."""
    taken = [0.0] * ROWS
    placed: list[int | None] = []
    for number, text in happened:
        left, right = _extent(number / end, text)
        row = next((row for row in range(ROWS) if taken[row] <= left), None)
        if row is not None:
            taken[row] = right
        placed.append(row)
    return placed


def _extent(at: float, text: str) -> tuple[float, float]:
    """The shares of the axis that a mark's words take: to the right of it if they fit there, else to the left."""
    width = _LETTER * (len(text) + 1)
    return (at, at + width) if at + width <= 1 else (at - width, at)


def _mark(
    figure: go.Figure, points: Sequence[Point], marked: Sequence[tuple[int, str]], end: float, sight: Sight
) -> None:
    """A line, a dot on the main term and words for each mark."""
    values, _ = lines.values_of(points, lines.main_term(sight), sight)
    across = series.positions(points, sight.along)
    places = {point.number: (across[i], values[i]) for i, point in enumerate(points)}
    happened = [(places[number][0], text) for number, text in marked]
    figure.add_scatter(
        x=[at for at, _ in happened],
        y=[places[number][1] for number, _ in marked],
        text=[escape(text) for _, text in happened],
        name="Marks",
        mode="markers",
        marker={"color": MARK, "size": 7},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    tops = [1 - _BAND if row is None else 1 - row * _BAND / ROWS for row in rows(happened, end)]
    line = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "layer": "below",
        "line": {"color": MARK, "width": 1, "dash": "dot"},
    }
    figure.update_yaxes(domain=[0, 1 - _BAND])
    figure.update_layout(
        shapes=[line | {"x0": at, "x1": at, "y1": top} for (at, _), top in zip(happened, tops, strict=True)],
        annotations=[
            _words(at, text, end, top) for (at, text), top in zip(happened, tops, strict=True) if top > 1 - _BAND
        ],
    )


def _words(number: float, text: str, end: float, top: float) -> dict[str, Any]:
    rightwards = _extent(number / end, text)[0] == number / end
    place = {"x": number, "y": top, "yref": "paper", "yanchor": "top", "xanchor": "left" if rightwards else "right"}
    return {
        "text": escape(text),
        "showarrow": False,
        "font": {"size": 11, "color": MARK},
        "xshift": 3 if rightwards else -3,
    } | place


def in_words(points: Sequence[Point], of: int, levels: Levels | None = None, others: Sequence[Other] = ()) -> str:
    """What the curves show, for those who do not see them."""
    if not points:
        return f"Loss curves of a run of {of} steps; no step is done yet."
    first, last = points[0], points[-1]
    terms = ", ".join(
        f"{title.lower()} from {first.losses[name]:.3g} to {last.losses[name]:.3g}"
        for name, (title, *_) in lines.TERMS.items()
        if name in first.losses and name in last.losses
    )
    known = "".join(f"; {name} is at {three_digits(losses['total'])}" for name, losses in (levels or {}).items())
    happened = "".join(f"; {text} at step {step}" for step, text in marks(points, levels))
    beside = "".join(f"; beside it a run with {other.title}" for other in others)
    return f"Loss curves after step {last.number} of {of}: {terms}{known}{happened}{beside}."
