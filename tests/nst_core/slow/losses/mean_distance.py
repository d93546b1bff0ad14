"""A toy style distance that compares only the activations' means: an example of adding a third distance."""

from typing import Any

import tensorflow as tf

from nst_core.slow.losses.statistics import channel_means


class MeanDistance:
    """Mean squared difference of the channels' means; its statistics are (mean [C],)."""

    def statistics(self, features: Any, weights: Any = None, divisor: Any = None) -> Any:
        return (channel_means(features, weights, divisor),)

    def target(self, statistics: Any) -> Any:
        return statistics

    def distance(self, statistics: Any, target: Any) -> Any:
        return tf.reduce_mean(tf.square(statistics[0] - target[0]))

    def null_value(self, target: Any) -> Any:
        return float(tf.reduce_mean(tf.square(target[0])))

    def unit(self, statistics: Any) -> Any:
        return float(tf.reduce_mean(tf.square(statistics[0])))

    def statistics_spec(self, channels: Any) -> Any:
        return (tf.TensorSpec([channels], tf.float32),)

    def target_spec(self, channels: Any) -> Any:
        return self.statistics_spec(channels)


DISTANCE = MeanDistance()
