"""Quality against time: fast a point, balanced a short curve, slow the curve that passes them. Data in, figure out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pages.parts.app.formatting import spell
from pages.parts.compare.quality import Crossover, Curve, QualityOverTime, sentence
from pages.parts.curves.charts import Figure
from pages.parts.curves.levels import three_digits

HEIGHT_PX = 330

MARGIN = {"l": 68, "r": 14, "t": 12, "b": 48}
"""In pixels, and fixed, so that a chart that grows stands still."""

METHODS: dict[str, tuple[str, str, str]] = {
    "fast": ("#B0619F", "solid", "diamond"),
    "balanced": ("#159A7A", "dash", "square"),
    "slow": ("#2E86C1", "solid", "circle"),
}
"""Method -> colour, dash, symbol: of the theme's colours, and told apart by shape as well. Fast has its level's."""

_QUIET = "#7C828D"
_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_MOST_POINTS = 400


def figure(run: QualityOverTime) -> Figure:
    """Total of the slow run's objective against seconds of work, both logarithmic."""
    start, end = _range(run)
    return {
        "data": [
            *_level(run, end),
            *_line("Slow, smaller sizes", run.climb, "slow", {"dash": "dot", "width": 1.5}, ends=False),
            *_line("Balanced", run.balanced, "balanced", {"width": 2.5}),
            *_line("Slow", run.slow, "slow", {"width": 2.5}),
            *_fast(run),
            *_rings(run.passings),
        ],
        "layout": _layout(run, start, end),
    }


def _layout(run: QualityOverTime, start: float, end: float) -> dict[str, Any]:
    ticks = [tick for tick in _TICKS if start <= tick <= end]
    return {
        "height": HEIGHT_PX,
        "margin": MARGIN,
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "annotations": _words(run.passings, start, end),
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
            "dtick": _marked(run),
            "zeroline": False,
            "uirevision": "total",
        },
    }


def in_words(run: QualityOverTime) -> str:
    """What the chart shows, for those who do not see it."""
    if run.is_empty:
        return "Quality against time; nothing is measured yet."
    told = []
    if run.level and run.fast_seconds:
        told.append(f"fast reaches {three_digits(run.level)} in {spell(run.fast_seconds)}")
    for name, curve in (("balanced", run.balanced), ("slow", run.slow or run.climb)):
        if curve:
            first, last = curve[0], curve[-1]
            told.append(f"{name} goes from {three_digits(first[1])} to {three_digits(last[1])} in {spell(last[0])}")
    said = sentence(run)
    return f"Total of the slow run's objective against time, lower is better: {'; '.join(told)}. {said}".strip()


def _range(run: QualityOverTime) -> tuple[float, float]:
    """Where the axis of time begins and ends, at round places, so that it stands still while a curve grows."""
    seconds = [at for curve in (run.balanced, run.slow, run.climb) for at, _ in curve if at > 0]
    seconds += [run.fast_seconds] if run.fast_seconds else []
    least, most = min(seconds, default=0.1), max(seconds, default=10.0)
    start = max((tick for tick in _TICKS if tick < least), default=_TICKS[0])
    end = min((tick for tick in _TICKS if tick > most), default=2 * most)
    return max(start, least / 2.5), end * 1.05


def _marked(run: QualityOverTime) -> str:
    """Which values the other axis names: 1, 2 and 5 of each decade, or every digit if there would be too few."""
    totals = [total for curve in (run.balanced, run.slow, run.climb) for _, total in curve if total > 0]
    totals += [run.level] if run.level else []
    return "D2" if totals and max(totals) > 4 * min(totals) else "D1"


def _level(run: QualityOverTime, end: float) -> list[Figure]:
    """The fast result's total, from its point to the right: where slow crosses this line it has become better."""
    if not run.level:
        return []
    line = {"color": METHODS["fast"][0], "dash": "longdash", "width": 1.5}
    begin = run.fast_seconds or _range(run)[0]
    place = {"x": [begin, end], "y": [run.level] * 2}
    return [{"type": "scatter", "mode": "lines", "line": line, "showlegend": False, "hoverinfo": "skip"} | place]


def _fast(run: QualityOverTime) -> list[Figure]:
    return [_point("Fast", (run.fast_seconds, run.level), "fast", 13)] if run.level and run.fast_seconds else []


def _line(title: str, curve: Curve, method: str, line: dict[str, Any], *, ends: bool = True) -> list[Figure]:
    """A curve, and its newest point."""
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
        "hovertemplate": _told(title),
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
        "hovertemplate": _told(title),
    }


def _told(title: str) -> str:
    return f"{title} %{{y:.4~g}} after %{{x:.3~g}} s<extra></extra>"


def _rings(passings: Sequence[Crossover]) -> list[Figure]:
    """A ring where slow passes another method."""
    if not passings:
        return []
    ring = {"symbol": "circle-open", "size": 15, "color": _QUIET, "line": {"width": 2}}
    rings = {
        "type": "scatter",
        "x": [passing.seconds for passing in passings],
        "y": [passing.total for passing in passings],
        "text": [passing.words for passing in passings],
        "name": "Passings",
        "mode": "markers",
        "marker": ring,
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }
    return [rings]


def _words(passings: Sequence[Crossover], start: float, end: float) -> list[dict[str, Any]]:
    """Words beside each ring: above falling curves, where there is room."""
    words = []
    for passing, rise in zip(passings, (48, 16), strict=False):  # the later one is the lower one too
        is_near_end = math.log(passing.seconds / start) / math.log(end / start) > 0.78
        side = {"xanchor": "right", "ax": -20, "ay": 38} if is_near_end else {"xanchor": "left", "ax": 20, "ay": -rise}
        text = f"passes {passing.what}<br>after {spell(passing.seconds)}"
        place = {"x": math.log10(passing.seconds), "y": math.log10(passing.total), "text": text}
        arrow = {"arrowcolor": _QUIET, "arrowhead": 0, "standoff": 9}
        words.append(place | side | arrow | {"align": "left", "font": {"size": 12}})
    return words


def _thinned(curve: Curve) -> Curve:
    """At most some hundred points, evenly spread, the last among them."""
    every = -(-len(curve) // _MOST_POINTS)
    return curve if every <= 1 else (*curve[:-1:every], curve[-1])


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
