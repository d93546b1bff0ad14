"""The objective: the tutorial's formula on foreign convolutions, units that mean the same everywhere, one trace."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import CONVOLUTIONS, TUTORIAL, Objective
from nst_core.slow.losses import gram, objective, wasserstein2
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.losses.statistics import channel_means, gram_matrix
from nst_core.slow.tiling.windows import WHOLE, TilingPlan

SMALL = Objective(
    content_layers={"block2_conv1": 1.0},
    style_layers={"block1_conv1": 0.5, "block2_conv1": 0.5},
    content_weight=1.0,
    style_weight=100.0,
    tv_weight=1.0,
)
ALL = [StyleMixture([1.0])]
"""One style, everywhere."""


def keras_vgg(kernels: Any, names: Any) -> Any:
    """Keras' own VGG-19 with these kernels: 0-255 BGR minus means in, the named layers out."""
    whole = keras.applications.VGG19(include_top=False, weights=None)
    for name in CONVOLUTIONS["vgg19"]:
        whole.get_layer(name).set_weights(kernels[name])
    return keras.Model(whole.input, [whole.get_layer(n).output for n in names])


def tutorial_in_numpy(kernels: Any, picture: Any, content: Any, style: Any) -> Any:
    """The formula of TensorFlow's tutorial, term by term: 1e4 content + 1e-2 style + 30 variation."""
    names = [f"block{b}_conv1" for b in range(1, 6)] + ["block5_conv2"]
    model = keras_vgg(kernels, names)

    def see(pixels: Any) -> Any:
        return model(keras.applications.vgg19.preprocess_input(pixels * 255.0), training=False)

    def gram(layer: Any) -> Any:
        values = np.asarray(layer, np.float64)
        return np.einsum("bijc,bijd->cd", values, values) / (values.shape[1] * values.shape[2])

    ours, theirs, looks = see(picture.copy()), see(content.copy()), see(style.copy())
    styles = [1e-2 / 5 * np.mean((gram(a) - gram(b)) ** 2) for a, b in zip(ours[:5], looks[:5], strict=True)]
    contents = 1e4 * np.mean((np.asarray(ours[5], np.float64) - np.asarray(theirs[5])) ** 2)
    variation = 30 * (np.abs(np.diff(picture, axis=1)).sum() + np.abs(np.diff(picture, axis=2)).sum())
    return contents, styles, variation


@pytest.mark.slow
def test_tutorial_units_are_the_tutorials_formula(random_vgg: Any, random_kernels: Any, noise: Any) -> None:
    picture, content, style = noise(32, 48), noise(32, 48, 1), noise(32, 48, 2) ** 2
    terms = objective.build(random_vgg, TUTORIAL, tf.constant(content), [tf.constant(style)], ALL)
    weighted, _ = terms(tf.constant(picture))
    ours = dict(zip(terms.names, weighted.numpy(), strict=True))
    contents, styles, variation = tutorial_in_numpy(random_kernels, picture, content, style)
    assert ours["content/block5_conv2"] == pytest.approx(contents, rel=1e-3)
    assert ours["variation"] == pytest.approx(variation, rel=1e-4)
    for block, expected in enumerate(styles, 1):
        assert ours[f"style/block{block}_conv1"] == pytest.approx(expected, rel=1e-3)
    assert objective.named(ours)["total"] == pytest.approx(contents + sum(styles) + variation, rel=1e-3)


def test_all_is_zero_at_the_targets(random_vgg: Any) -> None:
    grey = tf.fill([1, 24, 24, 3], 0.4)
    terms = objective.build(random_vgg, SMALL, grey, [grey], ALL)
    weighted, gradient = terms(grey)
    assert weighted.numpy() == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert np.isfinite(gradient.numpy()).all()


def test_the_gradient_is_the_slope(random_vgg: Any, noise: Any) -> None:
    """Along random directions, with the picture well away from the content and the styles."""
    terms = objective.build(random_vgg, SMALL, tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], ALL)
    at = noise(16, 16)
    _, gradient = terms(tf.constant(at))
    for seed in range(3):
        direction = gradient.numpy() + np.abs(gradient.numpy()).mean() * (noise(16, 16, 5 + seed) - 0.5)
        direction /= np.abs(direction).max()
        up, down = (float(tf.reduce_sum(terms(tf.constant(at + s * 2e-3 * direction))[0])) for s in (1, -1))
        slope = float((gradient.numpy().astype(np.float64) * direction).sum())
        assert (up - down) / 4e-3 == pytest.approx(slope, rel=0.03)


@pytest.mark.slow
def test_normalised_units_make_a_photograph_count_one(random_vgg: Any) -> None:
    """Compared with null targets, each term of the photograph that defines the units equals its weight."""
    grams, energies = (objective.layer_units(random_vgg, "max", name) for name in ("gram", "wasserstein2"))
    photograph = tf.constant(objective.samples.find("astronaut").load(256).tensor())
    seen = objective.features(random_vgg, photograph, ["block1_conv1", "block3_conv1"])
    for name, activations in seen.items():
        channels = activations.shape[-1]
        mean, second = channel_means(activations), gram_matrix(activations)
        nothing = wasserstein2.gaussian(tf.zeros(channels), tf.zeros([channels, channels]))
        assert float(tf.reduce_mean(activations**2)) == pytest.approx(grams.content[name], rel=1e-5)
        distance = gram.gram_distance(second, tf.zeros_like(second))
        assert float(distance) == pytest.approx(grams.style[name], rel=1e-4)
        assert float(wasserstein2.wasserstein2(mean, second, nothing)) == pytest.approx(energies.style[name], rel=0.02)
    assert set(grams.content) == set(grams.style) == set(energies.style) == set(CONVOLUTIONS["vgg19"])
    assert all(v > 0 for of in (grams.content, grams.style, energies.style) for v in of.values())


@pytest.mark.slow
def test_units_are_those_of_the_pooling(random_vgg: Any) -> None:
    """So that a weight has the same meaning with every pooling."""
    most, mean = (objective.layer_units(random_vgg, pooling, "gram").content for pooling in ("max", "average"))
    assert most["block1_conv2"] == mean["block1_conv2"]
    assert most["block4_conv1"] != pytest.approx(mean["block4_conv1"], rel=0.05)


def test_weights_scale_the_terms_and_nothing_else(random_vgg: Any, noise: Any) -> None:
    pictures = tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], ALL
    once = objective.build(random_vgg, SMALL, *pictures)
    twice = objective.build(
        random_vgg,
        SMALL.model_copy(update={"content_weight": 2.0, "style_weight": 300.0, "tv_weight": 4.0}),
        *pictures,
    )
    a, b = (terms(tf.constant(noise(16, 16)))[0].numpy() for terms in (once, twice))
    np.testing.assert_allclose(b / a, [2.0, 3.0, 3.0, 4.0], rtol=1e-5)


def test_variation_per_value_does_not_depend_on_size(random_vgg: Any) -> None:
    for size in (16, 64):
        board = np.repeat((np.indices((size, size)).sum(0) % 2).astype(np.float32)[None, :, :, None], 3, 3)
        terms = objective.build(random_vgg, SMALL, tf.constant(board), [tf.constant(board)], ALL)
        variation = terms(tf.constant(board))[0].numpy()[-1]
        assert variation == pytest.approx(2 * (size - 1) / size, rel=1e-5)


def test_weighing_anew_is_binding_anew(random_vgg: Any, noise: Any) -> None:
    """Weights changed by steering give the same numbers as a new objective, bit for bit."""
    pictures = tf.constant(noise(16, 20, 1)), [tf.constant(noise(16, 16, 2))], ALL
    other = SMALL.model_copy(
        update={"content_weight": 0.3, "tv_weight": 9.0, "style_layers": {"block1_conv1": 3.0, "block2_conv1": 0.1}}
    )
    anew = objective.term_weights(random_vgg, other, 16 * 20 * 3)
    assert objective.layers(other) == objective.layers(SMALL)
    np.testing.assert_array_equal(anew, objective.build(random_vgg, other, *pictures).weights)
    assert np.abs(anew.numpy() - objective.build(random_vgg, SMALL, *pictures).weights.numpy()).min() > 0


@pytest.mark.parametrize("distance", ["gram", "wasserstein2"])
def test_several_styles_are_averaged_by_share(random_vgg: Any, noise: Any, distance: str) -> None:
    """Their moments are averaged before one Gaussian is formed: a mixture also has the variance between its parts."""
    content, first, second = (tf.constant(noise(16, 20, seed)) for seed in (1, 2, 3))
    darker, chosen = second * 0.3, SMALL.model_copy(update={"style_distance": distance})
    mixed = objective.build(random_vgg, chosen, content, [first, darker], [StyleMixture([3.0, 1.0])]).targets.style
    for name, (target,) in zip(("block1_conv1", "block2_conv1"), mixed, strict=True):
        seen = [objective.features(random_vgg, style, [name])[name] for style in (first, darker)]
        mean, moment = (0.75 * of(seen[0]) + 0.25 * of(seen[1]) for of in (channel_means, gram_matrix))
        expected = (moment,) if distance == "gram" else wasserstein2.gaussian(mean, moment)
        for ours, theirs in zip(target, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=1e-4 * np.abs(theirs).max())
        assert np.abs(gram_matrix(seen[0]) - gram_matrix(seen[1])).max() > 1


@pytest.mark.slow
@pytest.mark.parametrize("distance", ["gram", "wasserstein2"])
def test_a_region_is_compared_with_its_own_mix(random_vgg: Any, noise: Any, distance: str) -> None:
    """A term is the sum over regions of area x distance between the region's statistics and its own style."""
    chosen = SMALL.model_copy(update={"style_distance": distance, "loss_units": "tutorial"})
    content, picture, first, second = (tf.constant(noise(32, 48, seed)) for seed in range(4))
    left = np.zeros((32, 48), np.float32)
    left[:, :18] = 1
    left[20:] = 0
    mixes = [StyleMixture([1.0, 0.0], left), StyleMixture([0.0, 5.0], 1 - left)]
    terms = objective.build(random_vgg, chosen, content, [first, second * 0.2], mixes)
    weighted = dict(zip(terms.names, terms(picture)[0].numpy(), strict=True))
    area = left.mean()
    for name in ("block1_conv1", "block2_conv1"):
        seen = objective.features(random_vgg, picture, [name])[name]
        apart = []
        for style, region in ((first, left), (second * 0.2, 1 - left)):
            counted = tf.constant(objective.layer_weights(region, "vgg19", [name])[name])
            look = objective.features(random_vgg, style, [name])[name]
            if distance == "gram":
                apart.append(gram.gram_distance(gram_matrix(seen, counted), gram_matrix(look)))
            else:
                target = wasserstein2.gaussian(channel_means(look), gram_matrix(look))
                own = channel_means(seen, counted), gram_matrix(seen, counted)
                apart.append(wasserstein2.wasserstein2(*own, target))
        expected = 100.0 * 0.5 * (area * apart[0] + (1 - area) * apart[1])
        assert weighted[f"style/{name}"] == pytest.approx(float(expected), rel=1e-3)
        assert float(apart[0]) != pytest.approx(float(apart[1]), rel=0.05)


def test_regions_that_are_everywhere_alike_are_no_regions(random_vgg: Any, noise: Any) -> None:
    pictures = tf.constant(noise(24, 24, 1)), [tf.constant(noise(16, 16, 2))]
    half = np.full((24, 24), 0.5, np.float32)
    plain, guided = (
        objective.build(random_vgg, SMALL, *pictures, mixes)(tf.constant(noise(24, 24)))
        for mixes in (ALL, [StyleMixture([1.0], half), StyleMixture([2.0], half)])
    )
    for one, other in zip(plain, guided, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5 * np.abs(one).max())


@pytest.mark.slow
@pytest.mark.parametrize("units", ["normalised", "tutorial"])
@pytest.mark.parametrize("distance", ["gram", "wasserstein2"])
def test_blank_is_about_the_loss_of_a_picture_that_is_nothing_like_its_targets(
    random_vgg: Any, noise: Any, units: str, distance: str
) -> None:
    """In order of magnitude, in any units; the engine judges a rise of the loss by it."""
    chosen = SMALL.model_copy(update={"loss_units": units, "style_distance": distance})
    pictures = tf.constant(noise(24, 24, 1) ** 3), [tf.constant(noise(24, 24, 2) ** 5)]
    terms = objective.build(random_vgg, chosen, *pictures, ALL)
    far = float(tf.reduce_sum(terms(tf.constant(noise(24, 24)))[0]))
    assert terms.null_loss / 30 < far < terms.null_loss * 30


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"content_weight": 0.0}, ("style/block1_conv1", "style/block2_conv1", "variation")),
        ({"style_weight": 0.0}, ("content/block2_conv1", "variation")),
        ({"style_weight": 0.0, "content_weight": 0.0}, ("variation",)),
        (
            {"style_layers": {"block1_conv1": 1.0, "block5_conv4": 0.0}},
            ("content/block2_conv1", "style/block1_conv1", "variation"),
        ),
        ({"content_layers": {}}, ("style/block1_conv1", "style/block2_conv1", "variation")),
    ],
)
def test_what_weighs_nothing_is_not_computed(random_vgg: Any, noise: Any, change: Any, names: Any) -> None:
    thin = SMALL.model_copy(update=change)
    terms = objective.build(random_vgg, thin, tf.constant(noise(16, 16)), [tf.constant(noise(16, 16, 1))], ALL)
    assert terms.names == names
    weighted, gradient = terms(tf.constant(noise(16, 16, 2)))
    assert weighted.shape == len(names)
    assert np.abs(gradient.numpy()).max() > 0


def test_named_terms_add_up() -> None:
    losses = objective.named({"content/a": 1.0, "content/b": 2.0, "style/a": 4.0, "style/b": 8.0, "variation": 16.0})
    assert losses == {"total": 31.0, "content": 3.0, "style": 12.0, "variation": 16.0, "style/a": 4.0, "style/b": 8.0}


def test_layers_go_in_the_networks_order_whatever_the_recipes(random_vgg: Any, noise: Any) -> None:
    mixed = Objective(style_layers={"block2_conv1": 1.0, "block1_conv1": 1.0}, content_layers={"block1_conv2": 1.0})
    terms = objective.build(random_vgg, mixed, tf.constant(noise(16, 16)), [tf.constant(noise(16, 16))], ALL)
    assert terms.names == ("content/block1_conv2", "style/block1_conv1", "style/block2_conv1", "variation")


def test_average_pooling_changes_what_is_seen(random_vgg: Any, noise: Any) -> None:
    pictures = tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], ALL
    other = SMALL.model_copy(update={"pooling": "average"})
    most, mean = (objective.build(random_vgg, o, *pictures)(tf.constant(noise(16, 16)))[0] for o in (SMALL, other))
    assert float(most[0]) != pytest.approx(float(mean[0]), rel=0.01)


@pytest.mark.parametrize("plan", [WHOLE, TilingPlan(1, 16)], ids=["whole", "strips"])
@pytest.mark.parametrize("contrast", [0.6, 1.0])
def test_a_normalised_style_counts_alike_whatever_its_contrast(
    random_vgg: Any, noise: Any, contrast: float, plan: TilingPlan
) -> None:
    content = tf.constant(noise(32, 32) * 0.2)
    style = tf.constant(np.round(noise(32, 32, 1)) * np.float32(contrast))

    def terms(normalisation: float) -> tuple[float, np.ndarray, float]:
        settings = SMALL.model_copy(update={"style_normalisation": normalisation})
        bound = objective.build(random_vgg, settings, content, [style], ALL, plan=plan)
        weighted = bound(content)[0].numpy()
        is_style = np.array([name.startswith("style/") for name in bound.names])
        return float(weighted[is_style].sum()), weighted[~is_style], bound.style_factor

    apart, others, factor = terms(0.0)
    assert factor == 1.0
    assert apart / SMALL.style_weight > objective.LEAST_APART
    for normalisation in (0.5, 1.0):
        normalised, unchanged, factor = terms(normalisation)
        assert normalised == pytest.approx(SMALL.style_weight**normalisation * apart ** (1 - normalisation), rel=1e-4)
        assert factor == pytest.approx(normalised / apart, rel=1e-4)
        np.testing.assert_allclose(unchanged, others, rtol=1e-5)


def test_a_style_is_normalised_alike_in_the_tutorials_units(random_vgg: Any, noise: Any) -> None:
    content, style = tf.constant(noise(32, 32) * 0.2), tf.constant(np.round(noise(32, 32, 1)))
    factors = [
        objective.build(
            random_vgg,
            SMALL.model_copy(update={"style_normalisation": 1.0, "loss_units": units, "content_weight": 0.0}),
            content,
            [style],
            ALL,
        ).style_factor
        for units in ("normalised", "tutorial")
    ]
    assert factors[0] == pytest.approx(factors[1], rel=1e-5)
    assert factors[0] < 1


def test_other_weights_keep_the_factor_of_a_normalised_style(random_vgg: Any, noise: Any) -> None:
    settings = SMALL.model_copy(update={"style_normalisation": 1.0})
    content = tf.constant(noise(32, 32) * 0.2)
    bound = objective.build(random_vgg, settings, content, [tf.constant(np.round(noise(32, 32, 1)))], ALL)
    doubled = settings.model_copy(update={"style_weight": 2 * settings.style_weight})
    weights = objective.term_weights(random_vgg, doubled, int(np.prod(content.shape)))
    factors = [2.0 if name.startswith("style/") else 1.0 for name in bound.names]
    np.testing.assert_allclose(bound.with_weights(weights).weights, bound.weights * factors, rtol=1e-6)


def test_a_style_like_the_content_is_not_exaggerated_without_bound(random_vgg: Any, noise: Any) -> None:
    settings = SMALL.model_copy(update={"style_normalisation": 1.0})
    content = tf.constant(noise(32, 32))
    bound = objective.build(random_vgg, settings, content, [content], ALL)
    assert bound.style_factor == pytest.approx(1 / objective.LEAST_APART)
