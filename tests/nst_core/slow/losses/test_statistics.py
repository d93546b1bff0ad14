"""Statistics against naive float64 loops, with and without weights, and as sums of strips."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.slow.losses import statistics
from nst_core.slow.losses.statistics import channel_means, gram_matrix

SHAPE = (1, 7, 5, 4)


def random(shape: Any, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def random_weights(shape: Any = SHAPE, seed: int = 3) -> Any:
    return np.random.default_rng(seed).random(shape[1:3], np.float32)


def naive_gram(features: Any, weights: Any) -> Any:
    gram = np.zeros((features.shape[-1],) * 2)
    for y, x in np.ndindex(features.shape[1:3]):
        gram += float(weights[y, x]) * np.outer(features[0, y, x].astype(float), features[0, y, x].astype(float))
    return gram / weights.astype(float).sum()


def naive_means(features: Any, weights: Any) -> Any:
    means = np.zeros(features.shape[-1])
    for y, x in np.ndindex(features.shape[1:3]):
        means += float(weights[y, x]) * features[0, y, x].astype(float)
    return means / weights.astype(float).sum()


NAIVE = {gram_matrix: naive_gram, channel_means: naive_means}
both = pytest.mark.parametrize("statistic", NAIVE)
compiled = pytest.mark.parametrize("jit", [False, True])


@pytest.mark.slow
@both
@compiled
def test_weighted_statistics_are_the_naive_ones(statistic: Any, jit: Any) -> None:
    features, weights = random(SHAPE), random_weights()

    @tf.function(jit_compile=jit, input_signature=[tf.TensorSpec([1, None, None, 4]), tf.TensorSpec([None, None])])
    def run(f: Any, w: Any) -> Any:
        return statistic(f, w)

    np.testing.assert_allclose(run(features, weights), NAIVE[statistic](features, weights), rtol=1e-5, atol=1e-6)


@both
def test_weights_of_one_change_nothing(statistic: Any) -> None:
    features = tf.constant(random(SHAPE))
    np.testing.assert_allclose(statistic(features, tf.ones(SHAPE[1:3])), statistic(features), rtol=1e-5, atol=1e-6)


@both
def test_only_the_ratio_of_weights_counts(statistic: Any) -> None:
    features, weights = tf.constant(random(SHAPE)), random_weights()
    np.testing.assert_allclose(statistic(features, weights * 7), statistic(features, weights), rtol=1e-5, atol=1e-6)


@both
def test_weights_of_zero_and_one_cut_out_a_part(statistic: Any) -> None:
    features, weights = random(SHAPE), np.zeros(SHAPE[1:3], np.float32)
    weights[2:5, 1:3] = 1
    part = statistic(tf.constant(features[:, 2:5, 1:3]))
    np.testing.assert_allclose(statistic(tf.constant(features), weights), part, rtol=1e-5, atol=1e-6)


@both
@pytest.mark.parametrize("weighted", [False, True])
def test_strips_add_up_to_the_whole_picture(statistic: Any, weighted: bool) -> None:
    features, weights = random(SHAPE), random_weights()
    whole = float(weights.sum()) if weighted else float(weights.size)
    strips = [
        statistic(tf.constant(features[:, rows]), weights[rows] if weighted else None, whole)
        for rows in (slice(0, 3), slice(3, 4), slice(4, 7))
    ]
    expected = statistic(tf.constant(features), weights if weighted else None)
    np.testing.assert_allclose(sum(strips), expected, rtol=1e-5, atol=1e-6)


@both
def test_a_tiling_has_the_statistics_of_its_tile(statistic: Any) -> None:
    tile = random((1, 4, 6, 8))
    tiled = np.tile(tile, (1, 3, 2, 1))
    np.testing.assert_allclose(statistic(tf.constant(tiled)), statistic(tf.constant(tile)), rtol=1e-4, atol=1e-5)


@both
@compiled
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("whole", [None, 100.0])
def test_gradients_are_the_slopes(statistic: Any, jit: Any, weighted: bool, whole: Any) -> None:
    # Both statistics are at most quadratic: a central difference of the naive float64 loop is exact.
    features, direction = random(SHAPE), random(SHAPE, 1)
    weights = random_weights() if weighted else np.ones(SHAPE[1:3], np.float32)
    upstream = random((4, 4) if statistic is gram_matrix else (4,), 2)  # not symmetric

    @tf.function(jit_compile=jit)
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(statistic(x, tf.constant(weights) if weighted else None, whole) * upstream)
        return tf.reduce_sum(tape.gradient(value, x) * direction)

    up, down = (np.sum(NAIVE[statistic](features.astype(float) + s * direction, weights) * upstream) for s in (1, -1))
    scale = 1.0 if whole is None else weights.astype(float).sum() / whole
    assert float(slope(tf.constant(features))) == pytest.approx(scale * (up - down) / 2, rel=1e-4, abs=1e-5)


@both
def test_no_gradient_goes_to_the_weights(statistic: Any) -> None:
    features, weights = tf.constant(random(SHAPE)), tf.constant(random_weights())
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = tf.reduce_sum(statistic(features, weights, 35.0))
    assert tape.gradient(value, weights) is None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("piece", [1 << 22, 40, 1])
def test_of_bfloat16_activations_they_are_exact_and_their_gradient_is_as_good_as_bfloat16_is(
    monkeypatch: pytest.MonkeyPatch, weighted: bool, piece: Any
) -> None:
    """Also where they are summed in several pieces, of which the last is shorter, or position by position."""
    monkeypatch.setattr(statistics, "CAST_PIECE", piece)
    rough, weights = tf.cast(random(SHAPE), tf.bfloat16), random_weights() if weighted else None
    exact = tf.cast(rough, tf.float32)
    upstream = tf.constant(random((4, 4), 5))

    def gram_and_gradient(values: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(values)
            gram = gram_matrix(values, weights)
        return gram, tf.cast(tape.gradient(gram, values, upstream), tf.float32).numpy()

    (gram, gradient), (exact_gram, exact_gradient) = gram_and_gradient(rough), gram_and_gradient(exact)
    # In one piece to the bit; several are summed in another order.
    rounding = 0.0 if piece > exact.shape.num_elements() else 1e-6 * np.abs(exact_gram).max()
    np.testing.assert_allclose(gram, exact_gram, rtol=0, atol=rounding)
    np.testing.assert_array_equal(channel_means(rough, weights), channel_means(exact, weights))
    np.testing.assert_allclose(gradient, exact_gradient, atol=0.02 * np.abs(exact_gradient).max())
