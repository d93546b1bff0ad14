"""The curves of a run, made of its points: the choice of terms, smoothing, thinning and the x axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

CurveSet = Literal["terms", "layers"]
XAxis = Literal["steps", "seconds", "evaluations"]

TERMS: dict[str, tuple[str, str, str, float]] = {
    "total": ("Total", "#7C828D", "solid", 3.0),
    "content": ("Content", "#2E86C1", "solid", 2.0),
    "style": ("Style", "#DB6B30", "dash", 2.0),
    "variation": ("Variation", "#159A7A", "dot", 2.0),
}
"""Term -> title, colour, dash, width.

The colours are Okabe and Ito's hues at mid-lightness, with a contrast of at least 3:1 on the light and the dark theme.
The dash distinguishes the terms for people who cannot tell the hues apart."""

FILM_TERMS: dict[str, tuple[str, str, str, float]] = {"temporal": ("Temporal", "#B0619F", "dashdot", 2.0)}
"""Likewise, the terms that only runs of films have: the difference from the last result, moved along the motion."""
ALL_TERMS = TERMS | FILM_TERMS
"""The terms of any run."""
ADAPTED_BY = 1.35
"""Largest factor of a weight from one point to the next that counts as adapted to the picture, not as steered."""

HUES = ("#2E86C1", "#DB6B30", "#159A7A", "#B0619F", "#A8892A")
"""Colours of layers and of other runs, used in turn."""
DASHES = ("solid", "dash", "dot", "dashdot")
"""Dashes of layers: the next one each time the hues start again."""

MAX_POINTS = 600
"""Longer curves are thinned evenly: a screen shows no more, and each point travels to the browser."""


@dataclass(frozen=True)
class ChartOptions:
    """The view that a visitor has chosen for the curves.

    Attributes:
        curves: the terms of the objective, or the style layers one by one.
        log_scale: whether the y axis is logarithmic; then a value of 0 is a gap.
        x_axis: the quantity on the x axis.
        smoothing: decay of the moving average, in [0, 1); 0 draws the values themselves.
        unweighted: draw each distance before its weight, which steering does not change; the total has none.
    """

    curves: CurveSet = "terms"
    log_scale: bool = True
    x_axis: XAxis = "steps"
    smoothing: float = 0.0
    unweighted: bool = False

    @property
    def depends_on_past(self) -> bool:
        """Whether a drawn value depends on earlier points: on their average, or on weights that were set there."""
        return bool(self.smoothing) or self.unweighted


@dataclass(frozen=True)
class Line:
    """One curve with one value a point: `values` as drawn, `unsmoothed` before smoothing; None is a gap."""

    title: str
    colour: str
    dash: str
    width: float
    values: Sequence[float | None]
    unsmoothed: Sequence[float | None]

    def at_indices(self, indices: Sequence[int]) -> Line:
        """The line with only some of its points."""
        return replace(self, values=[self.values[i] for i in indices], unsmoothed=[self.unsmoothed[i] for i in indices])


def lines_of(points: Sequence[CurvePoint], options: ChartOptions) -> list[Line]:
    """The curves of a run; `points` are in the order of their steps."""
    if options.curves == "layers":
        styles = {
            name: (name.removeprefix("style/"), HUES[i % len(HUES)], DASHES[i // len(HUES) % len(DASHES)], 2.0)
            for i, name in enumerate(style_layer_terms(points))
        }
    else:
        styles = {name: ALL_TERMS[name] for name in terms_of(points) if not (options.unweighted and name == "total")}
    return [Line(*style, *values_of(points, name, options)) for name, style in styles.items()]


def values_of(
    points: Sequence[CurvePoint], name: str, options: ChartOptions
) -> tuple[list[float | None], list[float | None]]:
    """A term's values as drawn, and the same values before smoothing."""
    found = unweighted(points, name) if options.unweighted else [point.losses.get(name) for point in points]
    values = [value if value is not None and (value > 0 or not options.log_scale) else None for value in found]
    if not options.smoothing:
        return values, values
    return smoothed(values, options.smoothing, restarts(points)), values


def terms_of(points: Sequence[CurvePoint]) -> list[str]:
    """The terms of a run in the order of the legend: those of a picture's run, and of a film's those that it has.

    A film that is painted by the fast method has no objective, only the temporal term.
    """
    of_films = [name for name in FILM_TERMS if any(name in point.losses for point in points)]
    has_objective = not of_films or any("total" in point.losses for point in points)
    return [*(TERMS if has_objective else ()), *of_films]


def main_term(options: ChartOptions, points: Sequence[CurvePoint] = ()) -> str:
    """The one term that is drawn for a run in comparison, and that carries the dots of events."""
    if options.unweighted or options.curves == "layers":
        return "style"
    return "total" if "total" in terms_of(points) else "temporal"


def has_weights(points: Sequence[CurvePoint]) -> bool:
    """Whether the weights of the terms are known, so that the curves can be drawn without them."""
    return any(point.weights for point in points)


def positions(points: Sequence[CurvePoint], x_axis: XAxis) -> list[float]:
    """Each point's place on the x axis, in steps, seconds or evaluations."""
    if x_axis == "seconds":
        return [point.seconds for point in points]
    return [point.evaluations if x_axis == "evaluations" else point.step for point in points]


def style_layer_terms(points: Sequence[CurvePoint]) -> list[str]:
    """The terms of the style layers, such as `style/block1_conv1`, in the order in which the run reported them."""
    return list(dict.fromkeys(name for point in points for name in point.losses if name.startswith("style/")))


def weights_in_force(points: Sequence[CurvePoint]) -> list[Mapping[str, float]]:
    """The weights at each point, by term: a run reports them at its first point and wherever they change."""
    latest: Mapping[str, float] = {}
    found = []
    for point in points:
        latest = point.weights or latest
        found.append(latest)
    return found


def unweighted(points: Sequence[CurvePoint], name: str) -> list[float | None]:
    """A term before its weight, one value a point; None where the weight is unknown or 0.

    A layer's term is also divided by the layer's share of the style weight.
    """
    found: list[float | None] = []
    for point, weights in zip(points, weights_in_force(points), strict=True):
        value, weight = point.losses.get(name), weights.get(name, 0.0)
        found.append(None if value is None or not weight else value / weight)
    return found


def restarts(points: Sequence[CurvePoint]) -> list[int]:
    """Indices at which an average starts again: a new size or other weights, where the losses jump by design.

    Weights that adapt to the picture change in small steps, which the losses follow smoothly.
    """
    weights = weights_in_force(points)
    return [
        index
        for index in range(1, len(points))
        if points[index].scale_px != points[index - 1].scale_px or _differ(weights[index - 1], weights[index])
    ]


def _differ(before: Mapping[str, float], after: Mapping[str, float]) -> bool:
    """Whether the weight of a term differs by more than `ADAPTED_BY`."""
    if before.keys() != after.keys():
        return True
    pairs = [(before[name], after[name]) for name in after]
    return any(max(pair) > ADAPTED_BY * min(pair) for pair in pairs)


def x_axis_end(points: Sequence[CurvePoint], total_steps: int, x_axis: XAxis) -> float:
    """The end of the x axis for a run of `total_steps` steps: at least its last point.

    While a run is active, its final seconds and evaluations are extrapolated from its pace. They are rounded up to 1,
    1.5, 2, 3, 5 or 7 times a power of ten, so that the axis seldom changes.
    """
    if x_axis == "steps" or not points:
        return max(total_steps, 2)
    last = max(positions(points, x_axis)[-1], 1e-3)
    if points[-1].step >= total_steps:
        return last
    expected = last * total_steps / max(points[-1].step, 1)
    power = 10.0 ** math.floor(math.log10(expected))
    return next(times * power for times in (1, 1.5, 2, 3, 5, 7, 10) if times * power >= expected * 0.999)


def drawn_indices(points: Sequence[CurvePoint], also: Iterable[int] = ()) -> list[int]:
    """Indices of the points that are drawn: evenly spread, plus the first, the last, all with events, and `also`."""
    stride = -(-len(points) // MAX_POINTS)
    if stride <= 1:
        return list(range(len(points)))
    with_events = (index for index, point in enumerate(points) if point.events)
    return sorted({*range(0, len(points), stride), len(points) - 1, *with_events, *also})


def smoothed(values: Sequence[float | None], decay: float, restarts: Sequence[int] = ()) -> list[float | None]:
    """The exponential moving average, corrected for its start; a gap stays a gap.

    Args:
        values: of one term, one a point; None is a gap.
        decay: weight of the past at each point, in [0, 1); 0 returns the values.
        restarts: indices at which the average forgets earlier values, for example a change of size.
    """
    starts = set(restarts)
    gathered = weight = 0.0
    averages: list[float | None] = []
    for index, value in enumerate(values):
        if index in starts:
            gathered = weight = 0.0
        if value is None:
            averages.append(None)
            continue
        gathered, weight = decay * gathered + (1 - decay) * value, decay * weight + 1 - decay
        averages.append(gathered / weight)
    return averages
