"""The figure of a run's loss curves, as plain data: pages need not import Plotly. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pages.parts.app.formatting import three_digits
from pages.parts.curves import event_labels, series
from pages.parts.curves.reference_losses import ReferenceLosses
from pages.parts.curves.series import ChartOptions

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

Figure = dict[str, Any]
"""A Plotly figure in plain data: its traces under `data`, and its `layout`.

`layout.meta.narrow` overrides parts of the layout on narrow screens, such as phones."""

HEIGHT_PX = 280

MARGIN = {"l": 58, "r": 14, "t": 10, "b": 40}
"""Margins in pixels; fixed, because with automatic margins the chart would jump while it grows."""

REFERENCE_COLOURS = ("#B0619F", "#A8892A")
"""Colours of the reference lines, the next two of the terms' palette."""

PICKED_COLOUR = "#B5761A"
"""Colour of the picked step, whose picture is shown."""

_UNSMOOTHED_OPACITY = 0.3
"""Opacity of the values behind their smoothed curve."""

_X_TITLES = {"seconds": "Seconds", "evaluations": "Evaluations"}


@dataclass(frozen=True)
class ComparedRun:
    """Another run, drawn as one curve; `title` names its differences."""

    title: str
    points: Sequence[CurvePoint]


def loss_curves(  # noqa: PLR0913 - all that is drawn
    points: Sequence[CurvePoint],
    *,
    total_steps: int,
    options: ChartOptions = ChartOptions(),  # noqa: B008 - frozen
    reference_losses: ReferenceLosses | None = None,
    compared: Sequence[ComparedRun] = (),
    picked: int | None = None,
    step_title: str = "Step",
) -> Figure:
    """The loss curves of a run, with a line at each event: a steering, a change of size, a rollback.

    Each point of the run's own curves carries its step as `customdata`, on any x axis.

    Args:
        points: the run's points in the order of steps; may be empty.
        total_steps: the step at which the x axis ends. For an active run all of its steps, so that the axis is fixed.
        options: the chosen curves, axes and smoothing.
        reference_losses: totals drawn as horizontal lines, with an event where the run first falls below; only beside
            weighted terms.
        compared: other runs for comparison.
        picked: the step whose picture is shown, marked by a line and a dot.
        step_title: the title of the x axis in steps.
    """
    has_references = reference_losses and options.curves == "terms" and not options.unweighted
    reference_losses = reference_losses if reference_losses and has_references else {}
    ends = [series.positions(run.points, options.x_axis)[-1] for run in compared]
    end = max([series.x_axis_end(points, total_steps, options.x_axis), *ends])
    events = event_labels.events_of(points, reference_losses)
    nearest = min(points, key=lambda point: abs(point.step - picked)) if picked is not None and points else None
    places = _positions_of(points, options, {step for step, _ in events} | ({nearest.step} if nearest else set()))
    placed = [(*places[step], text) for step, text in events]
    traces = [
        *_terms(points, options),
        *_compared_runs(compared, options),
        *_reference_lines(reference_losses, end),
        *_event_dots(placed),
    ]
    layout = _layout(options, end, step_title) | _event_layout([(x, text) for x, _, text in placed], end)
    if placed:
        layout["yaxis"]["domain"] = [0, 1 - event_labels.LABELS_SHARE]
    if nearest:
        traces.append(_picked_step(layout, *places[nearest.step]))
    return {"data": traces, "layout": layout}


def _layout(options: ChartOptions, end: float, step_title: str) -> dict[str, Any]:
    """The axes. A zoom is kept until the `uirevision` of its axis changes, which names the quantity on it."""
    return {
        "height": HEIGHT_PX,
        "margin": MARGIN,
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {
            "title": {"text": _X_TITLES.get(options.x_axis, step_title)},
            "range": [0, end],
            "showgrid": False,
            "zeroline": False,
            "uirevision": options.x_axis,
        },
        "yaxis": {
            "type": "log" if options.log_scale else "linear",
            "tickformat": ".3~g",
            "nticks": 6,
            "rangemode": "tozero",
            "zeroline": False,
            "uirevision": f"{options.curves} {options.log_scale} {options.unweighted}",
        },
    }


def _event_layout(events: Sequence[tuple[float, str]], end: float) -> dict[str, Any]:
    """Lines and labels of the events, with other labels for narrow screens; empty without events."""
    if not events:
        return {}
    narrow = event_labels.event_layout(events, end, event_labels.LETTER_WIDTH_NARROW)
    return event_labels.event_layout(events, end) | {"meta": {"narrow": narrow}}


def _terms(points: Sequence[CurvePoint], options: ChartOptions) -> list[Figure]:
    shown = series.drawn_indices(points)
    if options.depends_on_past:
        curves = [curve.at_indices(shown) for curve in series.lines_of(points, options)]
        points = [points[index] for index in shown]
    else:
        points = [points[index] for index in shown]
        curves = series.lines_of(points, options)
    x, steps = series.positions(points, options.x_axis), [point.step for point in points]
    traces = []
    for curve in curves:
        line = {"color": curve.colour, "dash": curve.dash, "width": curve.width}
        base = {"x": x, "mode": "lines", "legendgroup": curve.title}
        if options.smoothing:
            traces.append(
                _scatter(y=curve.unsmoothed, opacity=_UNSMOOTHED_OPACITY, line=line | {"width": 1}, is_unlabelled=True)
                | base
            )
        traces.append(_scatter(curve.title, y=curve.values, line=line) | base | {"customdata": steps})
    return traces


def _compared_runs(compared: Sequence[ComparedRun], options: ChartOptions) -> list[Figure]:
    """The main term of each compared run, thin and in its own colour."""
    traces = []
    for index, other in enumerate(compared):
        shown, x = series.drawn_indices(other.points), series.positions(other.points, options.x_axis)
        values, _ = series.values_of(other.points, series.main_term(options, other.points), options)
        line = {"color": series.HUES[-1 - index % len(series.HUES)], "dash": "dashdot", "width": 1.5}
        trace = _scatter(other.title, y=[values[i] for i in shown], line=line, mode="lines")
        traces.append(trace | {"x": [x[i] for i in shown]})
    return traces


def _reference_lines(reference_losses: ReferenceLosses, end: float) -> list[Figure]:
    """A dashed horizontal line for each reference, with its value in the legend."""
    return [
        _scatter(
            f"{name.capitalize()}: {three_digits(losses['total'])}",
            x=[0, end],
            y=[losses["total"]] * 2,
            mode="lines",
            line={"color": colour, "dash": "longdash", "width": 2},
        )
        | {"hoverinfo": "skip"}
        for (name, losses), colour in zip(reference_losses.items(), REFERENCE_COLOURS, strict=False)
    ]


def _event_dots(placed: Sequence[tuple[float, float | None, str]]) -> list[Figure]:
    """A dot on the main term for each event, with the label on hover."""
    if not placed:
        return []
    dots = _scatter("Events", mode="markers", marker={"color": event_labels.COLOUR, "size": 7}, showlegend=False)
    places = {"x": [at for at, _, _ in placed], "y": [value for _, value, _ in placed]}
    return [dots | places | {"text": [escape(t) for *_, t in placed], "hovertemplate": "%{text}<extra></extra>"}]


def _picked_step(layout: dict[str, Any], x: float, value: float | None) -> Figure:
    """The dot of the picked step; its vertical line is added to the layout."""
    line = {"type": "line", "x0": x, "x1": x, "yref": "y domain", "y0": 0, "y1": 1}
    shape = line | {"line": {"color": PICKED_COLOUR, "width": 1.5}}
    for shown in (layout, *layout.get("meta", {}).values()):
        shown["shapes"] = [*shown.get("shapes", []), shape]
    marker = {"color": PICKED_COLOUR, "size": 10, "line": {"color": "#fff", "width": 1.5}}
    return _scatter(x=[x], y=[value], mode="markers", marker=marker, is_unlabelled=True)


def _scatter(title: str = "", *, is_unlabelled: bool = False, **properties: Any) -> Figure:
    """A trace; an unlabelled one appears neither in the legend nor on hover."""
    if is_unlabelled:
        return {"type": "scatter", "showlegend": False, "hoverinfo": "skip"} | properties
    name = escape(title)
    return {"type": "scatter", "name": name, "hovertemplate": f"{name} %{{y:.4~g}}<extra></extra>"} | properties


def _positions_of(
    points: Sequence[CurvePoint], options: ChartOptions, steps: Set[int]
) -> dict[int, tuple[float, float | None]]:
    """Step -> its place on the x axis, and the drawn value of the main term there."""
    if not options.depends_on_past:
        points = [point for point in points if point.step in steps]
    values, _ = series.values_of(points, series.main_term(options, points), options)
    x = series.positions(points, options.x_axis)
    return {point.step: (x[i], values[i]) for i, point in enumerate(points)}


def alt_text(
    points: Sequence[CurvePoint],
    total_steps: int,
    reference_losses: ReferenceLosses | None = None,
    compared: Sequence[ComparedRun] = (),
) -> str:
    """The curves in words, for screen readers."""
    if not points:
        return f"Loss curves of a run of {total_steps} steps; no step is done yet."
    first, last = points[0], points[-1]
    terms = ", ".join(
        f"{title.lower()} from {first.losses[name]:.3g} to {last.losses[name]:.3g}"
        for name, (title, *_) in series.ALL_TERMS.items()
        if name in first.losses and name in last.losses
    )
    references = "".join(
        f"; {name} is at {three_digits(losses['total'])}" for name, losses in (reference_losses or {}).items()
    )
    events = "".join(f"; {text} at step {step}" for step, text in event_labels.events_of(points, reference_losses))
    runs = "".join(f"; beside it a run with {other.title}" for other in compared)
    return f"Loss curves after step {last.step} of {total_steps}: {terms}{references}{events}{runs}."
