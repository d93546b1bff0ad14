"""The written-out loss and gradient against the engine's, which TensorFlow differentiates."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.export.slow_graph import Kernels, evaluate, unpool
from nst_core.export.slow_layout import LAYERS, TERMS, inputs, outputs
from nst_core.models.vgg import features
from tests.nst_core.export.objectives import bound, graph_inputs, pictures

HEIGHT, WIDTH = 32, 48


@pytest.fixture(scope="module")
def kernels(random_kernels: Any) -> dict[str, Kernels]:
    def of(name: str) -> Kernels:
        kernel, bias = random_kernels[name]
        ours = kernel[:, :, ::-1] if name == LAYERS[0] else kernel
        return Kernels(ours, bias, ours[::-1, ::-1].transpose(0, 1, 3, 2))

    return {name: of(name) for name in LAYERS}


def evaluated(kernels: Any, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    targets = [given[f"target_{n}"] for n in range(1, 6)]
    found = evaluate(kernels, tf.constant(given["picture"]), given["content"], targets, tf.constant(given["weights"]))
    return {name: value.numpy() for name, value in found.items()}


@pytest.mark.slow
def test_terms_and_gradient_are_the_engines(kernels: Any, random_vgg: Any) -> None:
    content, style, picture = pictures(HEIGHT, WIDTH)
    objective = bound(random_vgg, content, style)
    terms, gradient = objective(tf.constant(picture))
    given = graph_inputs(objective, picture)
    found = evaluated(kernels, given)
    assert objective.names == TERMS
    np.testing.assert_allclose(found["terms"], terms, rtol=1e-5)
    np.testing.assert_allclose(found["gradient"], gradient, atol=1e-5 * float(np.abs(gradient).max()))
    assert {name: value.shape for name, value in given.items()} == inputs(WIDTH, HEIGHT)
    assert {name: value.shape for name, value in found.items()} == outputs(WIDTH, HEIGHT)


@pytest.mark.parametrize("term", range(len(TERMS)))
def test_each_term_has_its_own_weight_in_the_gradient(kernels: Any, random_vgg: Any, term: int) -> None:
    content, style, picture = pictures(HEIGHT, WIDTH)
    objective = bound(random_vgg, content, style)
    weights = np.zeros(len(TERMS), np.float32)
    weights[term] = 3.0 * objective.weights[term]
    found = evaluated(kernels, graph_inputs(objective, picture) | {"weights": weights})

    with tf.GradientTape() as tape:
        watched = tf.constant(picture)
        tape.watch(watched)
        seen = features(random_vgg, watched, LAYERS)
        layer = TERMS[term].split("/")[-1]
        if term == 0:
            loss = tf.reduce_mean(tf.square(seen[layer] - objective.targets.content[0]))
        elif layer in LAYERS:
            flat = tf.reshape(seen[layer], [-1, seen[layer].shape[-1]])
            gram = tf.matmul(flat, flat, transpose_a=True) / flat.shape[0]
            loss = tf.reduce_mean(tf.square(gram - objective.targets.style[term - 1][0][0]))
        else:
            loss = tf.image.total_variation(watched)[0]
        loss *= weights[term]
    gradient = tape.gradient(loss, watched)
    assert found["terms"][term] == pytest.approx(float(loss), rel=1e-4)
    assert not found["terms"][np.arange(len(TERMS)) != term].any()
    np.testing.assert_allclose(found["gradient"], gradient, atol=1e-4 * float(np.abs(gradient).max()))


def test_the_statistics_of_one_run_are_the_targets_of_the_next(kernels: Any, random_vgg: Any) -> None:
    """On its own content and style a picture's losses are 0, as far as they are distances."""
    content, style, _ = pictures(HEIGHT, WIDTH)
    given = graph_inputs(bound(random_vgg, content, style), content)
    seen = evaluated(kernels, given)
    own = {"content": seen["activations"]} | {f"target_{n}": seen[f"gram_{n}"] for n in range(1, 6)}
    assert np.abs(seen["terms"][1:-1]).min() > 1e-3
    assert not evaluated(kernels, given | own)["terms"][:-1].any()


def test_equal_values_of_a_pooling_window_share_its_gradient() -> None:
    """One channel has one greatest value, the other three: no direction is preferred."""
    before = tf.constant([[[[2.0, 7.0], [1.0, 7.0]], [[0.0, 7.0], [1.0, 5.0]]]])
    after = tf.nn.max_pool2d(before, 2, 2, "VALID")
    found = unpool(before, after, tf.constant([[[[6.0, 6.0]]]])).numpy()
    np.testing.assert_allclose(found[..., 0], [[[6, 0], [0, 0]]])
    np.testing.assert_allclose(found[..., 1], [[[2, 2], [2, 0]]])
