"""Adapts the style's weight while a run paints, so that as much of the photograph is left as its strength asks for.

No fixed weight can do this: one that suits a painting lets black and white zigzags erase a face. How much is left is
told by the content distance of the picture, as a share of that between the photograph and the style's own picture:
where shares are equal, subjects are equally well recognised, whatever the style (`nst_core.metrics.structure`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from nst_core.recipe import Objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.step import Pixels

FIRST_MOVES = 10
"""Moves at a size before the weight is adapted: the picture first leaves the photograph, or fits itself to the size."""
EVERY_MOVES = 5
"""Interval at which the weight is adapted."""
EVERY_SEARCHED_MOVES = 25
"""The interval for L-BFGS, which forgets the curvature that it has learned whenever the weight changes."""
GAIN = 0.5
"""Exponent of the quotient of the wanted and the present share."""
LARGEST_CHANGE = 1.3
"""Largest factor by which the weight changes at once."""
HALF_AT = 0.74
"""The strength, in units of the style's, at which half of the distance is wanted."""
STEEPNESS = 0.71
"""Exponent of the strength. Both are fitted to what paintings had at fixed weights, so that they look as before."""
LOWEST, HIGHEST = 1 / 64, 4.0
"""Bounds of the ratio of the weight to that at the start."""
_STYLE_WEIGHT = Objective().style_weight


def wanted_share(objective: Objective) -> float:
    """The content distance to reach, as a share of that between the photograph and the style's picture."""
    strength = objective.content_weight / objective.style_weight * _STYLE_WEIGHT
    return float(1 / (1 + (strength / HALF_AT) ** STEEPNESS))


def next_ratio(ratio: float, share: float, wanted: float) -> float:
    """The next ratio of the style's weight to that at the start.

    Args:
        ratio: the present one.
        share: the content distance of the picture, as a share like `wanted`.
        wanted: see `wanted_share`.
    """
    change = (wanted / share) ** GAIN if share > 0 else LARGEST_CHANGE
    return float(np.clip(ratio * np.clip(change, 1 / LARGEST_CHANGE, LARGEST_CHANGE), LOWEST, HIGHEST))


def is_due(moves: int, *, searches: bool) -> bool:
    """Whether to adapt the weight after so many moves at a size; `searches`: by L-BFGS."""
    return moves >= FIRST_MOVES and (moves - FIRST_MOVES) % (EVERY_SEARCHED_MOVES if searches else EVERY_MOVES) == 0


def content_distance(bound: BoundObjective, weighted: tf.Tensor) -> float:
    """The sum of the content terms of an evaluation, with each layer's share, without the content's weight."""
    terms = zip(bound.names, weighted.numpy(), bound.weights.numpy(), strict=True)
    found = [(value, weight) for name, value, weight in terms if name.startswith("content/")]
    return float(sum(value for value, _ in found) / sum(weight for _, weight in found))


def between(bound: BoundObjective, styles: Sequence[Pixels], shares: Sequence[float]) -> float:
    """The content distance between the photograph and the styles' pictures; takes one evaluation a style.

    Args:
        bound: the objective of the photograph.
        styles: in the photograph's shape, each [1, H, W, 3].
        shares: their weights in the mean; of any sum.
    """
    distances = [content_distance(bound, bound(tf.constant(style))[0]) for style in styles]
    return float(np.average(distances, weights=shares))
