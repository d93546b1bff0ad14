"""What a style distance is: everything that the objective, its compiled graphs and its units ask of one."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, Protocol

import tensorflow as tf

from nst_core.recipe.style_distances import STYLE_DISTANCES
from nst_core.slow.losses.statistics import Divisor

Statistics = tuple[tf.Tensor, ...]
"""A picture's statistics at one layer, float32. They are means over positions: those of strips that are divided by the
whole picture's number of positions add up to the whole picture's, and those of several styles are averaged."""


class StyleDistance(Protocol):
    """How far a picture's texture at one layer is from a style's.

    A distance has no state: one object serves every objective, and compiled functions are kept for it. Its name, label,
    description and cost stand in `nst_core.recipe.style_distances`, where it is registered.
    """

    def statistics(self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> Statistics:
        """The statistics of activations; differentiable with respect to `features`.

        Args:
            features: [1, height, width, channels], in any precision.
            weights: how much each position counts, [height, width], >= 0; None counts each as 1.
            divisor: of the sum over positions; by default the sum of `weights`, or the number of positions.
        """

    def target(self, statistics: Statistics) -> Any:
        """What pictures are compared with: a tuple of tensors, from a style's or a mixture's statistics, once a run."""

    def distance(self, statistics: Statistics, target: Any) -> tf.Tensor:
        """A scalar >= 0, 0 if equal; differentiable with respect to `statistics`."""

    def null_value(self, target: Any) -> float:
        """The distance of a picture in which the network sees nothing: all activations 0."""

    def unit(self, statistics: Statistics) -> float:
        """How large a distance is on a photograph with these statistics; normalised terms are divided by it."""

    def statistics_spec(self, channels: int) -> Any:
        """`tf.TensorSpec`s in the structure of `statistics`, for a layer of so many channels."""

    def target_spec(self, channels: int) -> Any:
        """`tf.TensorSpec`s in the structure of `target`."""


@cache
def style_distance(name: str) -> StyleDistance:
    """The registered distance of this name, a key of `STYLE_DISTANCES`."""
    found: StyleDistance = import_module(STYLE_DISTANCES[name].module).DISTANCE
    return found
