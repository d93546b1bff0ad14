"""The distances that make up the objective: pure functions of activations, float32 throughout."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


@tf.custom_gradient  # type: ignore[untyped-decorator]
def gram_matrix(features: tf.Tensor) -> Any:
    """Which channels are active together, averaged over positions.

    Args:
        features: [1, height, width, channels].

    Returns:
        [channels, channels], symmetric; a picture and its tiling have the same.

    Source: Gatys et al. 2015, arXiv:1508.06576, eq. 3, which sums; the mean makes pictures of two sizes comparable.
    """
    flat = tf.reshape(features, [-1, features.shape[-1]])
    positions = tf.cast(tf.shape(flat)[0], tf.float32)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:  # one product, where differentiating both factors takes two
        both = (upstream + tf.transpose(upstream)) / positions
        return tf.reshape(tf.matmul(flat, both), tf.shape(features))

    return tf.matmul(flat, flat, transpose_a=True) / positions, gradient


def style_loss(features: tf.Tensor, target_gram: tf.Tensor) -> tf.Tensor:
    """Distance of one layer's texture from the style's: a scalar >= 0, 0 if equal.

    Args:
        features: the picture's activations, [1, height, width, channels].
        target_gram: `gram_matrix` of the style at that layer, [channels, channels].

    Source: Gatys et al. 2015, eq. 4, as in TensorFlow's tutorial: the mean of squares, without their factor 1/4.
    """
    return tf.reduce_mean(tf.square(gram_matrix(features) - target_gram))


def content_loss(features: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of activations, both [1, height, width, channels]: a scalar >= 0.

    Source: Gatys et al. 2015, eq. 1, as a mean and without their factor 1/2, like TensorFlow's tutorial.
    """
    return tf.reduce_mean(tf.square(features - target))


def total_variation(picture: tf.Tensor) -> tf.Tensor:
    """Sum of absolute differences of neighbouring pixels of [1, H, W, 3]; 0 for one colour.

    Source: `tf.image.total_variation`, written as two differences so that its gradient stays cheap.
    """
    down = tf.reduce_sum(tf.abs(picture[:, 1:] - picture[:, :-1]))
    return down + tf.reduce_sum(tf.abs(picture[:, :, 1:] - picture[:, :, :-1]))
