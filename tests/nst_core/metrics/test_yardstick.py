"""The yardstick against closed forms, foreign implementations and the tutorial's formula evaluated by Keras."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.metrics import yardstick
from nst_core.metrics.yardstick import moments, wasserstein2
from nst_core.models import vgg
from nst_core.recipe import change, make
from tests.nst_core.slow.losses.test_objective import tutorial_in_numpy


def gaussian(mean: Any, variances: Any) -> Any:
    return np.array(mean, float), np.diag(np.array(variances, float))


def test_shifted_gaussians_are_as_far_as_their_means() -> None:
    assert wasserstein2(gaussian([0, 0, 0], [1, 2, 3]), gaussian([1, -2, 2], [1, 2, 3])) == pytest.approx(9)


def test_diagonal_gaussians_differ_by_their_deviations() -> None:
    a, b = gaussian([1, 1], [4, 9]), gaussian([1, 3], [1, 25])
    assert wasserstein2(a, b) == pytest.approx(4 + (2 - 1) ** 2 + (3 - 5) ** 2)
    assert wasserstein2(b, a) == pytest.approx(wasserstein2(a, b))


def test_a_rotation_of_both_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    a, b = gaussian([0, 1, 2, 3], [1, 2, 3, 4]), gaussian([1, 1, 1, 1], [4, 3, 2, 0])
    turned = [(turn @ mean, turn @ covariance @ turn.T) for mean, covariance in (a, b)]
    assert wasserstein2(*turned) == pytest.approx(wasserstein2(a, b), rel=1e-6)


def test_equal_gaussians_are_at_zero_and_never_below() -> None:
    samples = np.random.default_rng(1).standard_normal((50, 20)).astype(np.float32)
    own = moments([samples], [1.0])
    assert 0 <= wasserstein2(own, own) < 1e-6
    few = moments([samples[:5]], [1.0])  # of rank 4 in 20 dimensions
    assert 0 <= wasserstein2(few, few) < 1e-4


def test_moments_are_numpys() -> None:
    samples = np.random.default_rng(2).random((40, 3)).astype(np.float32)
    mean, covariance = moments([samples], [1.0])
    np.testing.assert_allclose(mean, samples.mean(0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(samples.T, bias=True), atol=1e-6)


def test_moments_of_a_mixture_are_those_of_all_samples() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random((30, 4)), rng.random((10, 4)) + 2
    mixed, whole = moments([first, second], [0.75, 0.25]), moments([np.concatenate([first, second])], [1.0])
    np.testing.assert_allclose(mixed[0], whole[0])
    np.testing.assert_allclose(mixed[1], whole[1], atol=1e-12)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No eigenvalues of deep layers' covariances, which take a second a measure and are not always the question."""
    real = wasserstein2
    monkeypatch.setattr(yardstick, "wasserstein2", lambda a, b: real(a, b) if len(a[0]) <= 64 else 0.0)


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned", "quick")
class TestMeasure:
    def test_its_keys_and_kinds(self, noise: Any) -> None:
        measured = yardstick.measure(noise(32, 48), noise(40, 60, 1), [noise(20, 30, 2)])
        numbers = {"total_variation", "ssim", "colour", "tutorial_total"}
        assert set(measured) == {"size", "content", "style_gram", "style_wasserstein2"} | numbers
        assert measured["size"] == [48, 32]
        layers = {f"block{b}_conv1" for b in range(1, 6)}
        assert set(measured["style_gram"]) == set(measured["style_wasserstein2"]) == layers
        assert set(measured["content"]) == {"block4_conv2", "block5_conv2"}
        flat = [
            *measured["style_gram"].values(),
            *measured["style_wasserstein2"].values(),
            *measured["content"].values(),
        ]
        for value in (*flat, *(measured[n] for n in numbers)):
            assert type(value) is float
            assert np.isfinite(value)
        assert min(*measured["style_gram"].values(), *measured["content"].values()) > 0
        assert measured["style_wasserstein2"]["block1_conv1"] > 0

    def test_a_picture_is_at_no_distance_from_itself(self, noise: Any) -> None:
        picture = noise(32, 32)
        measured = yardstick.measure(picture, picture, [picture])
        assert measured["ssim"] == pytest.approx(1.0, abs=1e-6)
        assert set(measured["content"].values()) == {0.0}
        assert set(measured["style_gram"].values()) == {0.0}
        assert measured["colour"] == pytest.approx(0.0, abs=1e-4)
        variation = float(tf.image.total_variation(tf.constant(picture))[0])
        assert measured["total_variation"] == pytest.approx(variation / picture.size, rel=1e-5)
        assert measured["tutorial_total"] == pytest.approx(30 * variation, rel=1e-4)

    def test_ssim_is_scikit_images(self, noise: Any) -> None:
        from skimage.metrics import structural_similarity

        a = noise(40, 40)
        b = np.clip(a + 0.8 * (noise(40, 40, 1) - 0.5), 0, 1)
        theirs = structural_similarity(
            a[0], b[0], channel_axis=-1, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert yardstick.measure(a, b, [b])["ssim"] == pytest.approx(theirs, abs=5e-3)
        assert theirs < 0.95

    def test_colour_distance_of_two_flat_colours_is_their_distance(self) -> None:
        red, grey = np.zeros((1, 32, 32, 3), np.float32), np.full((1, 32, 32, 3), 0.5, np.float32)
        red[..., 0] = 1
        assert yardstick.measure(red, red, [grey])["colour"] == pytest.approx(np.sqrt(0.75), abs=1e-4)

    def test_colour_does_not_know_where_things_are(self, noise: Any) -> None:
        picture = noise(32, 32)
        shuffled = np.random.default_rng(0).permutation(picture.reshape(-1, 3)).reshape(picture.shape)
        measured = yardstick.measure(picture, picture, [shuffled])
        assert measured["colour"] == pytest.approx(0, abs=1e-3)
        assert measured["style_gram"]["block2_conv1"] > 0

    def test_styles_count_by_share(self, noise: Any) -> None:
        dark, bright = noise(32, 32, 1) * 0.2, 0.8 + 0.2 * noise(32, 32, 2)

        def distance(*shares: Any) -> Any:
            return yardstick.measure(dark, dark, [dark, bright], shares)["style_gram"]["block1_conv1"]

        assert distance() == pytest.approx(distance(5, 5), rel=1e-6)
        assert distance(9, 1) < distance(1, 1) < distance(1, 9)
        assert distance(9, 1) / distance(1, 9) == pytest.approx((0.1 / 0.9) ** 2, rel=0.01)  # a mean of Gram matrices

    def test_everything_is_measured_at_the_outputs_size(self, noise: Any) -> None:
        from nst_core.picture.resize import resize

        output, content, style = noise(32, 40), noise(50, 70, 1), noise(90, 20, 2)
        fitted = resize(content, 40, 32), [resize(style, 40, 32)]
        assert yardstick.measure(output, content, [style]) == yardstick.measure(output, *fitted)

    def test_inputs_are_left_alone(self, noise: Any) -> None:
        pictures = [noise(32, 32, seed) for seed in range(3)]
        yardstick.measure(pictures[0], pictures[1], [pictures[2]])
        for seed, picture in enumerate(pictures):
            np.testing.assert_array_equal(picture, noise(32, 32, seed))

    def test_tutorial_total_is_the_formula_on_the_same_kernels(self, noise: Any, random_kernels: Any) -> None:
        output, content, style = noise(32, 48), noise(32, 48, 1), noise(32, 48, 2) ** 2
        contents, styles, variation = tutorial_in_numpy(random_kernels, output, content, style)
        measured = yardstick.measure(output, content, [style])
        assert measured["tutorial_total"] == pytest.approx(contents + sum(styles) + variation, rel=1e-3)
        assert 1e-2 / 5 * sum(measured["style_gram"].values()) == pytest.approx(sum(styles), rel=1e-3)

    @pytest.mark.slow
    def test_the_tutorial_preset_minimises_the_tutorial_total(self, noise: Any) -> None:
        from nst_core.slow import engine

        content, style = noise(48, 64, 1), noise(48, 64, 2) ** 2
        steps = list(engine.run(content, [style], change(make("tutorial"), {"longest_edge_px": 64, "steps": 3})))
        for step in (steps[0], steps[-1]):
            total = yardstick.measure(step.picture, content, [style])["tutorial_total"]
            assert step.losses["total"] == pytest.approx(total, rel=1e-4)

    def test_a_result_without_styles_is_measured_by_the_rest(self, noise: Any) -> None:
        measured = yardstick.measure(noise(32, 32), noise(32, 32, 1), [])
        assert measured["ssim"] < 1
        assert (measured["style_gram"], measured["colour"], measured["tutorial_total"]) == ({}, None, None)


@pytest.mark.weights
def test_tutorial_total_with_real_weights_is_kerass() -> None:
    from nst_core.models import weights
    from nst_core.picture import samples

    kernels = dict(weights.vgg_kernels(vgg.load("vgg19", "float32").found))
    content = samples.find("astronaut").load(64).tensor()
    output, style = content[:, ::-1] * 0.9, samples.find("composition").load(64).tensor()
    contents, styles, variation = tutorial_in_numpy(kernels, output, content, style)
    yardstick._feature_extractor.cache_clear()
    measured = yardstick.measure(output, content, [style])
    assert measured["tutorial_total"] == pytest.approx(contents + sum(styles) + variation, rel=1e-3)
    assert 1e4 * measured["content"]["block5_conv2"] == pytest.approx(contents, rel=1e-3)


@pytest.mark.weights
def test_real_measures_know_a_stylised_picture_from_a_plain_one() -> None:
    """Mixing the style in brings the texture nearer and the content further away."""
    from nst_core.picture import samples

    content, style = samples.find("chelsea").load(96).tensor(), samples.find("woodcut-wave").load(96).tensor()
    from nst_core.picture.resize import resize

    fitted = resize(style, content.shape[2], content.shape[1])
    plain, mixed = (yardstick.measure(c, content, [style]) for c in (content, 0.4 * content + 0.6 * fitted))
    assert mixed["ssim"] < plain["ssim"]
    assert mixed["colour"] < plain["colour"]
    assert mixed["content"]["block4_conv2"] > plain["content"]["block4_conv2"] == 0
    assert all(value > 0 for value in plain["style_wasserstein2"].values())
    assert mixed["style_wasserstein2"]["block3_conv1"] < plain["style_wasserstein2"]["block3_conv1"]


def test_targets_are_measured_once_for_each_size_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def extract(picture: Any, maps: Any) -> Any:
        assert not maps
        seen.append(picture.shape[1:3])
        samples = tf.reshape(picture, (-1, 3))
        pair = (tf.reduce_mean(samples, 0), tf.matmul(samples, samples, transpose_a=True) / len(samples))
        features = dict.fromkeys(yardstick.CONTENT_LAYERS, picture)
        return features, dict.fromkeys(yardstick.STYLE_LAYERS, pair)

    monkeypatch.setattr(yardstick, "_feature_extractor", lambda: extract)
    rng = np.random.default_rng(5)
    outputs = [rng.random((1, 16, 20, 3), np.float32) for _ in range(3)]
    content, *styles = (rng.random((1, side, 24, 3), np.float32) for side in (32, 24, 40))
    keys = yardstick.Keys(yardstick.KeptTargets(), "content", ["one", "two"])
    with_keys = [yardstick.measure(output, content, styles, (1, 2), keys) for output in outputs]
    assert len(seen) == 3 + len(outputs)
    assert with_keys == [yardstick.measure(output, content, styles, (1, 2)) for output in outputs]
    seen.clear()
    yardstick.measure(outputs[0][:, :, :16], content, styles, (1, 2), keys)
    assert len(seen) == 4
    other = yardstick.Keys(keys.targets, "content", ["two", "one"])
    swapped = yardstick.measure(outputs[0], content, styles[::-1], (2, 1), other)
    assert swapped["style_gram"] == pytest.approx(with_keys[0]["style_gram"])


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
def test_what_lies_below_clear_pixels_is_not_measured(noise: Any) -> None:
    """Far from the edge, where neither convolutions nor the windows of SSIM reach it."""
    cover = np.ones((1, 32, 256, 1), np.float32)
    cover[:, :, 64:] = 0
    content, style = np.concatenate([noise(32, 256), cover], axis=-1), noise(32, 32, 1)
    output = noise(32, 256, 2)
    other = output.copy()
    other[:, :, 200:] = 0
    first, second = (yardstick.measure(each, content, [style]) for each in (output, other))
    for name in ("ssim", "colour", "total_variation", "tutorial_total"):
        assert second[name] == pytest.approx(first[name], rel=1e-4), name
    assert first["total_variation"] > 0.1
    assert first["ssim"] < 0.9
