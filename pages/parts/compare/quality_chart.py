"""The figure of quality against time: fast is a point, balanced a short curve, slow a long one. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pages.parts.app.formatting import duration, three_digits
from pages.parts.compare.quality import Crossover, Curve, QualityOverTime, sentence
from pages.parts.curves.charts import Figure

HEIGHT_PX = 260

MARGIN = {"l": 68, "r": 14, "t": 12, "b": 48}
"""Margins in pixels; fixed, because with automatic margins the chart would jump while it grows."""

METHODS: dict[str, tuple[str, str, str]] = {
    "fast": ("#B0619F", "solid", "diamond"),
    "balanced": ("#159A7A", "dash", "square"),
    "slow": ("#2E86C1", "solid", "circle"),
}
"""Method -> colour, dash, symbol; fast has the colour of its line in the loss curves."""

_LABEL_COLOUR = "#7C828D"
_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_MAX_TICKS = 6
"""More would not stand side by side in a third of a page."""
_MAX_POINTS = 400


def figure(quality: QualityOverTime) -> Figure:
    """Total of the slow run's objective against seconds of work, on logarithmic axes."""
    start, end = _time_range(quality)
    return {
        "data": [
            *_fast_line(quality, end),
            *_curve("Slow, smaller sizes", quality.slow_smaller, "slow", {"dash": "dot", "width": 1.5}, ends=False),
            *_curve("Balanced", quality.balanced, "balanced", {"width": 2.5}),
            *_curve("Slow", quality.slow, "slow", {"width": 2.5}),
            *_fast_point(quality),
            *_crossover_rings(quality.crossovers),
        ],
        "layout": _layout(quality, start, end),
    }


def _layout(quality: QualityOverTime, start: float, end: float) -> dict[str, Any]:
    ticks = [tick for tick in _TICKS if start <= tick <= end]
    ticks = ticks[:: max(1, -(-len(ticks) // _MAX_TICKS))]
    return {
        "height": HEIGHT_PX,
        "margin": MARGIN,
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "annotations": _crossover_labels(quality.crossovers, start, end),
        "xaxis": {
            "type": "log",
            "range": [math.log10(start), math.log10(end)],
            "tickvals": ticks,
            "ticktext": [_tick(tick) for tick in ticks],
            "title": {"text": "Time of work"},
            "showgrid": False,
            "zeroline": False,
            "uirevision": "seconds",
        },
        "yaxis": {
            "type": "log",
            "title": {"text": "Total, lower is better"},
            "tickformat": ".3~g",
            "dtick": _minor_ticks(quality),
            "zeroline": False,
            "uirevision": "total",
        },
    }


def alt_text(quality: QualityOverTime) -> str:
    """The chart in words, for screen readers."""
    if quality.is_empty:
        return "Quality against time; nothing is measured yet."
    parts = []
    if quality.fast_total and quality.fast_seconds:
        parts.append(f"fast reaches {three_digits(quality.fast_total)} in {duration(quality.fast_seconds)}")
    for name, curve in (("balanced", quality.balanced), ("slow", quality.slow or quality.slow_smaller)):
        if curve:
            first, last = curve[0], curve[-1]
            parts.append(f"{name} goes from {three_digits(first[1])} to {three_digits(last[1])} in {duration(last[0])}")
    crossovers = sentence(quality)
    return f"Total of the slow run's objective against time, lower is better: {'; '.join(parts)}. {crossovers}".strip()


def _time_range(quality: QualityOverTime) -> tuple[float, float]:
    """The ends of the time axis, in seconds; rounded, so that the axis seldom moves while a curve grows."""
    seconds = [at for curve in (quality.balanced, quality.slow, quality.slow_smaller) for at, _ in curve if at > 0]
    seconds += [quality.fast_seconds] if quality.fast_seconds else []
    least, most = min(seconds, default=0.1), max(seconds, default=10.0)
    start = max((tick for tick in _TICKS if tick < least), default=_TICKS[0])
    end = min((tick for tick in _TICKS if tick > most), default=2 * most)
    return max(start, least / 2.5), end * 1.05


def _minor_ticks(quality: QualityOverTime) -> str:
    """Plotly's ticks of the y axis: 1, 2 and 5 of each decade, or every digit if those would be too few."""
    curves = (quality.balanced, quality.slow, quality.slow_smaller)
    totals = [total for curve in curves for _, total in curve if total > 0]
    totals += [quality.fast_total] if quality.fast_total else []
    return "D2" if totals and max(totals) > 4 * min(totals) else "D1"


def _fast_line(quality: QualityOverTime, end: float) -> list[Figure]:
    """The fast result's total as a line from its point to the right; below it slow is better."""
    if not quality.fast_total:
        return []
    line = {"color": METHODS["fast"][0], "dash": "longdash", "width": 1.5}
    begin = quality.fast_seconds or _time_range(quality)[0]
    place = {"x": [begin, end], "y": [quality.fast_total] * 2}
    return [{"type": "scatter", "mode": "lines", "line": line, "showlegend": False, "hoverinfo": "skip"} | place]


def _fast_point(quality: QualityOverTime) -> list[Figure]:
    if not (quality.fast_total and quality.fast_seconds):
        return []
    return [_point("Fast", (quality.fast_seconds, quality.fast_total), "fast", 13)]


def _curve(title: str, curve: Curve, method: str, line: dict[str, Any], *, ends: bool = True) -> list[Figure]:
    """A curve and, with `ends`, its newest point."""
    shown = [at for at in _thinned(curve) if at[0] > 0 and at[1] > 0]
    if not shown:
        return []
    colour, dash, _ = METHODS[method]
    drawn = {
        "type": "scatter",
        "x": [seconds for seconds, _ in shown],
        "y": [total for _, total in shown],
        "name": title,
        "legendgroup": title,
        "mode": "lines",
        "line": {"color": colour, "dash": dash} | line,
        "hovertemplate": _hover_template(title),
    }
    return [drawn, _point(title, shown[-1], method, 9) | {"showlegend": False}] if ends else [drawn]


def _point(title: str, at: tuple[float, float], method: str, size: int) -> Figure:
    colour, _, symbol = METHODS[method]
    return {
        "type": "scatter",
        "x": [at[0]],
        "y": [at[1]],
        "name": title,
        "legendgroup": title,
        "mode": "markers",
        "marker": {"color": colour, "symbol": symbol, "size": size},
        "hovertemplate": _hover_template(title),
    }


def _hover_template(title: str) -> str:
    return f"{title} %{{y:.4~g}} after %{{x:.3~g}} s<extra></extra>"


def _crossover_rings(crossovers: Sequence[Crossover]) -> list[Figure]:
    """A ring where slow passes another method."""
    if not crossovers:
        return []
    ring = {"symbol": "circle-open", "size": 15, "color": _LABEL_COLOUR, "line": {"width": 2}}
    rings = {
        "type": "scatter",
        "x": [crossover.seconds for crossover in crossovers],
        "y": [crossover.total for crossover in crossovers],
        "text": [crossover.label for crossover in crossovers],
        "name": "Crossovers",
        "mode": "markers",
        "marker": ring,
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }
    return [rings]


def _crossover_labels(crossovers: Sequence[Crossover], start: float, end: float) -> list[dict[str, Any]]:
    """A label beside each ring, above the falling curve, where there is room."""
    labels = []
    for crossover, (rise, fall) in zip(
        crossovers, ((48, 38), (16, 72)), strict=False
    ):  # the later of two rings is also the lower one
        is_near_end = math.log(crossover.seconds / start) / math.log(end / start) > 0.78
        side = (
            {"xanchor": "right", "ax": -20, "ay": fall} if is_near_end else {"xanchor": "left", "ax": 20, "ay": -rise}
        )
        text = f"passes {crossover.method}<br>after {duration(crossover.seconds)}"
        place = {"x": math.log10(crossover.seconds), "y": math.log10(crossover.total), "text": text}
        arrow = {"arrowcolor": _LABEL_COLOUR, "arrowhead": 0, "standoff": 9}
        labels.append(place | side | arrow | {"align": "left", "font": {"size": 12}})
    return labels


def _thinned(curve: Curve) -> Curve:
    """At most `_MAX_POINTS` points, evenly spread, plus the last."""
    every = -(-len(curve) // _MAX_POINTS)
    return curve if every <= 1 else (*curve[:-1:every], curve[-1])


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
