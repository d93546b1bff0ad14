"""Statistics of distances that compare sets: the activations at every position, each with its weight.

They grow with the picture, and those of strips do not add up: a distance that uses them needs the picture whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from nst_core.slow.losses.statistics import Divisor

SEED = 0
"""Seed of every random choice of these distances: a run can be repeated."""


def positions(features: tf.Tensor, weights: tf.Tensor | None = None, divisor: Divisor = None) -> tuple[tf.Tensor, ...]:
    """Activations [n, C], in the precision of `features`, and weights [n] that sum to 1; arguments as in `gram_matrix`.

    A copy of nothing: the activations are only seen as a list.
    """
    flat = tf.reshape(features, [-1, features.shape[-1]])
    shares = tf.ones(tf.shape(flat)[:1]) if weights is None else tf.stop_gradient(tf.reshape(weights, [-1]))
    total = tf.reduce_sum(shares) if divisor is None else tf.cast(divisor, tf.float32)
    return flat, tf.cast(shares, tf.float32) / total


def united(statistics: Sequence[tuple[tf.Tensor, ...]], shares: Sequence[float]) -> tuple[tf.Tensor, ...]:
    """The positions of several styles together, each style weighing its share; `shares` sum to 1."""
    used = [(share, *of) for share, of in zip(shares, statistics, strict=True) if share > 0]
    values = tf.concat([values for _, values, _ in used], axis=0)
    return values, tf.concat([share * weights for share, _, weights in used], axis=0)


def drawn(weights: tf.Tensor, most: int) -> np.ndarray:
    """Indices of at most `most` positions, drawn once each with the probability of their weights, in order."""
    odds = np.asarray(weights, np.float64)
    able = int(np.count_nonzero(odds))
    if able <= most:
        return np.flatnonzero(odds)
    chosen = np.random.default_rng(SEED).choice(len(odds), most, replace=False, p=odds / odds.sum())
    return np.asarray(np.sort(chosen))
