"""The style distance `neighbours`: of each activation from the style's one that points most nearly the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from nst_core.slow.losses.positions import drawn, positions, united
from nst_core.slow.losses.statistics import Divisor

STYLE_POSITIONS = 1024
"""Most positions of a style that are candidates at one layer; more cost time in proportion."""
PIECE = 4096
"""Positions of the picture that are compared at a time: 16 MB of cosines."""
SPREAD_SHARE = 0.01
"""Squared length added to every vector, as a share of the style's variance: a vector near the centre has no direction,
and the slope there would be without bound."""
LEAST_SPREAD = 1e-6
"""Least variance of a style, for layers without activations."""
UNIT = 1.0
"""The typical distance of a photograph and a painting: 0.7 for the directions, the rest for means and deviations."""


class Palette(NamedTuple):
    """A target of `neighbours`; a tuple of tensors, so that a `tf.function` takes it as an argument.

    Attributes:
        mean: the style's mean activation, [C], the origin of all directions.
        deviation: the standard deviation of each channel, [C].
        variance: the sum of the squared deviations, a scalar > 0.
        units: the candidates' directions from the mean, [m, C], each at most 1 long.
    """

    mean: tf.Tensor
    deviation: tf.Tensor
    variance: tf.Tensor
    units: tf.Tensor


def palette(values: tf.Tensor, weights: tf.Tensor) -> Palette:
    """The target of a style's `positions`, or of several styles' together; computed once per run."""
    flat, column = tf.cast(values, tf.float32), weights[:, None] / tf.reduce_sum(weights)
    mean = tf.reduce_sum(column * flat, axis=0)
    spread = tf.reduce_sum(column * tf.square(flat - mean), axis=0)
    variance = tf.maximum(tf.reduce_sum(spread), LEAST_SPREAD)
    candidates = tf.gather(flat, drawn(weights, STYLE_POSITIONS)) - mean
    return Palette(mean, tf.sqrt(spread), variance, candidates / _lengths(candidates, variance))


def neighbours(values: tf.Tensor, weights: tf.Tensor, target: Palette) -> tf.Tensor:
    """Mean cosine distance of activations from the style's nearest ones, plus the distance of means and deviations.

    Args:
        values: the picture's activations, [n, C], in any precision.
        weights: of each position, [n], summing to 1.
        target: `palette` of the style's.

    Source: Kolkin et al. 2022, arXiv:2203.13215 (NNST), from the description. Different: each layer is matched alone,
    not a column of all layers, so that a layer keeps its own weight; neighbours are found anew at every evaluation, not
    in rounds; both sides are measured from the style's mean, not each from its own, so that the picture's mean counts;
    a style has a fixed number of candidates. NNST ends with a step that matches colours. We have no such step: the
    means and standard deviations of channels, in units of the style's variance, are part of the distance.
    """
    flat, column = tf.cast(values, tf.float32), weights[:, None]
    mean = tf.reduce_sum(column * flat, axis=0)
    variance = tf.reduce_sum(column * tf.square(flat - target.mean), axis=0) - tf.square(mean - target.mean)
    # The root's slope is without bound at 0, where every activation of a channel is equal.
    least = SPREAD_SHARE * target.variance / values.shape[1]
    deviation = tf.sqrt(tf.maximum(variance, 0.0) + least)
    apart = tf.square(mean - target.mean) + tf.square(deviation - tf.sqrt(tf.square(target.deviation) + least))
    return _cosine_distance(values, weights, target) + tf.reduce_sum(apart) / target.variance


def _cosine_distance(values: tf.Tensor, weights: tf.Tensor, target: Palette) -> tf.Tensor:
    """The mean of 1 - cosine with the nearest candidate. Value and slope are computed together, piece by piece."""
    channels = values.shape[1]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def distance(values: tf.Tensor) -> Any:
        count = tf.shape(values)[0]
        size = tf.minimum(count, PIECE)  # a deep layer has fewer positions: padding it would cost more than comparing
        room = [[0, -count % size], [0, 0]]
        pieces = tf.reshape(tf.pad(values, room), [-1, size, channels])
        shares = tf.reshape(tf.pad(weights, room[:1]), [-1, size])
        found, slopes = tf.map_fn(
            lambda piece: _piece(piece[0], piece[1], target),
            (pieces, shares),
            fn_output_signature=(tf.float32, tf.float32),
            parallel_iterations=1,
        )
        slope = tf.reshape(slopes, [-1, channels])[:count]
        return tf.reduce_sum(found), lambda upstream: tf.cast(upstream * slope, values.dtype)

    return tf.cast(distance(values), tf.float32)


def _piece(values: tf.Tensor, weights: tf.Tensor, target: Palette) -> tuple[tf.Tensor, tf.Tensor]:
    """The weighted sum of 1 - cosine, and its slope, for [n, C] activations; neighbours are constants in the slope."""
    moved = tf.cast(values, tf.float32) - target.mean
    length = _lengths(moved, target.variance)
    units = moved / length
    nearest = tf.gather(target.units, tf.argmax(tf.matmul(units, target.units, transpose_b=True), axis=1))
    cosine = tf.reduce_sum(units * nearest, axis=1, keepdims=True)
    slope = weights[:, None] * (cosine * units - nearest) / length
    return tf.reduce_sum(weights * (1.0 - cosine[:, 0])), slope


def _lengths(vectors: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """The lengths of [n, C] vectors, [n, 1], never 0."""
    return tf.sqrt(tf.reduce_sum(tf.square(vectors), axis=1, keepdims=True) + SPREAD_SHARE * variance)


class NeighbourDistance:
    """The distance of nearest neighbours as a `StyleDistance`; its statistics are `positions`."""

    def statistics(
        self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None
    ) -> tuple[tf.Tensor, ...]:
        """`positions`."""
        return positions(features, weights, divisor)

    def mixed(self, statistics: Sequence[tuple[tf.Tensor, ...]], shares: Sequence[float]) -> tuple[tf.Tensor, ...]:
        """`united`: a position may find its neighbour in any of the styles."""
        return united(statistics, shares)

    def target(self, statistics: tuple[tf.Tensor, ...]) -> Palette:
        """`palette`."""
        return palette(*statistics)

    def distance(self, statistics: tuple[tf.Tensor, ...], target: Palette) -> tf.Tensor:
        """`neighbours`."""
        return neighbours(statistics[0], statistics[1], target)

    def null_value(self, target: Palette) -> float:
        """The distance of a picture without activations."""
        return float(neighbours(tf.zeros([1, target.mean.shape[0]]), tf.ones([1]), target))

    def unit(self, statistics: tuple[tf.Tensor, ...]) -> float:
        """A constant: the distance is a ratio already."""
        del statistics
        return UNIT

    def statistics_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[n, C], [n]."""
        return tf.TensorSpec([None, channels], tf.float32), tf.TensorSpec([None], tf.float32)

    def target_spec(self, channels: int) -> Palette:
        """[C], [C], a scalar, [m, C]."""
        return Palette(
            tf.TensorSpec([channels], tf.float32),
            tf.TensorSpec([channels], tf.float32),
            tf.TensorSpec([], tf.float32),
            tf.TensorSpec([None, channels], tf.float32),
        )


DISTANCE = NeighbourDistance()
