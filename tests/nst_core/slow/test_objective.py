"""The objective: the tutorial's formula on foreign convolutions, units that mean the same everywhere, one trace."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nst_core.recipe import CONVOLUTIONS, TUTORIAL, Objective
from nst_core.slow import objective
from nst_core.slow.losses import gram_matrix

SMALL = Objective(
    content_layers={"block2_conv1": 1.0},
    style_layers={"block1_conv1": 0.5, "block2_conv1": 0.5},
    content_weight=1.0,
    style_weight=100.0,
    tv_weight=1.0,
)


def keras_vgg(kernels, names):
    """Keras' own VGG-19 with these kernels: 0-255 BGR minus means in, the named layers out."""
    whole = keras.applications.VGG19(include_top=False, weights=None)
    for name in CONVOLUTIONS["vgg19"]:
        whole.get_layer(name).set_weights(kernels[name])
    return keras.Model(whole.input, [whole.get_layer(n).output for n in names])


def tutorial_in_numpy(kernels, picture, content, style):
    """The formula of TensorFlow's tutorial, term by term: 1e4 content + 1e-2 style + 30 variation."""
    names = [f"block{b}_conv1" for b in range(1, 6)] + ["block5_conv2"]
    model = keras_vgg(kernels, names)

    def see(pixels):
        return model(keras.applications.vgg19.preprocess_input(pixels * 255.0), training=False)

    def gram(layer):
        values = np.asarray(layer, np.float64)
        return np.einsum("bijc,bijd->cd", values, values) / (values.shape[1] * values.shape[2])

    ours, theirs, looks = see(picture.copy()), see(content.copy()), see(style.copy())
    styles = [1e-2 / 5 * np.mean((gram(a) - gram(b)) ** 2) for a, b in zip(ours[:5], looks[:5], strict=True)]
    contents = 1e4 * np.mean((np.asarray(ours[5], np.float64) - np.asarray(theirs[5])) ** 2)
    variation = 30 * (np.abs(np.diff(picture, axis=1)).sum() + np.abs(np.diff(picture, axis=2)).sum())
    return contents, styles, variation


def test_tutorial_units_are_the_tutorials_formula(random_vgg, random_kernels, noise):
    picture, content, style = noise(32, 48), noise(32, 48, 1), noise(32, 48, 2) ** 2
    terms = objective.bind(random_vgg, TUTORIAL, tf.constant(content), [tf.constant(style)], [1.0])
    weighted, _ = terms(tf.constant(picture))
    ours = dict(zip(terms.names, weighted.numpy(), strict=True))
    contents, styles, variation = tutorial_in_numpy(random_kernels, picture, content, style)
    assert ours["content/block5_conv2"] == pytest.approx(contents, rel=1e-3)
    assert ours["variation"] == pytest.approx(variation, rel=1e-4)
    for block, expected in enumerate(styles, 1):
        assert ours[f"style/block{block}_conv1"] == pytest.approx(expected, rel=1e-3)
    assert objective.named(ours)["total"] == pytest.approx(contents + sum(styles) + variation, rel=1e-3)


def test_all_is_zero_at_the_targets(random_vgg):
    grey = tf.fill([1, 24, 24, 3], 0.4)
    terms = objective.bind(random_vgg, SMALL, grey, [grey], [1.0])
    weighted, gradient = terms(grey)
    assert weighted.numpy() == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert np.isfinite(gradient.numpy()).all()


def test_the_gradient_is_the_slope(random_vgg, noise):
    """Along random directions, with the picture well away from the content and the styles."""
    terms = objective.bind(random_vgg, SMALL, tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], [1.0])
    at = noise(16, 16)
    _, gradient = terms(tf.constant(at))
    for seed in range(3):
        direction = gradient.numpy() + np.abs(gradient.numpy()).mean() * (noise(16, 16, 5 + seed) - 0.5)
        direction /= np.abs(direction).max()
        up, down = (float(tf.reduce_sum(terms(tf.constant(at + s * 2e-3 * direction))[0])) for s in (1, -1))
        slope = float((gradient.numpy().astype(np.float64) * direction).sum())
        assert (up - down) / 4e-3 == pytest.approx(slope, rel=0.03)


def test_normalised_units_make_a_photograph_count_one(random_vgg):
    """Against an all-zero target, a term of the photograph that the scales were measured on is its weight."""
    units = objective.scales(random_vgg, "max")
    photograph = tf.constant(objective.samples.find("astronaut").load(256).tensor())
    seen = objective.features(random_vgg, photograph, ["block1_conv1", "block3_conv1"])
    for name, activations in seen.items():
        assert float(tf.reduce_mean(activations**2)) == pytest.approx(units.content[name], rel=1e-5)
        assert float(tf.reduce_mean(gram_matrix(activations) ** 2)) == pytest.approx(units.style[name], rel=1e-4)
    assert set(units.content) == set(units.style) == set(CONVOLUTIONS["vgg19"])
    assert all(v > 0 for v in (*units.content.values(), *units.style.values()))


def test_weights_scale_the_terms_and_nothing_else(random_vgg, noise):
    pictures = tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], [1.0]
    once = objective.bind(random_vgg, SMALL, *pictures)
    twice = objective.bind(
        random_vgg,
        SMALL.model_copy(update={"content_weight": 2.0, "style_weight": 300.0, "tv_weight": 4.0}),
        *pictures,
    )
    a, b = (terms(tf.constant(noise(16, 16)))[0].numpy() for terms in (once, twice))
    np.testing.assert_allclose(b / a, [2.0, 3.0, 3.0, 4.0], rtol=1e-5)


def test_variation_per_value_does_not_depend_on_size(random_vgg):
    for size in (16, 64):
        board = np.repeat((np.indices((size, size)).sum(0) % 2).astype(np.float32)[None, :, :, None], 3, 3)
        terms = objective.bind(random_vgg, SMALL, tf.constant(board), [tf.constant(board)], [1.0])
        variation = terms(tf.constant(board))[0].numpy()[-1]
        assert variation == pytest.approx(2 * (size - 1) / size, rel=1e-5)


def test_several_styles_are_averaged_by_share(random_vgg, noise):
    content, first, second = (tf.constant(noise(16, 20, seed)) for seed in (1, 2, 3))
    darker = second * 0.3
    mixed = objective.bind(random_vgg, SMALL, content, [first, darker], [3.0, 1.0]).targets.grams
    alone = [objective.bind(random_vgg, SMALL, content, [style], [9.0]).targets.grams for style in (first, darker)]
    for mean, a, b in zip(mixed, *alone, strict=True):
        np.testing.assert_allclose(mean, 0.75 * a.numpy() + 0.25 * b.numpy(), rtol=1e-4)
        assert np.abs(a.numpy() - b.numpy()).max() > 1


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
def test_what_weighs_nothing_is_not_computed(random_vgg, noise, change, names):
    thin = SMALL.model_copy(update=change)
    terms = objective.bind(random_vgg, thin, tf.constant(noise(16, 16)), [tf.constant(noise(16, 16, 1))], [1.0])
    assert terms.names == names
    weighted, gradient = terms(tf.constant(noise(16, 16, 2)))
    assert weighted.shape == len(names)
    assert np.abs(gradient.numpy()).max() > 0


def test_named_terms_add_up():
    losses = objective.named({"content/a": 1.0, "content/b": 2.0, "style/a": 4.0, "style/b": 8.0, "variation": 16.0})
    assert losses == {"total": 31.0, "content": 3.0, "style": 12.0, "variation": 16.0, "style/a": 4.0, "style/b": 8.0}


def test_layers_go_in_the_networks_order_whatever_the_recipes(random_vgg, noise):
    mixed = Objective(style_layers={"block2_conv1": 1.0, "block1_conv1": 1.0}, content_layers={"block1_conv2": 1.0})
    terms = objective.bind(random_vgg, mixed, tf.constant(noise(16, 16)), [tf.constant(noise(16, 16))], [1.0])
    assert terms.names == ("content/block1_conv2", "style/block1_conv1", "style/block2_conv1", "variation")


def test_average_pooling_changes_what_is_seen(random_vgg, noise):
    pictures = tf.constant(noise(16, 16, 1)), [tf.constant(noise(16, 16, 2))], [1.0]
    other = SMALL.model_copy(update={"pooling": "average"})
    most, mean = (objective.bind(random_vgg, o, *pictures)(tf.constant(noise(16, 16)))[0] for o in (SMALL, other))
    assert float(most[0]) != pytest.approx(float(mean[0]), rel=0.01)
