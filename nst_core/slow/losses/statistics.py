"""Statistics of activations, as means over positions.

With one divisor for all, the statistics of a picture's strips add up to those of the whole picture.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import tensorflow as tf

Divisor: TypeAlias = float | tf.Tensor | None
"""The divisor of a sum over positions; None is the sum of the weights, or the number of positions."""

CAST_PIECE = 1 << 22
"""Number of activations that are cast to float32 at a time."""


def gram_matrix(features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> tf.Tensor:
    """The Gram matrix: the second moment of activations over positions, which shows which channels are active together.

    Args:
        features: [1, height, width, channels], in any precision.
        weights: weight of each position, [height, width], >= 0; None weighs each as 1. Gets no gradient.
        divisor: divisor of the sum over positions; None is the sum of `weights`, or the number of positions.

    Returns:
        [channels, channels], float32 and symmetric; equal for a picture and for copies of it tiled side by side.

    Source: Gatys et al. 2015, arXiv:1508.06576, eq. 3, which sums; the mean makes pictures of two sizes comparable.
    With weights it is the guided Gram matrix of Gatys et al. 2016, arXiv:1611.07865, section 4, whose guidance channels
    multiply activations: our weights are their squares.
    """
    shares = _column(weights)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def moment(values: tf.Tensor) -> Any:
        flat = tf.reshape(values, [-1, values.shape[-1]])
        total = _divisor(flat, shares, divisor)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:  # one product, where differentiating both factors takes two
            both = (upstream + tf.transpose(upstream)) / total
            # The gradient is rounded to the network's precision in any case, so compute it in that precision.
            product = tf.matmul(flat, tf.cast(both, values.dtype))
            return tf.reshape(_weighted(product, shares), tf.shape(values))

        return _outer_products(flat, shares) / total, gradient

    return moment(features)


def channel_means(features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> tf.Tensor:
    """The mean activation of each channel over positions, [channels]; arguments as in `gram_matrix`."""
    flat = _flat(features)
    shares = _column(weights)
    return tf.reduce_sum(_weighted(flat, shares), axis=0) / _divisor(flat, shares, divisor)


def _outer_products(flat: tf.Tensor, shares: tf.Tensor | None) -> tf.Tensor:
    """The sum of the outer products of the rows of `flat` [n, C] with themselves: [C, C], float32.

    Other precisions are cast to float32 piece by piece: a large picture's activations at once would take over 100 MB.
    """
    if flat.dtype == tf.float32:
        return tf.matmul(_weighted(flat, shares), flat, transpose_a=True)
    channels = flat.shape[-1]
    rows = max(CAST_PIECE // channels, 1)

    def add(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        piece = tf.cast(flat[start : start + rows], tf.float32)
        weighted = _weighted(piece, None if shares is None else shares[start : start + rows])
        return start + rows, total + tf.matmul(weighted, piece, transpose_a=True)

    positions = tf.shape(flat)[0]
    began = (tf.constant(0), tf.zeros([channels, channels]))
    return tf.while_loop(lambda start, _: start < positions, add, began, parallel_iterations=1)[1]


def _flat(features: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.reshape(features, [-1, features.shape[-1]]), tf.float32)


def _column(weights: tf.Tensor | None) -> tf.Tensor | None:
    return None if weights is None else tf.stop_gradient(tf.reshape(weights, [-1, 1]))


def _weighted(flat: tf.Tensor, shares: tf.Tensor | None) -> tf.Tensor:
    return flat if shares is None else flat * tf.cast(shares, flat.dtype)


def _divisor(flat: tf.Tensor, shares: tf.Tensor | None, divisor: Divisor) -> tf.Tensor:
    if divisor is not None:
        return tf.cast(divisor, tf.float32)
    return tf.cast(tf.shape(flat)[0], tf.float32) if shares is None else tf.reduce_sum(shares)
