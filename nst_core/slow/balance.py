"""Adapts the style's weight while a run paints, so that as much of the photograph is left as its strength asks for.

No fixed weight can do this: one that suits a painting lets black and white zigzags erase a face. How much is left is
told by the angle between the activations of picture and photograph, which a pattern's contrast does not change: where
angles are equal, subjects are about equally well recognised, whatever the style (`nst_core.metrics.structure`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from nst_core.recipe import Objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.targets import content_activations
from nst_core.step import Pixels

FIRST_MOVES = 10
"""Moves at a size before the weight is adapted: the picture first leaves the photograph, or fits itself to the size."""
EVERY_MOVES = 5
"""Interval at which the weight is adapted."""
EVERY_SEARCHED_MOVES = 25
"""The interval for L-BFGS, which forgets the curvature that it has learned whenever the weight changes."""
GAIN = 0.5
"""Exponent of the quotient of the wanted and the present dissimilarity."""
LARGEST_RISE = 1.15
"""Largest factor by which the weight rises at once: a picture that has just left the photograph is near it anyway."""
LARGEST_FALL = 1.5
"""Largest factor by which the weight falls at once: in a few moves a strong pattern erases a face."""
UNRELATED = 0.6
"""Typical dissimilarity of a photograph and a painting at the default content layer."""
HALF_AT = 0.74
"""The strength, in units of the style's, at which half of `UNRELATED` is wanted."""
STEEPNESS = 0.71
"""Exponent of the strength. Both are fitted to what paintings had at fixed weights, so that they look as before."""
LOWEST, HIGHEST = 1 / 64, 4.0
"""Bounds of the ratio of the weight to that at the start."""
_STYLE_WEIGHT = Objective().style_weight


def wanted_dissimilarity(objective: Objective, to_styles: float = UNRELATED) -> float:
    """The `dissimilarity` to reach.

    Args:
        objective: its weights.
        to_styles: that of the styles' pictures, from `dissimilarity_to`. Beyond `UNRELATED` it does not count: patterns
            of strong contrast, which are further from a photograph than paintings, leave as much of it.
    """
    strength = objective.content_weight / objective.style_weight * _STYLE_WEIGHT
    return float(min(to_styles, UNRELATED) / (1 + (strength / HALF_AT) ** STEEPNESS))


def next_ratio(ratio: float, found: float, wanted: float) -> float:
    """The next ratio of the style's weight to that at the start.

    Args:
        ratio: the present one.
        found: the picture's `dissimilarity`.
        wanted: see `wanted_dissimilarity`.
    """
    change = (wanted / found) ** GAIN if found > 0 else LARGEST_RISE
    return float(np.clip(ratio * np.clip(change, 1 / LARGEST_FALL, LARGEST_RISE), LOWEST, HIGHEST))


def is_due(moves: int, *, searches: bool) -> bool:
    """Whether to adapt the weight after so many moves at a size; `searches`: by L-BFGS."""
    return moves >= FIRST_MOVES and (moves - FIRST_MOVES) % (EVERY_SEARCHED_MOVES if searches else EVERY_MOVES) == 0


def dissimilarity(bound: BoundObjective, picture: tf.Tensor, objective: Objective) -> float:
    """1 less the cosine of the activations of a picture and the photograph; 0 if they are equal up to a factor.

    The mean over the content layers, weighted by their shares. It takes a forward pass up to them.

    Args:
        bound: the objective of the photograph.
        picture: [1, H, W, 3].
        objective: its settings.
    """
    names = bound.spec.content
    seen = content_activations(bound.vgg, picture, names, bound.spec.config, bound.plan)
    maps = bound.targets.content_maps or [None] * len(names)
    cosines = [_cosine(*each) for each in zip(seen, bound.targets.content, maps, strict=True)]
    return float(1 - np.average(cosines, weights=[objective.content_layers[name] for name in names]))


def dissimilarity_to(
    bound: BoundObjective, styles: Sequence[Pixels], shares: Sequence[float], objective: Objective
) -> float:
    """The mean `dissimilarity` of the styles' pictures, in the photograph's shape, weighted by their shares.

    It tells what is far and near with this network and these content layers, and for this photograph.
    """
    return float(np.average([dissimilarity(bound, tf.constant(style), objective) for style in styles], weights=shares))


def _cosine(ours: tf.Tensor, theirs: tf.Tensor, weights: tf.Tensor | None) -> float:
    """The cosine of the angle between activations [1, h, w, C]; 0 if one of them is all 0.

    `weights` are those of the positions, [h, w]; None weighs each as 1.
    """
    vectors = [tf.cast(activations, tf.float32) for activations in (ours, theirs)]
    if weights is not None:
        vectors = [tf.sqrt(weights)[None, :, :, None] * vector for vector in vectors]
    first, second = (tf.reshape(vector, [-1]) for vector in vectors)
    scale = float(tf.norm(first) * tf.norm(second))
    return float(tf.tensordot(first, second, 1)) / scale if scale > 0 else 0.0
