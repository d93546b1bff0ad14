"""Curves of a run: data in, figure out. Pure, and without Plotly, so that a page need not import it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pages.parts.curves import lines, marks, series
from pages.parts.curves.levels import Levels, three_digits
from pages.parts.curves.lines import ChartOptions

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

Figure = dict[str, Any]
"""A figure as Plotly takes it, in plain data: `data`, its traces, and `layout`.

What `layout.meta.narrow` holds replaces the layout's own where there is little room, as on a phone."""

HEIGHT_PX = 280

MARGIN = {"l": 58, "r": 14, "t": 10, "b": 40}
"""In pixels, and fixed: a chart whose margins follow its numbers jumps while it grows."""

LEVELS = ("#B0619F", "#A8892A")
"""Colours of the level lines, the next two of the same set."""

PICKED = "#B5761A"
"""The colour of the step whose picture is looked at."""

_FAINT = 0.3
"""Opacity of the values themselves behind their smoothed curve."""

_AXES = {"steps": "Step", "seconds": "Seconds", "evaluations": "Evaluations"}


@dataclass(frozen=True)
class Other:
    """Another run, drawn as one curve; `title` says how it differs."""

    title: str
    points: Sequence[CurvePoint]


def loss_curves(  # noqa: PLR0913 - all that is drawn
    points: Sequence[CurvePoint],
    *,
    of: int,
    sight: ChartOptions = ChartOptions(),  # noqa: B008 - frozen
    levels: Levels | None = None,
    others: Sequence[Other] = (),
    picked: int | None = None,
) -> Figure:
    """The terms as the run went on, with a line where it was steered, changed its size or had to turn back.

    Each point of the run's own curves carries its step as `customdata`, whatever the x axis counts.

    Args:
        points: the run's points, by rising number; may be empty.
        of: where the x axis ends. While the run lives, all of its steps: the axis stands still as the curves grow.
        sight: which curves are drawn, and along what.
        levels: totals drawn as level lines, with a mark where the run first passes below each; with the terms alone.
        others: other runs for comparison.
        picked: the step whose picture is looked at, shown by a line and a dot.
    """
    levels = levels if levels and sight.what == "terms" and not sight.raw else {}
    end = max([series.end(points, of, sight.along), *(series.positions(o.points, sight.along)[-1] for o in others)])
    told = marks.marks(points, levels)
    near = min(points, key=lambda point: abs(point.step - picked)) if picked is not None and points else None
    places = _places(points, sight, {step for step, _ in told} | ({near.step} if near else set()))
    happened = [(*places[step], text) for step, text in told]
    traces = [*_terms(points, sight), *_others(others, sight), *_levels(levels, end), *_dots(happened)]
    layout = _layout(sight, end)
    if happened:
        words = [(at, text) for at, _, text in happened]
        layout |= marks.drawn(words, end)
        layout["meta"] = {"narrow": marks.drawn(words, end, marks.LETTER_NARROW)}
        layout["yaxis"]["domain"] = [0, 1 - marks.BAND]
    if near:
        traces.append(_pick(layout, *places[near.step]))
    return {"data": traces, "layout": layout}


def _layout(sight: ChartOptions, end: float) -> dict[str, Any]:
    """Where the axes go. Their `uirevision` says of what a zoom would be: another one lets go of it."""
    return {
        "height": HEIGHT_PX,
        "margin": MARGIN,
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {
            "title": {"text": _AXES[sight.along]},
            "range": [0, end],
            "showgrid": False,
            "zeroline": False,
            "uirevision": sight.along,
        },
        "yaxis": {
            "type": "log" if sight.log else "linear",
            "tickformat": ".3~g",
            "nticks": 6,
            "rangemode": "tozero",
            "zeroline": False,
            "uirevision": f"{sight.what} {sight.log} {sight.raw}",
        },
    }


def _terms(points: Sequence[CurvePoint], sight: ChartOptions) -> list[Figure]:
    shown = series.kept(points)
    if sight.looks_back:
        curves = [curve.at(shown) for curve in lines.lines(points, sight)]
        points = [points[index] for index in shown]
    else:
        points = [points[index] for index in shown]
        curves = lines.lines(points, sight)
    at, steps = series.positions(points, sight.along), [point.step for point in points]
    traces = []
    for curve in curves:
        look = {"color": curve.colour, "dash": curve.dash, "width": curve.width}
        base = {"x": at, "mode": "lines", "legendgroup": curve.title}
        if sight.smoothing:
            traces.append(_scatter(y=curve.bare, opacity=_FAINT, line=look | {"width": 1}, is_bare=True) | base)
        traces.append(_scatter(curve.title, y=curve.values, line=look) | base | {"customdata": steps})
    return traces


def _others(others: Sequence[Other], sight: ChartOptions) -> list[Figure]:
    """The main term of each other run, thin and in a colour of its own."""
    traces = []
    for index, other in enumerate(others):
        shown, across = series.kept(other.points), series.positions(other.points, sight.along)
        values, _ = lines.values_of(other.points, lines.main_term(sight), sight)
        look = {"color": lines.HUES[-1 - index % len(lines.HUES)], "dash": "dashdot", "width": 1.5}
        trace = _scatter(other.title, y=[values[i] for i in shown], line=look, mode="lines")
        traces.append(trace | {"x": [across[i] for i in shown]})
    return traces


def _levels(levels: Levels, end: float) -> list[Figure]:
    """A dashed line across the curves for each level, its value in the legend."""
    return [
        _scatter(
            f"{name.capitalize()}: {three_digits(losses['total'])}",
            x=[0, end],
            y=[losses["total"]] * 2,
            mode="lines",
            line={"color": colour, "dash": "longdash", "width": 2},
        )
        | {"hoverinfo": "skip"}
        for (name, losses), colour in zip(levels.items(), LEVELS, strict=False)
    ]


def _dots(happened: Sequence[tuple[float, float | None, str]]) -> list[Figure]:
    """A dot on the main term for each mark, which tells it when hovered."""
    if not happened:
        return []
    dots = _scatter("Marks", mode="markers", marker={"color": marks.COLOUR, "size": 7}, showlegend=False)
    places = {"x": [at for at, _, _ in happened], "y": [value for _, value, _ in happened]}
    return [dots | places | {"text": [escape(t) for *_, t in happened], "hovertemplate": "%{text}<extra></extra>"}]


def _pick(layout: dict[str, Any], at: float, value: float | None) -> Figure:
    """A line through a step, added to the layout, and its dot."""
    line = {"type": "line", "x0": at, "x1": at, "yref": "y domain", "y0": 0, "y1": 1}
    shape = line | {"line": {"color": PICKED, "width": 1.5}}
    for shown in (layout, *layout.get("meta", {}).values()):
        shown["shapes"] = [*shown.get("shapes", []), shape]
    marker = {"color": PICKED, "size": 10, "line": {"color": "#fff", "width": 1.5}}
    return _scatter(x=[at], y=[value], mode="markers", marker=marker, is_bare=True)


def _scatter(title: str = "", *, is_bare: bool = False, **look: Any) -> Figure:
    """A trace; a bare one stands neither in the legend nor in what hovering tells."""
    if is_bare:
        return {"type": "scatter", "showlegend": False, "hoverinfo": "skip"} | look
    name = escape(title)
    return {"type": "scatter", "name": name, "hovertemplate": f"{name} %{{y:.4~g}}<extra></extra>"} | look


def _places(
    points: Sequence[CurvePoint], sight: ChartOptions, steps: Set[int]
) -> dict[int, tuple[float, float | None]]:
    """Where some steps stand on the x axis, and the main term's values there as drawn."""
    if not sight.looks_back:
        points = [point for point in points if point.step in steps]
    values, _ = lines.values_of(points, lines.main_term(sight), sight)
    across = series.positions(points, sight.along)
    return {point.step: (across[i], values[i]) for i, point in enumerate(points)}


def in_words(points: Sequence[CurvePoint], of: int, levels: Levels | None = None, others: Sequence[Other] = ()) -> str:
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
    happened = "".join(f"; {text} at step {step}" for step, text in marks.marks(points, levels))
    beside = "".join(f"; beside it a run with {other.title}" for other in others)
    return f"Loss curves after step {last.step} of {of}: {terms}{known}{happened}{beside}."
