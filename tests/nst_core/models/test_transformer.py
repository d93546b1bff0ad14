"""The transformer's convolutions on blocks against plain ones, and the whole against the network layer by layer."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.models.transformer import (
    STYLED,
    Transformer,
    kernel_on_blocks,
    strided_kernel_on_blocks,
    upsampling_kernel,
)


def random(*shape: Any, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_blocks_change_no_sum(size: int) -> None:
    x, kernel = random(2, 24, 32, 3), random(size, size, 3, 5, seed=1)
    reach = size // 2
    edge = -(-reach // 2) * 2  # the size of a whole number of blocks
    padded = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]])
    ours = tf.nn.depth_to_space(tf.nn.conv2d(tf.nn.space_to_depth(padded, 2), kernel_on_blocks(kernel), 1, "VALID"), 2)
    np.testing.assert_allclose(ours, tf.nn.conv2d(x, kernel, 1, "SAME"), atol=2e-4)


def test_a_stride_of_two_reads_blocks() -> None:
    x, kernel = random(1, 12, 16, 4), random(3, 3, 4, 6, seed=1)
    above = tf.pad(x, [[0, 0], [2, 0], [2, 0], [0, 0]])
    ours = tf.nn.conv2d(tf.nn.space_to_depth(above, 2), strided_kernel_on_blocks(kernel), 1, "VALID")
    plain = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), kernel, 2, "VALID")
    np.testing.assert_allclose(ours, plain, atol=1e-4)


def test_doubling_repeats_no_pixel() -> None:
    x, kernel = random(1, 7, 9, 4), random(3, 3, 4, 6, seed=1)
    framed = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    ours = tf.nn.depth_to_space(tf.nn.conv2d(framed, upsampling_kernel(kernel), 1, "VALID"), 2)
    repeated = np.repeat(np.repeat(x, 2, 1), 2, 2)
    plain = tf.nn.conv2d(np.pad(repeated, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect"), kernel, 1, "VALID")
    np.testing.assert_allclose(ours, plain, atol=1e-4)


@pytest.fixture(scope="module")
def arrays() -> Any:
    """Random weights under the network's names."""
    shapes = {"contract/conv1": (9, 3, 8), "contract/conv2": (3, 8, 16), "contract/conv3": (3, 16, 32)}
    shapes |= dict.fromkeys(STYLED[:10], (3, 32, 32))
    shapes |= dict(zip(STYLED[10:], ((3, 32, 16), (3, 16, 8), (9, 8, 3)), strict=True))
    made = {}
    for seed, (name, (size, inside, out)) in enumerate(shapes.items()):
        made[f"transformer/{name}/weights"] = random(size, size, inside, out, seed=seed) / np.float32(
            size * inside**0.5
        )
        made[f"transformer/{name}/bias"] = random(out, seed=100 + seed)
        for number, part in enumerate(("Conv", "Conv_1")):
            style = f"style_params/transformer/{name}/StyleNorm/{part}"
            made[f"{style}/weights"] = random(1, 1, 100, out, seed=200 + 2 * seed + number) / 10
            made[f"{style}/bias"] = random(out, seed=300 + 2 * seed + number)
    return made


def plain_network(arrays: Any, content: Any, vector: Any) -> Any:
    """The transformer as a reference, one plain operation after another."""

    def conv(x: Any, name: Any, stride: int = 1) -> Any:
        kernel = arrays[f"transformer/{name}/weights"]
        edge = len(kernel) // 2
        x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]], "REFLECT")
        return tf.nn.conv2d(x, kernel, stride, "VALID")

    def styled(x: Any, name: Any) -> Any:
        x = conv(x, name)
        style = [f"style_params/transformer/{name}/StyleNorm/{part}" for part in ("Conv", "Conv_1")]
        shift, scale = (vector @ arrays[f"{s}/weights"][0, 0] + arrays[f"{s}/bias"] for s in style)
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return (x - mean) / tf.sqrt(variance + 1e-5) * scale + shift

    x = content
    for name, stride in (("contract/conv1", 1), ("contract/conv2", 2), ("contract/conv3", 2)):
        x = tf.nn.relu(conv(x, name, stride) + arrays[f"transformer/{name}/bias"])
    for block in range(5):
        x += styled(tf.nn.relu(styled(x, STYLED[2 * block])), STYLED[2 * block + 1])
    for name in STYLED[10:12]:
        x = tf.nn.relu(styled(tf.repeat(tf.repeat(x, 2, 1), 2, 2), name))
    return tf.sigmoid(styled(x, STYLED[12]))


@pytest.mark.parametrize("size", [(32, 32), (20, 48)])
def test_the_whole_is_the_network_layer_by_layer(arrays: Any, size: Any) -> None:
    content, vector = random(2, *size, 3, seed=5) * 0.2 + 0.5, random(2, 1, 1, 100, seed=6)
    ours = Transformer(arrays).stylise(tf.constant(content), tf.constant(vector)).numpy()
    assert ours.std() > 0.1
    np.testing.assert_allclose(ours, plain_network(arrays, content, vector), atol=1e-4)


def test_odd_sizes_are_the_mirrored_picture_cut_off(arrays: Any) -> None:
    content, vector = random(1, 30, 41, 3, seed=5) * 0.2 + 0.5, random(1, 1, 1, 100, seed=6)
    network = Transformer(arrays)
    ours = network.stylise(tf.constant(content), tf.constant(vector)).numpy()
    assert ours.shape == (1, 30, 41, 3)
    mirrored = np.pad(content, [(0, 0), (0, 2), (0, 3), (0, 0)], "reflect")
    whole = network.stylise(tf.constant(mirrored), tf.constant(vector)).numpy()[:, :30, :41]
    np.testing.assert_allclose(ours, whole, atol=1e-5)
