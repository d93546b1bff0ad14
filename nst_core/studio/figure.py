"""The figure of loss curves, as plain data for Plotly. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nst_core.runs.curve import CurvePoint

Figure = dict[str, Any]
"""A Plotly figure in plain data: its traces under `data`, and its `layout`."""

TERMS = {
    "total": ("Total", "#7C828D", "solid"),
    "content": ("Content", "#2E86C1", "solid"),
    "style": ("Style", "#DB6B30", "dash"),
    "variation": ("Variation", "#159A7A", "dot"),
}
"""Term -> title, colour and dash: the same as on the app's pages. They differ in hue and dash, on light and dark
ground."""

HUES = ("#2E86C1", "#DB6B30", "#159A7A", "#B0619F", "#A8892A")
"""Colours of several runs in one figure, used in turn."""

MAX_POINTS = 400
"""The most points of a curve; longer ones are thinned evenly, since a screen shows no more and every update sends all
points."""

HEIGHT_PX = 260


def loss_figure(points: Sequence[CurvePoint], total_steps: int) -> Figure:
    """The weighted terms of one run over its steps, on a logarithmic axis; terms that are always 0 are left out.

    Args:
        points: the curve so far, in the order of steps; may be empty.
        total_steps: the step at which the x axis ends, so that it stands still while the curve grows.
    """
    shown = thinned(points)
    steps = [point.step for point in shown]
    traces = []
    for term, (title, colour, dash) in TERMS.items():
        values = [_positive(point.losses.get(term)) for point in shown]
        if any(value is not None for value in values):
            traces.append(_line(title, steps, values, {"color": colour, "dash": dash, "width": 2}))
    return {"data": traces, "layout": _layout("Step", max(total_steps, 1))}


def comparison_figure(curves: Mapping[str, Sequence[CurvePoint]]) -> Figure:
    """The total loss of several runs over their seconds; a run of a single step, such as a fast one, is a dot."""
    traces = []
    for index, (title, points) in enumerate(curves.items()):
        shown = [point for point in thinned(points) if "total" in point.losses]
        if not shown:
            continue
        line = _line(
            title,
            [point.seconds for point in shown],
            [_positive(point.losses["total"]) for point in shown],
            {"color": HUES[index % len(HUES)], "width": 2},
        )
        traces.append(line | {"mode": "lines" if len(shown) > 1 else "markers"})
    end = max((x for trace in traces for x in trace["x"]), default=1.0)
    return {"data": traces, "layout": _layout("Seconds", end)}


def thinned(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """At most `MAX_POINTS` of the points, evenly spread, with the last one."""
    stride = -(-len(points) // MAX_POINTS)
    return list(points[:: -stride or None])[::-1] if points else []


def _positive(value: float | None) -> float | None:
    """A value for a logarithmic axis, in four digits; None, which makes a gap, if it cannot be drawn."""
    return float(f"{value:.4g}") if value is not None and value > 0 else None


def _line(title: str, x: Sequence[float], y: Sequence[float | None], line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": escape(title),
        "x": list(x),
        "y": list(y),
        "line": dict(line),
        "hovertemplate": f"{escape(title)} %{{y:.4~g}}<extra></extra>",
    }


def _layout(x_title: str, end: float) -> dict[str, Any]:
    """The axes; a zoom is kept from one update to the next, since `uirevision` stays."""
    grey = "rgba(128,128,128,0.25)"
    return {
        "height": HEIGHT_PX,
        "margin": {"l": 60, "r": 16, "t": 28, "b": 40},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "#808080"},
        "uirevision": "stays",
        "xaxis": {"title": {"text": x_title}, "range": [0, end], "showgrid": False, "zeroline": False},
        "yaxis": {"title": {"text": "Loss"}, "type": "log", "tickformat": ".3~g", "nticks": 6, "gridcolor": grey},
    }
