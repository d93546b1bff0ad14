"""Numbers of a curve, from a run's points: thinned, smoothed, along an axis. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nst_core.jobs.desk import Point

Along = Literal["steps", "seconds", "evaluations"]

MOST_POINTS = 600
"""More are thinned evenly: a screen shows no more, and each one travels to the browser."""


def positions(points: Sequence[Point], along: Along) -> list[float]:
    """Where each point stands on the x axis: in steps, seconds or evaluations."""
    if along == "seconds":
        return [point.seconds for point in points]
    return [point.evaluations if along == "evaluations" else point.number for point in points]


def layers(points: Sequence[Point]) -> list[str]:
    """The style layers' terms in the order in which the run told of them: `style/block1_conv1`."""
    return list(dict.fromkeys(name for point in points for name in point.losses if name.startswith("style/")))


def kept(points: Sequence[Point], also: Iterable[int] = ()) -> list[int]:
    """Indices of the points that are drawn: evenly spread, with the first, the last, all with marks and `also`."""
    every = -(-len(points) // MOST_POINTS)
    if every <= 1:
        return list(range(len(points)))
    marked = (index for index, point in enumerate(points) if point.marks)
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
