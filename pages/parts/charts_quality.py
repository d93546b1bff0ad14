"""Quality against time: fast a point, balanced a short curve, slow the curve that passes them. Data in, figure out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.parts.levels import three_digits
from pages.parts.race import Curve, Passing, Race, sentence
from pages.parts.spelling import spell

HEIGHT_PX = 330

METHODS: dict[str, tuple[str, str, str]] = {
    "fast": ("#B0619F", "solid", "diamond"),
    "balanced": ("#159A7A", "dash", "square"),
    "slow": ("#2E86C1", "solid", "circle"),
}
"""Method -> colour, dash, symbol: of the theme's colours, and told apart by shape as well. Fast has its level's."""

_QUIET = "#7C828D"
_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
_MOST_POINTS = 400


def figure(run: Race) -> go.Figure:
    """Total of the slow run's objective against seconds of work, both logarithmic."""
    chart = go.Figure()
    start, end = _range(run)
    _level(chart, run, end)
    _line(chart, "Slow, smaller sizes", run.climb, "slow", {"dash": "dot", "width": 1.5}, ends=False)
    _line(chart, "Balanced", run.balanced, "balanced", {"width": 2.5})
    _line(chart, "Slow", run.slow, "slow", {"width": 2.5})
    if run.level and run.fast_seconds:
        _point(chart, "Fast", (run.fast_seconds, run.level), "fast", 13)
    _marks(chart, run.passings, start, end)
    ticks = [tick for tick in _TICKS if start <= tick <= end]
    chart.update_xaxes(
        type="log",
        range=[math.log10(start), math.log10(end)],
        tickvals=ticks,
        ticktext=[_tick(tick) for tick in ticks],
        title_text="Time of work",
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(
        type="log", title_text="Total, lower is better", tickformat=".3~g", dtick=_marked(run), zeroline=False
    )
    chart.update_layout(
        height=HEIGHT_PX,
        margin={"l": 8, "r": 8, "t": 34, "b": 0},
        legend={"orientation": "h", "x": 0, "y": 1.14, "yanchor": "top"},
        hovermode="closest",
        uirevision="quality",
        transition=None,
    )
    return chart


def in_words(run: Race) -> str:
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


def _range(run: Race) -> tuple[float, float]:
    """Where the axis of time begins and ends, at round places, so that it stands still while a curve grows."""
    seconds = [at for curve in (run.balanced, run.slow, run.climb) for at, _ in curve if at > 0]
    seconds += [run.fast_seconds] if run.fast_seconds else []
    least, most = min(seconds, default=0.1), max(seconds, default=10.0)
    start = max((tick for tick in _TICKS if tick < least), default=_TICKS[0])
    end = min((tick for tick in _TICKS if tick > most), default=2 * most)
    return max(start, least / 2.5), end * 1.05


def _marked(run: Race) -> str:
    """Which values the other axis names: 1, 2 and 5 of each decade, or every digit if there would be too few."""
    totals = [total for curve in (run.balanced, run.slow, run.climb) for _, total in curve if total > 0]
    totals += [run.level] if run.level else []
    return "D2" if totals and max(totals) > 4 * min(totals) else "D1"


def _level(chart: go.Figure, run: Race, end: float) -> None:
    """The fast result's total, from its point to the right: where slow crosses this line it has become better."""
    if run.level:
        begin = run.fast_seconds or _range(run)[0]
        line = {"color": METHODS["fast"][0], "dash": "longdash", "width": 1.5}
        chart.add_scatter(
            x=[begin, end], y=[run.level] * 2, mode="lines", line=line, showlegend=False, hoverinfo="skip"
        )


def _line(  # noqa: PLR0913 - each is one visible property
    chart: go.Figure, title: str, curve: Curve, method: str, line: dict[str, Any], *, ends: bool = True
) -> None:
    shown = [at for at in _thinned(curve) if at[0] > 0 and at[1] > 0]
    if not shown:
        return
    colour, dash, _ = METHODS[method]
    chart.add_scatter(
        x=[seconds for seconds, _ in shown],
        y=[total for _, total in shown],
        name=title,
        mode="lines",
        line={"color": colour, "dash": dash} | line,
        hovertemplate=f"{title} %{{y:.4~g}} after %{{x:.3~g}} s<extra></extra>",
    )
    if ends:
        _point(chart, title, shown[-1], method, 9, legend=False)


def _point(  # noqa: PLR0913 - each is one visible property
    chart: go.Figure, title: str, at: tuple[float, float], method: str, size: int, *, legend: bool = True
) -> None:
    colour, _, symbol = METHODS[method]
    chart.add_scatter(
        x=[at[0]],
        y=[at[1]],
        name=title,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": size},
        showlegend=legend,
        hovertemplate=f"{title} %{{y:.4~g}} after %{{x:.3~g}} s<extra></extra>",
    )


def _marks(chart: go.Figure, passings: Sequence[Passing], start: float, end: float) -> None:
    """A ring where slow passes another method, and words beside it: above falling curves, where there is room."""
    if not passings:
        return
    chart.add_scatter(
        x=[passing.seconds for passing in passings],
        y=[passing.total for passing in passings],
        text=[passing.words for passing in passings],
        name="Passings",
        mode="markers",
        marker={"symbol": "circle-open", "size": 15, "color": _QUIET, "line": {"width": 2}},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    for passing, rise in zip(passings, (48, 16), strict=False):  # the later one is the lower one too
        is_near_end = math.log(passing.seconds / start) / math.log(end / start) > 0.78
        chart.add_annotation(
            x=math.log10(passing.seconds),
            y=math.log10(passing.total),
            text=f"passes {passing.what}<br>after {spell(passing.seconds)}",
            align="left",
            font={"size": 12},
            arrowcolor=_QUIET,
            arrowhead=0,
            standoff=9,
            ax=-20 if is_near_end else 20,
            ay=38 if is_near_end else -rise,
            xanchor="right" if is_near_end else "left",
        )


def _thinned(curve: Curve) -> Curve:
    """At most some hundred points, evenly spread, the last among them."""
    every = -(-len(curve) // _MOST_POINTS)
    return curve if every <= 1 else (*curve[:-1:every], curve[-1])


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
