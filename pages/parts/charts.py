"""Curves of a run: data in, figure out. Pure; knows Plotly and nothing of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

if TYPE_CHECKING:
    from nst_core.jobs.desk import Point

HEIGHT_PX = 250

TERMS: dict[str, tuple[str, str, str, float]] = {
    "total": ("Total", "#7C828D", "solid", 3.0),
    "content": ("Content", "#2E86C1", "solid", 2.0),
    "style": ("Style", "#DB6B30", "dash", 2.0),
    "variation": ("Variation", "#159A7A", "dot", 2.0),
}
"""Term -> title, colour, dash, width.

Okabe and Ito's hues at mid-lightness, at least 3:1 on paper and on night; the dash says the same again for eyes that do
not tell the hues apart."""

MOST_POINTS = 600
"""More are thinned evenly: a screen shows no more, and each one travels to the browser."""


def loss_curves(points: Sequence[Point], *, of: int, log: bool) -> go.Figure:
    """The weighted terms against steps.

    Args:
        points: the run's points, by rising number; may be empty.
        of: where the x axis ends. While the run lives, all of its steps: the axis stands still as the curves grow.
        log: whether the y axis is logarithmic; then a term that is 0 has a gap.
    """
    shown = thinned(points)
    steps = [point.number for point in shown]
    figure = go.Figure()
    for name, (title, colour, dash, width) in TERMS.items():
        values = [_visible(point.losses.get(name), log) for point in shown]
        line = {"color": colour, "dash": dash, "width": width}
        hover = f"{title} %{{y:.4~g}}<extra></extra>"
        figure.add_scatter(x=steps, y=values, name=title, mode="lines", line=line, hovertemplate=hover)
    figure.update_xaxes(title_text="Step", range=[0, max(of, 2)], showgrid=False, zeroline=False)
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
    return figure


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """At most `MOST_POINTS` of them, evenly spread, the last always among them."""
    every = -(-len(points) // MOST_POINTS)
    return points if every <= 1 else [*points[:-1:every], points[-1]]


def in_words(points: Sequence[Point], of: int) -> str:
    """What the curves show, for those who do not see them."""
    if not points:
        return f"Loss curves of a run of {of} steps; no step is done yet."
    first, last = points[0], points[-1]
    terms = ", ".join(
        f"{title.lower()} from {first.losses[name]:.3g} to {last.losses[name]:.3g}"
        for name, (title, *_) in TERMS.items()
        if name in first.losses and name in last.losses
    )
    return f"Loss curves after step {last.number} of {of}: {terms}."


def _visible(value: float | None, log: bool) -> float | None:
    return None if value is None or (log and value <= 0) else value
