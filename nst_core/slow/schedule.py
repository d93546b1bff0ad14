"""The sizes of a run, the steps and share of time of each, and the plateau that ends a size early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nst_core.recipe import Recipe

LEAST_SIDE_PX = 32
"""Least shorter side of a pyramid's smallest size, in pixels: two units of the deepest block."""
PLATEAU_STEPS = 20
"""Number of steps that `plateau` compares with as many before them."""
_LEAST_RATIO = 2**0.25
"""Least ratio of the last size to a smaller one: a size closer to the last would cost nearly as much as it."""


@dataclass(frozen=True)
class PyramidScale:
    """One size of a run: its longest edge in pixels, its steps, and the share of the time budget up to its end."""

    edge_px: int
    steps: int
    until: float


def scales(recipe: Recipe, height: int, width: int) -> tuple[PyramidScale, ...]:
    """The sizes of a run, smallest first; the last is `recipe.longest_edge_px`, and the only one without a pyramid.

    They grow by sqrt(2) from the smallest one upwards, so that a preview's sizes are the first ones of the full run.

    Args:
        recipe: every setting.
        height, width: size of the content in pixels; only the ratio matters.
    """
    settings = recipe.schedule
    last = recipe.longest_edge_px
    edges = [last]
    if settings.pyramid == "auto":
        least = max(settings.smallest_edge_px, math.ceil(LEAST_SIDE_PX * max(height, width) / min(height, width)))
        count = max(0, math.ceil(2 * math.log2(last / least))) if last > least else 0
        edges = [e for e in (round(least * 2 ** (k / 2)) for k in range(count)) if e * _LEAST_RATIO < last]
        edges.append(last)
    steps = [recipe.steps] * len(edges)
    if len(edges) > 1:
        steps[0] = settings.first_steps or recipe.steps
    costs = np.cumsum([count * edge**2 for count, edge in zip(steps, edges, strict=True)])
    return tuple(PyramidScale(e, n, float(c / costs[-1])) for e, n, c in zip(edges, steps, costs, strict=True))


def plateau(totals: Sequence[float], share: float) -> bool:
    """Whether the best of the last PLATEAU_STEPS losses is lower than the best before them by less than `share`."""
    if share <= 0 or len(totals) < 2 * PLATEAU_STEPS:
        return False
    before, now = min(totals[-2 * PLATEAU_STEPS : -PLATEAU_STEPS]), min(totals[-PLATEAU_STEPS:])
    return before - now < share * before
