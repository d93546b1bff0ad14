"""Curves of a run: data in, figure out. Pure; knows Plotly and nothing of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from pages.parts.levels import Levels, passings, three_digits

if TYPE_CHECKING:
    from nst_core.jobs.desk import Point

HEIGHT_PX = 280

TERMS: dict[str, tuple[str, str, str, float]] = {
    "total": ("Total", "#7C828D", "solid", 3.0),
    "content": ("Content", "#2E86C1", "solid", 2.0),
    "style": ("Style", "#DB6B30", "dash", 2.0),
    "variation": ("Variation", "#159A7A", "dot", 2.0),
}
"""Term -> title, colour, dash, width.

Okabe and Ito's hues at mid-lightness, at least 3:1 on paper and on night; the dash says the same again for eyes that do
not tell the hues apart."""

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

MOST_POINTS = 600
"""More are thinned evenly: a screen shows no more, and each one travels to the browser."""


def loss_curves(points: Sequence[Point], *, of: int, log: bool, levels: Levels | None = None) -> go.Figure:
    """The weighted terms against steps, with a line where the run was steered, changed its size or had to turn back.

    Args:
        points: the run's points, by rising number; may be empty.
        of: where the x axis ends. While the run lives, all of its steps: the axis stands still as the curves grow.
        log: whether the y axis is logarithmic; then a term that is 0 has a gap.
        levels: totals drawn as level lines, with a mark where the run first passes below each.
    """
    levels = levels or {}
    shown = thinned(points)
    steps = [point.number for point in shown]
    figure = go.Figure()
    for name, (title, colour, dash, width) in TERMS.items():
        values = [_visible(point.losses.get(name), log) for point in shown]
        line = {"color": colour, "dash": dash, "width": width}
        hover = f"{title} %{{y:.4~g}}<extra></extra>"
        figure.add_scatter(x=steps, y=values, name=title, mode="lines", line=line, hovertemplate=hover)
    end = max(of, 2)
    _level(figure, levels, end)
    figure.update_xaxes(title_text="Step", range=[0, end], showgrid=False, zeroline=False)
    figure.update_yaxes(
        type="log" if log else "linear", tickformat=".3~g", nticks=6, rangemode="tozero", zeroline=False
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
        _mark(figure, points, happened, end, log)
    return figure


def _level(figure: go.Figure, levels: Levels, end: int) -> None:
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


def rows(happened: Sequence[tuple[int, str]], end: int) -> list[int | None]:
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


def _mark(figure: go.Figure, points: Sequence[Point], happened: Sequence[tuple[int, str]], end: int, log: bool) -> None:
    """A line, a dot on the total and words for each mark."""
    total = {point.number: _visible(point.losses.get("total"), log) for point in points}
    figure.add_scatter(
        x=[number for number, _ in happened],
        y=[total[number] for number, _ in happened],
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


def _words(number: int, text: str, end: int, top: float) -> dict[str, Any]:
    rightwards = _extent(number / end, text)[0] == number / end
    place = {"x": number, "y": top, "yref": "paper", "yanchor": "top", "xanchor": "left" if rightwards else "right"}
    return {
        "text": escape(text),
        "showarrow": False,
        "font": {"size": 11, "color": MARK},
        "xshift": 3 if rightwards else -3,
    } | place


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """At most `MOST_POINTS` of them, evenly spread, the last always among them."""
    every = -(-len(points) // MOST_POINTS)
    return points if every <= 1 else [*points[:-1:every], points[-1]]


def in_words(points: Sequence[Point], of: int, levels: Levels | None = None) -> str:
    """What the curves show, for those who do not see them."""
    if not points:
        return f"Loss curves of a run of {of} steps; no step is done yet."
    first, last = points[0], points[-1]
    terms = ", ".join(
        f"{title.lower()} from {first.losses[name]:.3g} to {last.losses[name]:.3g}"
        for name, (title, *_) in TERMS.items()
        if name in first.losses and name in last.losses
    )
    known = "".join(f"; {name} is at {three_digits(losses['total'])}" for name, losses in (levels or {}).items())
    happened = "".join(f"; {text} at step {step}" for step, text in marks(points, levels))
    return f"Loss curves after step {last.number} of {of}: {terms}{known}{happened}."


def _visible(value: float | None, log: bool) -> float | None:
    return None if value is None or (log and value <= 0) else value
