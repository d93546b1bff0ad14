"""The losses against naive float64 loops, ones, checkerboards and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from nst_core.slow.losses import content_loss, gram_matrix, style_loss, total_variation


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def naive_gram(features):
    _, height, width, channels = features.shape
    gram = np.zeros((channels, channels))
    for y in range(height):
        for x in range(width):
            for i in range(channels):
                for j in range(channels):
                    gram[i, j] += float(features[0, y, x, i]) * float(features[0, y, x, j])
    return gram / (height * width)


def checkerboard(height, width):
    board = (np.indices((height, width)).sum(0) % 2).astype(np.float32)
    return np.repeat(board[None, :, :, None], 3, axis=3)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (3, 17)])
def test_gram_of_ones_is_ones_at_any_size(size):
    np.testing.assert_array_equal(gram_matrix(tf.ones([1, *size, 5])), np.ones((5, 5)))


def test_gram_is_the_naive_one_symmetric_and_positive():
    features = random((1, 3, 4, 5))
    gram = gram_matrix(tf.constant(features)).numpy()
    np.testing.assert_allclose(gram, naive_gram(features), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gram, gram.T, rtol=1e-6)
    assert np.linalg.eigvalsh(gram.astype(np.float64)).min() > -1e-6


def test_gram_of_a_tiling_is_that_of_the_tile():
    tile = random((1, 4, 6, 8))
    tiled = np.tile(tile, (1, 3, 2, 1))
    np.testing.assert_allclose(gram_matrix(tf.constant(tiled)), gram_matrix(tf.constant(tile)), rtol=1e-4, atol=1e-5)


def test_gram_does_not_know_where_things_are():
    features = random((1, 4, 5, 3))
    shuffled = np.random.default_rng(1).permutation(features.reshape(20, 3)).reshape(1, 5, 4, 3)
    np.testing.assert_allclose(gram_matrix(tf.constant(shuffled)), gram_matrix(tf.constant(features)), rtol=1e-5)


def test_style_loss_is_the_naive_one():
    features, style = random((1, 3, 4, 5)), random((1, 6, 2, 5), 1)
    naive = np.mean([(a - b) ** 2 for a, b in zip(naive_gram(features).flat, naive_gram(style).flat, strict=True)])
    assert float(style_loss(tf.constant(features), gram_matrix(tf.constant(style)))) == pytest.approx(naive, rel=1e-5)


def test_style_loss_of_equal_textures_is_zero_and_grows_with_distance():
    features = tf.constant(random((1, 4, 4, 6)))
    target = gram_matrix(features)
    losses = [float(style_loss(features * scale, target)) for scale in (1.0, 1.5, 2.0)]
    assert losses[0] == 0.0
    assert 0 < losses[1] < losses[2]


def test_content_loss_is_the_naive_mean_square():
    ours, theirs = random((1, 3, 2, 4)), random((1, 3, 2, 4), 1)
    naive = sum((float(a) - float(b)) ** 2 for a, b in zip(ours.flat, theirs.flat, strict=True)) / ours.size
    assert float(content_loss(tf.constant(ours), tf.constant(theirs))) == pytest.approx(naive, rel=1e-6)
    assert float(content_loss(tf.constant(ours), tf.constant(ours))) == 0.0
    assert float(content_loss(tf.zeros([1, 2, 2, 3]), tf.fill([1, 2, 2, 3], 3.0))) == 9.0


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 4), (3, 7), (1, 5), (1, 1)])
def test_total_variation_of_a_checkerboard_counts_its_edges(height, width):
    edges = (height - 1) * width + height * (width - 1)
    assert float(total_variation(tf.constant(checkerboard(height, width)))) == 3 * edges


def test_total_variation_of_one_colour_is_zero():
    assert float(total_variation(tf.fill([1, 5, 7, 3], 0.3))) == 0.0


def test_total_variation_is_tensorflows():
    picture = np.random.default_rng(0).random((1, 9, 13, 3), np.float32)
    assert float(total_variation(tf.constant(picture))) == pytest.approx(
        float(tf.image.total_variation(tf.constant(picture))[0]), rel=1e-5
    )


def central_difference(loss, at, direction, width):
    """The slope of a loss along a direction, summed in float64."""
    up, down = (float(loss(tf.constant(at + s * width * direction))) for s in (1, -1))
    return (up - down) / (2 * width)


SMOOTH = {
    "content": lambda x: content_loss(x, tf.constant(random((1, 4, 5, 3), 1))),
    "style": lambda x: style_loss(x, gram_matrix(tf.constant(random((1, 6, 6, 3), 2)))),
    "variation": total_variation,
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_the_slopes(name, seed):
    # Differences of neighbours of at least 0.1 keep total variation away from its kinks within the step of 0.01.
    at = random((1, 4, 5, 3), 10 + seed)
    if name == "variation":
        at = np.random.default_rng(seed).permutation(60).reshape(1, 4, 5, 3).astype(np.float32) / 10
    direction = random(at.shape, 20 + seed)
    direction /= np.abs(direction).max()
    x = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = SMOOTH[name](x)
    slope = float(np.sum(tape.gradient(value, x).numpy().astype(np.float64) * direction))
    assert abs(slope) > 1e-3
    assert slope == pytest.approx(central_difference(SMOOTH[name], at, direction, 0.01), rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_on_one_colour(name):
    x = tf.fill([1, 4, 5, 3], 0.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = SMOOTH[name](x)
    assert np.isfinite(tape.gradient(value, x).numpy()).all()
