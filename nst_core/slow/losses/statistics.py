"""Statistics of activations that add up: those of a picture's strips, with one divisor, sum to the whole picture's."""

from __future__ import annotations

from typing import Any, TypeAlias

import tensorflow as tf

Divisor: TypeAlias = float | tf.Tensor | None
"""What a sum over positions is divided by: a number, or None for the sum of the weights at hand."""

CAST_PIECE = 1 << 22
"""How many activations are taken to float32 at a time."""


def gram_matrix(features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> tf.Tensor:
    """Which channels are active together: the second moment of activations over positions.

    Args:
        features: [1, height, width, channels], in any precision.
        weights: how much each position counts, [height, width], >= 0; None counts each as 1. It gets no gradient.
        divisor: of the sum over positions; by default the sum of `weights`, or the number of positions.

    Returns:
        [channels, channels], float32 and symmetric; a picture and its tiling have the same.

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
            # What goes back is rounded to the network's precision in any case, so it can be computed in it.
            product = tf.matmul(flat, tf.cast(both, values.dtype))
            return tf.reshape(_weighted(product, shares), tf.shape(values))

        return _outer_products(flat, shares) / total, gradient

    return moment(features)


def channel_means(features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> tf.Tensor:
    """How active each channel is: the mean over positions, [channels]; arguments as in `gram_matrix`."""
    flat = _flat(features)
    shares = _column(weights)
    return tf.reduce_sum(_weighted(flat, shares), axis=0) / _divisor(flat, shares, divisor)


def _outer_products(flat: tf.Tensor, shares: tf.Tensor | None) -> tf.Tensor:
    """The sum over positions of [n, C] of each one's outer product with itself, [C, C] float32.

    Other precisions are taken to float32 piece by piece: of a large picture all at once would be 100 MB and more.
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
