"""The style distance `sliced`: the mean Wasserstein distance of activations along fixed directions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import tensorflow as tf

from nst_core.slow.losses.positions import SEED, positions, united
from nst_core.slow.losses.statistics import Divisor

DIRECTIONS_SHARE = 0.5
"""Directions of a layer, as a share of its channels: sorting along them is what the distance costs."""
LEVELS = 4096
"""Most levels at which a style's quantiles are kept."""


@cache
def directions(channels: int) -> np.ndarray:
    """Orthonormal directions in the space of activations, [C, directions], float32; equal in every run."""
    count = max(1, round(DIRECTIONS_SHARE * channels))
    normal = np.random.default_rng(SEED).standard_normal((channels, count))
    return np.asarray(np.linalg.qr(normal)[0], np.float32)


def quantiles(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The quantiles of each column at equally spaced levels, [directions, levels]; computed once per run.

    Args:
        values: projections, [n, directions].
        weights: of each position, [n].

    With n positions of equal weight, and n at most LEVELS, they are the sorted values themselves.
    """
    shares = np.asarray(weights, np.float64)
    columns = np.asarray(values)[shares > 0].T
    shares = shares[shares > 0] / shares.sum()
    count = min(len(shares), LEVELS)
    levels = (np.arange(count) + 0.5) / count
    found = np.empty((len(columns), count), np.float32)
    for row, column in enumerate(columns):
        order = np.argsort(column, kind="stable")
        ranks = np.cumsum(shares[order]) - 0.5 * shares[order]
        found[row] = np.interp(levels, ranks, column[order])
    return tf.constant(found)


def sliced(values: tf.Tensor, weights: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Squared Wasserstein-2 distance of one-dimensional distributions, mean over directions: a scalar >= 0.

    Args:
        values: the picture's projections, [n, directions].
        weights: of each position, [n], summing to 1.
        target: `quantiles` of the style's, [directions, levels].

    Source: Heitz et al. 2021, arXiv:2006.07229. In one dimension the best transport keeps the order: the value at a
    rank goes to the style's quantile at that rank. Different: directions are drawn once, not at every step, because
    L-BFGS needs one function, and there are half as many as channels; ranks are interpolated in a table of the style's
    quantiles, so that the two pictures may differ in size, and positions may have weights.
    """
    columns = tf.transpose(values)
    order = tf.argsort(tf.stop_gradient(columns), axis=1)
    shares = tf.gather(weights, order)
    ranks = tf.cumsum(shares, axis=1) - 0.5 * shares
    aims = tf.stop_gradient(_interpolated(target, ranks))
    moves = tf.gather(columns, order, axis=1, batch_dims=1) - aims
    return tf.reduce_mean(tf.reduce_sum(shares * tf.square(moves), axis=1))


def _interpolated(table: tf.Tensor, ranks: tf.Tensor) -> tf.Tensor:
    """The quantiles at ranks in [0, 1], both [directions, ...]; constant before the first level and after the last."""
    last = tf.shape(table)[1] - 1
    places = tf.clip_by_value(ranks * tf.cast(last + 1, tf.float32) - 0.5, 0.0, tf.cast(last, tf.float32))
    below = tf.minimum(tf.cast(places, tf.int32), last)
    low, high = (tf.gather(table, at, axis=1, batch_dims=1) for at in (below, tf.minimum(below + 1, last)))
    return low + (places - tf.cast(below, tf.float32)) * (high - low)


class SlicedDistance:
    """The sliced Wasserstein distance as a `StyleDistance`; its statistics are projections [n, directions], weights."""

    def statistics(
        self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None
    ) -> tuple[tf.Tensor, ...]:
        """Each position's projections, float32, and weight."""
        values, shares = positions(features, weights, divisor)
        along = tf.constant(directions(int(features.shape[-1])))
        return tf.matmul(tf.cast(values, tf.float32), along), shares

    def mixed(self, statistics: Sequence[tuple[tf.Tensor, ...]], shares: Sequence[float]) -> tuple[tf.Tensor, ...]:
        """`united`: the distribution of both styles' activations together."""
        return united(statistics, shares)

    def target(self, statistics: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        """`quantiles`."""
        return (quantiles(*statistics),)

    def distance(self, statistics: tuple[tf.Tensor, ...], target: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """`sliced`."""
        return sliced(statistics[0], statistics[1], target[0])

    def null_value(self, target: tuple[tf.Tensor, ...]) -> float:
        """The mean square of the quantiles."""
        return float(tf.reduce_mean(tf.square(target[0])))

    def unit(self, statistics: tuple[tf.Tensor, ...]) -> float:
        """The mean square of the projections."""
        values, weights = statistics
        return float(tf.reduce_mean(tf.linalg.matvec(tf.square(values), weights, transpose_a=True)))

    def statistics_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[n, directions], [n]."""
        return tf.TensorSpec([None, directions(channels).shape[1]], tf.float32), tf.TensorSpec([None], tf.float32)

    def target_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[directions, levels]."""
        return (tf.TensorSpec([directions(channels).shape[1], None], tf.float32),)


DISTANCE = SlicedDistance()
