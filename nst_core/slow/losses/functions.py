"""The content distance, total variation and temporal distance: pure functions of activations and pixels, in float32."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def content_loss(features: tf.Tensor, target: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Mean squared difference of activations, both [1, height, width, channels]: a scalar >= 0.

    Args:
        features: the picture's activations, in any precision.
        target: the content's activations, in the same precision.
        weights: weight of each position, [height, width], >= 0; None weighs each as 1.

    Source: Gatys et al. 2015, eq. 1, as a mean and without their factor 1/2, like TensorFlow's tutorial.
    """
    if weights is None:
        return sum_of_squares(features, target) / tf.cast(tf.size(features), tf.float32)
    return sum_of_squares(features, target, weights) / (tf.reduce_sum(weights) * features.shape[-1])


def sum_of_squares(features: tf.Tensor, target: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Sum of squared differences of activations, a scalar >= 0: `content_loss` before division; arguments as there."""
    shares = None if weights is None else tf.stop_gradient(weights)[None, :, :, None]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def summed(values: tf.Tensor) -> Any:
        squares = tf.square(tf.cast(values - target, tf.float32))

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            # The difference is computed again with the operands exchanged, so that the graph optimiser cannot merge it
            # with the forward difference and keep that in memory: in float32 it would be a large picture's largest
            # tensor.
            slope = -2.0 * upstream * tf.cast(target - values, tf.float32)
            return tf.cast(slope if shares is None else slope * shares, values.dtype)

        return tf.reduce_sum(squares if shares is None else squares * shares), gradient

    return summed(features)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def total_variation(picture: tf.Tensor) -> Any:
    """Sum of absolute differences of neighbouring pixels of [1, H, W, 3]; 0 for one colour.

    Source: `tf.image.total_variation`. The picture's edge is replicated, which adds nothing to the sum. The gradient is
    then a difference of differences and needs no padding; the gradient of slices would need four paddings.
    """
    framed = tf.pad(picture, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    down = framed[:, 1:, 1:-1] - framed[:, :-1, 1:-1]
    right = framed[:, 1:-1, 1:] - framed[:, 1:-1, :-1]

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        falls, rises = tf.sign(down), tf.sign(right)
        return upstream * (falls[:, :-1] - falls[:, 1:] + rises[:, :, :-1] - rises[:, :, 1:])

    return tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(tf.abs(right)), gradient


def nine_point_variation(picture: tf.Tensor) -> tf.Tensor:
    """Sum over the pixels of [1, H, W, 3] of squared differences to their eight neighbours; 0 for one colour.

    The four neighbours along the axes have weight 1, the four diagonal ones, sqrt(2) away, 1/2. The edge is replicated.
    Each pair of pixels occurs twice, so it is computed once and counted twice. A diagonal neighbour beyond an edge
    equals a neighbour along that edge.
    """
    down = tf.square(picture[:, 1:] - picture[:, :-1])
    right = tf.square(picture[:, :, 1:] - picture[:, :, :-1])
    falling = tf.square(picture[:, 1:, 1:] - picture[:, :-1, :-1])
    rising = tf.square(picture[:, 1:, :-1] - picture[:, :-1, 1:])
    inside = 2.0 * (tf.reduce_sum(down) + tf.reduce_sum(right)) + tf.reduce_sum(falling) + tf.reduce_sum(rising)
    beside = tf.reduce_sum(down[:, :, 0]) + tf.reduce_sum(down[:, :, -1])
    return inside + beside + tf.reduce_sum(right[:, 0]) + tf.reduce_sum(right[:, -1])


def covered_variation(picture: tf.Tensor, cover: tf.Tensor, variant: str) -> tf.Tensor:
    """Total variation of a picture with transparency: a pair of pixels weighs as much as its clearer one.

    The sum is scaled to the area of the whole picture, so that `tv_weight` smooths as much as without transparency.
    Unlike `nine_point_variation`, nothing is added for neighbours beyond the picture's edge.

    Args:
        picture: [1, H, W, 3].
        cover: the coverage, [1, H, W, 1] in [0, 1].
        variant: "absolute" or "nine-point".
    """
    is_absolute = variant == "absolute"
    steps = (((1, 0), 1.0), ((0, 1), 1.0)) if is_absolute else _NINE_POINTS
    sums = []
    for (down, right), weight in steps:
        (ahead, behind), (light, dark) = _neighbours(picture, down, right), _neighbours(cover, down, right)
        apart = tf.abs(ahead - behind) if is_absolute else tf.square(ahead - behind)
        sums.append(weight * tf.reduce_sum(tf.minimum(light, dark) * apart))
    return tf.add_n(sums) / tf.reduce_mean(cover)


_NINE_POINTS = (((1, 0), 2.0), ((0, 1), 2.0), ((1, 1), 1.0), ((1, -1), 1.0))
"""(rows down, columns right) to a neighbour, and the weight of the pair; see `nine_point_variation`."""


def _neighbours(values: tf.Tensor, down: int, right: int) -> tuple[tf.Tensor, tf.Tensor]:
    """All pairs of pixels so far apart, of [1, H, W, C]: those further down or right, and the others."""
    width = tf.shape(values)[2]
    left, at = max(-right, 0), max(right, 0)
    ahead = values[:, down:, at : width - left]
    return ahead, values[:, : tf.shape(values)[1] - down, left : width - at]


def temporal_loss(picture: tf.Tensor, aim: tf.Tensor, trust: tf.Tensor) -> tf.Tensor:
    """Mean over all values of trust times the squared difference from the aim: a scalar >= 0.

    Args:
        picture: a frame's result, [1, H, W, 3] in [0, 1].
        aim: the result that the frame's neighbours lead to, [1, H, W, 3]: theirs, moved along the film's motion.
        trust: trust in each pixel of the aim, [1, H, W, 1], >= 0; 0 where the frame shows something new.

    Source: Ruder et al. 2016, arXiv:1604.08610, eq. 7; our trust is soft.
    """
    return tf.reduce_mean(trust * tf.square(picture - aim))
