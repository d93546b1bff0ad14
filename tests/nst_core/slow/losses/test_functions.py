"""The losses against naive float64 loops, ones, checkerboards and finite differences."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.models import vgg
from nst_core.picture import samples
from nst_core.slow.losses.functions import content_loss, nine_point_variation, total_variation
from nst_core.slow.losses.gram import gram_distance
from nst_core.slow.losses.statistics import channel_means, gram_matrix
from nst_core.slow.losses.wasserstein2 import gaussian, polar, wasserstein2


def random(shape: Any, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def naive_gram(features: Any) -> Any:
    _, height, width, channels = features.shape
    gram = np.zeros((channels, channels))
    for y in range(height):
        for x in range(width):
            for i in range(channels):
                for j in range(channels):
                    gram[i, j] += float(features[0, y, x, i]) * float(features[0, y, x, j])
    return gram / (height * width)


def checkerboard(height: Any, width: Any) -> Any:
    board = (np.indices((height, width)).sum(0) % 2).astype(np.float32)
    return np.repeat(board[None, :, :, None], 3, axis=3)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (3, 17)])
def test_gram_of_ones_is_ones_at_any_size(size: Any) -> None:
    np.testing.assert_array_equal(gram_matrix(tf.ones([1, *size, 5])), np.ones((5, 5)))


def test_gram_is_the_naive_one_symmetric_and_positive() -> None:
    features = random((1, 3, 4, 5))
    gram = gram_matrix(tf.constant(features)).numpy()
    np.testing.assert_allclose(gram, naive_gram(features), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gram, gram.T, rtol=1e-6)
    assert np.linalg.eigvalsh(gram.astype(np.float64)).min() > -1e-6


def test_gram_of_a_tiling_is_that_of_the_tile() -> None:
    tile = random((1, 4, 6, 8))
    tiled = np.tile(tile, (1, 3, 2, 1))
    np.testing.assert_allclose(gram_matrix(tf.constant(tiled)), gram_matrix(tf.constant(tile)), rtol=1e-4, atol=1e-5)


def test_gram_does_not_know_where_things_are() -> None:
    features = random((1, 4, 5, 3))
    shuffled = np.random.default_rng(1).permutation(features.reshape(20, 3)).reshape(1, 5, 4, 3)
    np.testing.assert_allclose(gram_matrix(tf.constant(shuffled)), gram_matrix(tf.constant(features)), rtol=1e-5)


def gram_loss(features: Any, target: Any) -> Any:
    """The style loss of a layer with the distance `gram`, of activations and a target Gram matrix."""
    return gram_distance(gram_matrix(features), target)


def test_style_loss_is_the_naive_one() -> None:
    features, style = random((1, 3, 4, 5)), random((1, 6, 2, 5), 1)
    naive = np.mean([(a - b) ** 2 for a, b in zip(naive_gram(features).flat, naive_gram(style).flat, strict=True)])
    assert float(gram_loss(tf.constant(features), gram_matrix(tf.constant(style)))) == pytest.approx(naive, rel=1e-5)


def test_style_loss_of_equal_textures_is_zero_and_grows_with_distance() -> None:
    features = tf.constant(random((1, 4, 4, 6)))
    target = gram_matrix(features)
    losses = [float(gram_loss(features * scale, target)) for scale in (1.0, 1.5, 2.0)]
    assert losses[0] == 0.0
    assert 0 < losses[1] < losses[2]


def test_content_loss_is_the_naive_mean_square() -> None:
    ours, theirs = random((1, 3, 2, 4)), random((1, 3, 2, 4), 1)
    naive = sum((float(a) - float(b)) ** 2 for a, b in zip(ours.flat, theirs.flat, strict=True)) / ours.size
    assert float(content_loss(tf.constant(ours), tf.constant(theirs))) == pytest.approx(naive, rel=1e-6)
    assert float(content_loss(tf.constant(ours), tf.constant(ours))) == 0.0
    assert float(content_loss(tf.zeros([1, 2, 2, 3]), tf.fill([1, 2, 2, 3], 3.0))) == 9.0


@pytest.mark.parametrize("weighted", [False, True])
def test_content_loss_of_bfloat16_activations_and_its_gradient_are_as_good_as_bfloat16_is(weighted: bool) -> None:
    ours, theirs = (tf.cast(random((1, 6, 5, 4), seed), tf.bfloat16) for seed in (0, 1))
    weights = tf.constant(np.random.default_rng(2).random((6, 5), np.float32)) if weighted else None
    difference = ours.numpy().astype(np.float64) - theirs.numpy().astype(np.float64)
    shares = np.broadcast_to(1.0 if weights is None else weights.numpy()[None, :, :, None], difference.shape)
    with tf.GradientTape() as tape:
        tape.watch(ours)
        loss = content_loss(ours, theirs, weights)
    assert float(loss) == pytest.approx((shares * difference**2).sum() / shares.sum(), rel=3e-3)
    naive = 2 * shares * difference / shares.sum()
    found = tape.gradient(loss, ours)
    assert found.dtype == tf.bfloat16
    np.testing.assert_allclose(found.numpy().astype(np.float64), naive, rtol=8e-3, atol=1e-9)


def test_weights_of_the_content_loss_choose_where() -> None:
    ours, theirs = random((1, 4, 5, 3)), random((1, 4, 5, 3), 1)
    weights = np.zeros((4, 5), np.float32)
    weights[1:3, 2:] = 0.5
    part = content_loss(tf.constant(ours[:, 1:3, 2:]), tf.constant(theirs[:, 1:3, 2:]))
    assert float(content_loss(tf.constant(ours), tf.constant(theirs), weights)) == pytest.approx(float(part), rel=1e-5)
    ones = content_loss(tf.constant(ours), tf.constant(theirs), tf.ones([4, 5]))
    assert float(ones) == pytest.approx(float(content_loss(tf.constant(ours), tf.constant(theirs))), rel=1e-5)


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 4), (3, 7), (1, 5), (1, 1)])
def test_total_variation_of_a_checkerboard_counts_its_edges(height: int, width: int) -> None:
    edges = (height - 1) * width + height * (width - 1)
    assert float(total_variation(tf.constant(checkerboard(height, width)))) == 3 * edges


def test_total_variation_of_one_colour_is_zero() -> None:
    assert float(total_variation(tf.fill([1, 5, 7, 3], 0.3))) == 0.0


def test_total_variation_is_tensorflows() -> None:
    picture = np.random.default_rng(0).random((1, 9, 13, 3), np.float32)
    assert float(total_variation(tf.constant(picture))) == pytest.approx(
        float(tf.image.total_variation(tf.constant(picture))[0]), rel=1e-5
    )


def naive_nine_point(picture: Any) -> Any:
    _, height, width, _ = picture.shape
    total = 0.0
    for y, x in np.ndindex(height, width):
        for dy, dx in np.ndindex(3, 3):
            beside = picture[0, np.clip(y + dy - 1, 0, height - 1), np.clip(x + dx - 1, 0, width - 1)]
            share = 1.0 if dy == 1 or dx == 1 else 0.5
            total += share * float(np.sum((picture[0, y, x].astype(float) - beside) ** 2))
    return total


@pytest.mark.parametrize("size", [(5, 7), (2, 2), (1, 6), (6, 1), (1, 1)])
def test_nine_point_variation_is_the_naive_one(size: Any) -> None:
    picture = random((1, *size, 3))
    assert float(nine_point_variation(tf.constant(picture))) == pytest.approx(naive_nine_point(picture), rel=1e-5)


def test_nine_point_variation_sees_diagonal_grain_that_differences_along_axes_see_less() -> None:
    along = np.tile(np.float32([0, 0, 1, 1])[None, None, :, None], (1, 16, 4, 3))
    y, x = np.indices((16, 16))
    diagonal = np.repeat(((x + y) % 4 >= 2).astype(np.float32)[None, :, :, None], 3, axis=3)
    ratios = [float(v(tf.constant(diagonal)) / v(tf.constant(along))) for v in (total_variation, nine_point_variation)]
    assert ratios[0] == pytest.approx(2.0, rel=0.1)
    assert ratios[1] == pytest.approx(naive_nine_point(diagonal) / naive_nine_point(along), rel=1e-5)
    assert float(nine_point_variation(tf.fill([1, 5, 7, 3], 0.3))) == 0.0


def orthogonal(size: Any, seed: int = 0) -> Any:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]


def covariance(values: Any, seed: int = 0) -> Any:
    axes = orthogonal(len(values), seed)
    return (axes * np.asarray(values)) @ axes.T


def distance(mean: Any, cov: Any, target_mean: Any, target_cov: Any) -> Any:
    """`wasserstein2` of two Gaussians given as float64, and its target."""
    as_moments = [
        (tf.constant(m, tf.float32), tf.constant(c + np.outer(m, m), tf.float32))
        for m, c in ((mean, cov), (target_mean, target_cov))
    ]
    target = gaussian(*as_moments[1])
    return float(wasserstein2(*as_moments[0], target)), target


def closed_form(mean: Any, cov: Any, target_mean: Any, target_cov: Any, spread: float = 0.0) -> Any:
    """Dowson & Landau's formula in float64 by eigenvalues."""
    cov, target_cov = (c + spread * np.eye(len(c)) for c in (cov, target_cov))
    values, axes = np.linalg.eigh(target_cov)
    root = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    inner = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov @ root), 0)).sum()
    return float(np.sum((mean - target_mean) ** 2) + np.trace(cov) + np.trace(target_cov) - 2 * inner)


def test_wasserstein2_of_diagonal_gaussians_is_the_distance_of_standard_deviations() -> None:
    ours, theirs = np.float64([4, 1, 9, 2]), np.float64([1, 1, 4, 8])
    mean, target_mean = np.float64([1, 2, 3, 4]), np.float64([1, 0, 3, 5])
    value, target = distance(mean, np.diag(ours), target_mean, np.diag(theirs))
    spread = float(target.spread)
    exact = 5 + np.sum((np.sqrt(ours + spread) - np.sqrt(theirs + spread)) ** 2)
    assert value == pytest.approx(exact, rel=1e-4)
    assert value == pytest.approx(5 + np.sum((np.sqrt(ours) - np.sqrt(theirs)) ** 2), rel=0.02)


@pytest.mark.parametrize("decades", [0, 2, 4, 12])
@pytest.mark.parametrize("channels", [3, 64, 128])
def test_wasserstein2_is_the_closed_form_however_ill_conditioned(channels: int, decades: int) -> None:
    values = np.logspace(0, -decades, channels)
    gaussians = [np.full(channels, 0.3), covariance(values, 1), np.zeros(channels), covariance(2 * values, 2)]
    value, target = distance(*gaussians)
    assert value == pytest.approx(closed_form(*gaussians, float(target.spread)), rel=1e-4)


@pytest.mark.parametrize("decades", [0, 4, 12])
def test_wasserstein2_of_equal_gaussians_is_zero(decades: int) -> None:
    cov = covariance(np.logspace(0, -decades, 64))
    value, _ = distance(np.ones(64), cov, np.ones(64), cov)
    assert 0 <= value < 1e-7 * np.trace(cov)


def test_wasserstein2_of_a_shift_is_its_square() -> None:
    cov = covariance(np.logspace(0, -3, 32))
    value, _ = distance(np.full(32, 0.5), cov, np.zeros(32), cov)
    assert value == pytest.approx(32 * 0.25, rel=1e-4)


def test_wasserstein2_grows_with_the_way() -> None:
    start, end = covariance(np.logspace(0, -4, 32), 1), covariance(np.logspace(0, -4, 32), 2)
    mean = np.ones(32)
    values = [distance(t * mean, (1 - t) * end + t * start, 0 * mean, end)[0] for t in (0.01, 0.1, 0.3, 0.6, 1.0)]
    assert values == sorted(values)
    assert values[0] < 0.01 * values[-1]


def test_wasserstein2_knows_no_direction() -> None:
    one, other, turn = covariance(np.logspace(0, -3, 32), 1), covariance(np.logspace(1, -4, 32), 2), orthogonal(32, 3)
    mean = random(32).astype(float)
    value, _ = distance(mean, one, 0 * mean, other)
    assert distance(turn @ mean, turn @ one @ turn.T, 0 * mean, turn @ other @ turn.T)[0] == pytest.approx(
        value, rel=1e-4
    )
    assert distance(0 * mean, other, mean, one)[0] == pytest.approx(value, rel=0.02)  # but for the target's spread


@pytest.mark.parametrize("least", [1.0, 1e-2, 1e-4])
def test_polar_is_the_orthogonal_factor_of_the_singular_value_decomposition(least: float) -> None:
    left, right = orthogonal(48, 1), orthogonal(48, 2)
    matrix = (left * np.logspace(0, np.log10(least), 48)) @ right.T
    np.testing.assert_allclose(polar(tf.constant(7 * matrix, tf.float32)), left @ right.T, atol=2e-3)


def central_difference(loss: Any, at: Any, direction: Any, width: Any) -> Any:
    """The slope of a loss along a direction, summed in float64."""
    up, down = (float(loss(tf.constant(at + s * width * direction))) for s in (1, -1))
    return (up - down) / (2 * width)


def to_style(shape: Any = (1, 6, 6, 3), seed: int = 2) -> Any:
    """Wasserstein-2 distance to the texture of random activations."""
    style = tf.constant(random(shape, seed))
    target = gaussian(channel_means(style), gram_matrix(style))
    return lambda x: wasserstein2(channel_means(x), gram_matrix(x), target)


SMOOTH = {
    "content": lambda x: content_loss(x, tf.constant(random((1, 4, 5, 3), 1))),
    "weighted content": lambda x: content_loss(
        x, tf.constant(random((1, 4, 5, 3), 1)), tf.constant(np.random.default_rng(2).random((4, 5), np.float32))
    ),
    "style": lambda x: gram_loss(x, gram_matrix(tf.constant(random((1, 6, 6, 3), 2)))),
    "wasserstein2": to_style(),
    "variation": total_variation,
    "nine-point": nine_point_variation,
}


def slope(loss: Any, at: Any, direction: Any, jit: bool = False) -> Any:
    """The gradient along a direction."""

    @tf.function(jit_compile=jit, input_signature=[tf.TensorSpec([1, None, None, at.shape[-1]])], autograph=False)
    def gradient(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(x)
        return tape.gradient(value, x)

    return float(np.sum(gradient(tf.constant(at)).numpy().astype(np.float64) * direction))


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_the_slopes(name: Any, seed: Any, jit: bool) -> None:
    # Differences of neighbours of at least 0.1 keep total variation away from its kinks within the step of 0.01.
    at = random((1, 4, 5, 3), 10 + seed)
    if name == "variation":
        at = np.random.default_rng(seed).permutation(60).reshape(1, 4, 5, 3).astype(np.float32) / 10
    direction = random(at.shape, 20 + seed)
    direction /= np.abs(direction).max()
    found = slope(SMOOTH[name], at, direction, jit)
    assert abs(found) > 1e-3
    assert found == pytest.approx(central_difference(SMOOTH[name], at, direction, 0.01), rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("shape", [(1, 12, 12, 8), (1, 3, 3, 16)])  # more positions than channels, and fewer
def test_the_slope_of_wasserstein2_is_that_of_the_closed_form(shape: Any) -> None:
    style = random(shape, 1).astype(np.float64)
    target = gaussian(channel_means(tf.constant(style, tf.float32)), gram_matrix(tf.constant(style, tf.float32)))

    def moments(features: Any) -> Any:
        flat = features.reshape(-1, shape[-1])
        return flat.mean(0), np.cov(flat.T, bias=True)

    def exact(features: Any) -> Any:
        return closed_form(*moments(features), *moments(style), float(target.spread))

    at, direction = random(shape, 2).astype(np.float64) * 1.5, random(shape, 3)
    reference = (exact(at + 1e-4 * direction) - exact(at - 1e-4 * direction)) / 2e-4
    found = slope(lambda x: wasserstein2(channel_means(x), gram_matrix(x), target), at.astype(np.float32), direction)
    assert found == pytest.approx(reference, rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, True])
def test_wasserstein2_of_one_colour_and_of_nothing_is_finite_with_its_gradient(jit: bool) -> None:
    flat, varied = np.full((1, 4, 5, 3), 0.5, np.float32), random((1, 4, 5, 3))

    @tf.function(jit_compile=jit, autograph=False)
    def both(x: Any, target: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = wasserstein2(channel_means(x), gram_matrix(x), target)
        return value, tape.gradient(value, x)

    for style in (flat, 0 * flat, varied, 1000 * varied):
        target = gaussian(channel_means(tf.constant(style)), gram_matrix(tf.constant(style)))
        for picture in (flat, 0 * flat, varied, 1000 * varied, 1000 + varied):
            value, gradient = both(tf.constant(picture), target)
            assert np.isfinite(value)
            assert value >= 0
            assert np.isfinite(gradient).all()


@pytest.mark.weights
@pytest.mark.parametrize("block", range(1, 6))
def test_wasserstein2_of_real_activations_is_that_of_float64(block: Any) -> None:
    layer = f"block{block}_conv1"
    network = vgg.load("vgg19")
    ours, theirs = (
        vgg.features(network, tf.constant(samples.find(key).load(64).tensor()), [layer])[layer]
        for key in ("astronaut", "night-swirls")
    )

    def moments(features: Any) -> Any:
        flat = features.numpy().astype(np.float64).reshape(-1, features.shape[-1])
        return flat.mean(0), np.cov(flat.T, bias=True)

    target = gaussian(channel_means(theirs), gram_matrix(theirs))
    value = float(wasserstein2(channel_means(ours), gram_matrix(ours), target))
    assert value == pytest.approx(closed_form(*moments(ours), *moments(theirs), float(target.spread)), rel=1e-3)
    assert value == pytest.approx(closed_form(*moments(ours), *moments(theirs)), rel=0.02)  # what the spread changes


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_on_one_colour(name: Any) -> None:
    x = tf.fill([1, 4, 5, 3], 0.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = SMOOTH[name](x)
    assert np.isfinite(tape.gradient(value, x).numpy()).all()
