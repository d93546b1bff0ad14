"""The style distance `gram`: between the Gram matrices of two pictures' activations."""

from __future__ import annotations

import tensorflow as tf

from nst_core.slow.losses.statistics import Divisor, gram_matrix


def gram_distance(second: tf.Tensor, target_second: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of two Gram matrices, both [channels, channels]: a scalar >= 0.

    Source: Gatys et al. 2015, arXiv:1508.06576, eq. 4, as in TensorFlow's tutorial: without their factor 1/4.
    """
    return tf.reduce_mean(tf.square(second - target_second))


class GramDistance:
    """The distance of Gram matrices as a `StyleDistance`; its statistics are (second moment [C, C],)."""

    def statistics(
        self, features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None
    ) -> tuple[tf.Tensor, ...]:
        """The Gram matrix."""
        return (gram_matrix(features, weights, divisor),)

    def target(self, statistics: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        """The statistics, unchanged."""
        return statistics

    def distance(self, statistics: tuple[tf.Tensor, ...], target: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """`gram_distance`."""
        return gram_distance(statistics[0], target[0])

    def null_value(self, target: tuple[tf.Tensor, ...]) -> float:
        """The mean square of the target."""
        return float(tf.reduce_mean(tf.square(target[0])))

    def unit(self, statistics: tuple[tf.Tensor, ...]) -> float:
        """The mean square of the Gram matrix."""
        return float(tf.reduce_mean(tf.square(statistics[0])))

    def statistics_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[C, C]."""
        return (tf.TensorSpec([channels, channels], tf.float32),)

    def target_spec(self, channels: int) -> tuple[tf.TensorSpec, ...]:
        """[C, C]."""
        return self.statistics_spec(channels)


DISTANCE = GramDistance()
