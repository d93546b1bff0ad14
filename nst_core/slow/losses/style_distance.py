"""The interface of a style distance, and the lookup of a registered one by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

from nst_core.recipe.style_distances import STYLE_DISTANCES
from nst_core.slow.losses.statistics import Divisor

Statistics = tuple[tf.Tensor, ...]
"""A picture's statistics at one layer, float32. They are means over positions. Statistics of strips, each divided by
the whole picture's number of positions, add up to the whole picture's; statistics of several styles are averaged.
A distance that is registered with `by_strips=False` and is a `MixesItself` may have any others."""


class StyleDistance(Protocol):
    """A distance between a picture's texture and a style's at one layer.

    A distance has no state: one object serves every objective, and compiled functions are cached for it. Its name,
    label, description and cost are registered in `nst_core.recipe.style_distances`.
    """

    def statistics(self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> Statistics:
        """The statistics of activations; differentiable with respect to `features`.

        Args:
            features: [1, height, width, channels], in any precision.
            weights: weight of each position, [height, width], >= 0; None weighs each as 1.
            divisor: divisor of the sum over positions; None is the sum of `weights`, or the number of positions.
        """

    def target(self, statistics: Statistics) -> Any:
        """The target that pictures are compared with, a tuple of tensors, from a style's or mixture's statistics."""

    def distance(self, statistics: Statistics, target: Any) -> tf.Tensor:
        """A scalar >= 0, 0 if equal; differentiable with respect to `statistics`."""

    def null_value(self, target: Any) -> float:
        """The distance of a picture whose activations are all 0."""

    def unit(self, statistics: Statistics) -> float:
        """The typical magnitude of the distance on a photograph with these statistics; divides normalised terms."""

    def statistics_spec(self, channels: int) -> Any:
        """`tf.TensorSpec`s in the structure of `statistics`, for a layer with `channels` channels."""

    def target_spec(self, channels: int) -> Any:
        """`tf.TensorSpec`s in the structure of `target`, for a layer with `channels` channels."""


@runtime_checkable
class MixesItself(Protocol):
    """A style distance whose statistics of several styles are not averaged."""

    def mixed(self, statistics: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
        """The statistics of several styles together; `shares` sum to 1."""


@cache
def style_distance(name: str) -> StyleDistance:
    """The registered distance of this name, a key of `STYLE_DISTANCES`."""
    found: StyleDistance = import_module(STYLE_DISTANCES[name].module).DISTANCE
    return found
