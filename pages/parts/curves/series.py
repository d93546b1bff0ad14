"""Numbers of a curve, from a run's points: thinned, smoothed, along an axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

Along = Literal["steps", "seconds", "evaluations"]

MOST_POINTS = 600
"""More are thinned evenly: a screen shows no more, and each one travels to the browser."""


def positions(points: Sequence[CurvePoint], along: Along) -> list[float]:
    """Where each point stands on the x axis: in steps, seconds or evaluations."""
    if along == "seconds":
        return [point.seconds for point in points]
    return [point.evaluations if along == "evaluations" else point.step for point in points]


def layers(points: Sequence[CurvePoint]) -> list[str]:
    """The style layers' terms in the order in which the run told of them: `style/block1_conv1`."""
    return list(dict.fromkeys(name for point in points for name in point.losses if name.startswith("style/")))


def weights(points: Sequence[CurvePoint]) -> list[Mapping[str, float]]:
    """The weights in force at each point, by term: a run tells them at its first point and where they change."""
    known: Mapping[str, float] = {}
    found = []
    for point in points:
        known = point.weights or known
        found.append(known)
    return found


def raw(points: Sequence[CurvePoint], name: str) -> list[float | None]:
    """A term before its weight, a value a point; None where the weight is unknown or 0.

    A layer's term is divided by its share of the style's weight too.
    """
    found: list[float | None] = []
    for point, known in zip(points, weights(points), strict=True):
        value, weight = point.losses.get(name), known.get(name, 0.0)
        found.append(None if value is None or not weight else value / weight)
    return found


def restarts(points: Sequence[CurvePoint]) -> list[int]:
    """Where an average begins anew: at another size or under other weights, where losses jump by design."""
    told = weights(points)
    return [
        index
        for index in range(1, len(points))
        if points[index].scale_px != points[index - 1].scale_px or told[index] != told[index - 1]
    ]


def end(points: Sequence[CurvePoint], of: int, along: Along) -> float:
    """Where the x axis ends: for a run of `of` steps, at least its last point.

    While a run lives, seconds and evaluations are foreseen from its pace and rounded up to 1, 1.5, 2, 3, 5 or 7 times
    a power of ten, so that the axis moves seldom.
    """
    if along == "steps" or not points:
        return max(of, 2)
    last = max(positions(points, along)[-1], 1e-3)
    if points[-1].step >= of:
        return last
    foreseen = last * of / max(points[-1].step, 1)
    power = 10.0 ** math.floor(math.log10(foreseen))
    return next(times * power for times in (1, 1.5, 2, 3, 5, 7, 10) if times * power >= foreseen * 0.999)


def kept(points: Sequence[CurvePoint], also: Iterable[int] = ()) -> list[int]:
    """Indices of the points that are drawn: evenly spread, with the first, the last, all with marks and `also`."""
    every = -(-len(points) // MOST_POINTS)
    if every <= 1:
        return list(range(len(points)))
    marked = (index for index, point in enumerate(points) if point.events)
    return sorted({*range(0, len(points), every), len(points) - 1, *marked, *also})


def smoothed(values: Sequence[float | None], decay: float, restarts: Sequence[int] = ()) -> list[float | None]:
    """The exponential moving average, divided by the weight it has gathered; a gap stays one.

    Args:
        values: of one term, a point each; None where there is none.
        decay: weight of the past a point, in [0, 1); 0 gives the values back.
        restarts: indices where it forgets what came before, such as a change of size, at which losses jump.
    """
    forget = set(restarts)
    gathered = weight = 0.0
    averages: list[float | None] = []
    for index, value in enumerate(values):
        if index in forget:
            gathered = weight = 0.0
        if value is None:
            averages.append(None)
            continue
        gathered, weight = decay * gathered + (1 - decay) * value, decay * weight + 1 - decay
        averages.append(gathered / weight)
    return averages
