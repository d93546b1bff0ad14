"""VGG's features against naive loops and TensorFlow's own gradients."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.models import convolution, vgg
from nst_core.models.vgg import VggConfig
from nst_core.models.vgg_layout import LAST_BLOCK, operations
from nst_core.picture import samples
from nst_core.recipe import CONVOLUTIONS

MEANS_RGB = (123.68, 116.779, 103.939)


def naive_first_layer(picture: Any, kernel: Any, bias: Any) -> Any:
    """block1_conv1 in float64: RGB -> BGR, x 255, minus the means, zeros around, convolution, ReLU."""
    _, height, width, _ = picture.shape
    padded = np.zeros((height + 2, width + 2, 3))
    for blue_first, red_first in enumerate((2, 1, 0)):
        plane = picture[0, :, :, red_first].astype(np.float64) * 255 - MEANS_RGB[red_first]
        padded[1:-1, 1:-1, blue_first] = plane
    out = np.zeros((height, width, kernel.shape[3]))
    for y in range(height):
        for x in range(width):
            for dy in range(3):
                for dx in range(3):
                    out[y, x] += padded[y + dy, x + dx] @ kernel[dy, dx].astype(np.float64)
    return np.maximum(out + bias, 0)


def plain_pool(x: Any, pooling: Any) -> Any:
    """2 x 2 pooling by four slices; the factors are those that keep activations at max pooling's magnitude."""
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    quarters = tf.stack([x[:, a:height:2, b:width:2] for a in (0, 1) for b in (0, 1)])
    if pooling == "max":
        return tf.reduce_max(quarters, axis=0)
    if pooling == "average":
        return 1.5 * tf.reduce_mean(quarters, axis=0)
    return 0.7 * tf.sqrt(tf.reduce_sum(quarters**2, axis=0) + 1e-8)


def plain_features(kernels: Any, picture: Any, last: Any, pooling: Any, padding: str = "zero") -> Any:
    """A reference network of plain TensorFlow operations, with TensorFlow's own gradients."""
    current = picture[..., ::-1] * 255.0 - tf.constant(MEANS_RGB[::-1], tf.float32)
    found, block = {}, 1
    for name in CONVOLUTIONS["vgg19"]:
        if int(name[5]) != block:
            block += 1
            current = plain_pool(current, pooling)
        kernel, bias = kernels[name]
        if name == "block1_conv1" and padding == "replicate":
            current = tf.concat([current[:, :1], current, current[:, -1:]], 1)
            current = tf.concat([current[:, :, :1], current, current[:, :, -1:]], 2)
            convolved = tf.nn.conv2d(current, kernel, 1, "VALID")
        else:
            convolved = tf.nn.conv2d(current, kernel, 1, "SAME")
        current = found[name] = tf.nn.relu(convolved + bias)
        if name == last:
            return found
    return found


def slope(picture: Any, value_of: Any) -> Any:
    x = tf.constant(picture)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = value_of(x)
    return tape.gradient(value, x).numpy()


def test_the_first_layer_is_the_naive_convolution(random_vgg: Any, random_kernels: Any, noise: Any) -> None:
    picture = noise(5, 6)
    ours = vgg.features(random_vgg, tf.constant(picture), ["block1_conv1"])["block1_conv1"].numpy()[0]
    np.testing.assert_allclose(ours, naive_first_layer(picture, *random_kernels["block1_conv1"]), rtol=1e-4, atol=1e-2)


@pytest.mark.weights
def test_the_real_first_layer_is_the_naive_convolution(noise: Any) -> None:
    from nst_core.models import weights

    network = vgg.load("vgg19", "float32")
    picture = noise(4, 5)
    ours = vgg.features(network, tf.constant(picture), ["block1_conv1"])["block1_conv1"].numpy()[0]
    naive = naive_first_layer(picture, *dict(weights.vgg_kernels(network.found))["block1_conv1"])
    np.testing.assert_allclose(ours, naive, rtol=1e-4, atol=1e-2)


def test_zeros_are_padded_after_the_means_are_taken(random_vgg: Any, random_kernels: Any) -> None:
    """A picture of the means' colour is all zeros inside, so that every pixel, edge or not, sees the bias alone."""
    picture = np.broadcast_to(np.array(MEANS_RGB, np.float32) / 255, (1, 4, 4, 3))
    ours = vgg.features(random_vgg, tf.constant(picture), ["block1_conv1"])["block1_conv1"].numpy()
    bias = np.maximum(random_kernels["block1_conv1"][1], 0)
    np.testing.assert_allclose(ours, np.broadcast_to(bias, ours.shape), atol=1e-3)


READINGS = [("max", "zero"), ("average", "replicate"), ("l2", "zero"), ("max", "replicate")]


@pytest.mark.parametrize(("pooling", "padding"), READINGS)
def test_every_layer_is_plain_tensorflows(
    random_vgg: Any, random_kernels: Any, noise: Any, pooling: Any, padding: Any
) -> None:
    picture = tf.constant(noise(32, 48))
    plain = plain_features(random_kernels, picture, "block5_conv4", pooling, padding)
    ours = vgg.features(random_vgg, picture, CONVOLUTIONS["vgg19"], VggConfig(pooling, padding))
    assert list(ours) == list(CONVOLUTIONS["vgg19"])
    for name, activations in ours.items():
        np.testing.assert_allclose(activations, plain[name], rtol=1e-3, atol=1e-2, err_msg=name)
        assert activations.shape[1:3] == (32 >> (int(name[5]) - 1), 48 >> (int(name[5]) - 1))


@pytest.mark.weights
def test_every_pooling_keeps_max_poolings_magnitude() -> None:
    """About: on a photograph, down to the deepest layers; without its factor average would end at a third."""
    network, photograph = vgg.load("vgg19", "float32"), tf.constant(samples.find("chelsea").load(128).tensor())
    names = [f"block{b}_conv1" for b in range(2, 6)]
    seen = [vgg.features(network, photograph, names, VggConfig(p)) for p in ("max", "average", "l2")]
    for name in names:
        most, mean, root = (s[name].numpy() for s in seen)
        for other in (mean, root):
            assert np.abs(most - other).mean() > 0.1 * most.mean()
            assert 0.6 < np.sqrt((other**2).mean() / (most**2).mean()) < 1.6, name


@pytest.mark.parametrize("size", [(16, 16), (17, 31)])
@pytest.mark.parametrize(("pooling", "padding"), READINGS)
def test_gradients_are_tensorflows_own(
    random_vgg: Any, random_kernels: Any, noise: Any, size: Any, pooling: Any, padding: Any
) -> None:
    picture, last = noise(*size), "block3_conv2"
    weight = noise(1, 256, seed=1)[0, :, :, 0]

    def value(seen: Any) -> Any:
        return tf.reduce_sum(seen[last] * weight) + tf.reduce_sum(seen["block1_conv2"] ** 2) * 1e-3

    reading = VggConfig(pooling, padding)
    ours = slope(picture, lambda x: value(vgg.features(random_vgg, x, ["block1_conv2", last], reading)))
    plain = slope(picture, lambda x: value(plain_features(random_kernels, x, last, pooling, padding)))
    assert np.abs(plain).max() > 1
    np.testing.assert_allclose(ours, plain, rtol=1e-3, atol=1e-4 * np.abs(plain).max())


def test_pooling_by_hand() -> None:
    x = tf.constant([[1.0, 2.0, 9.0], [3.0, 6.0, 9.0], [9.0, 9.0, 9.0]])[None, :, :, None]  # the odd edge is dropped
    assert vgg._pool(x, VggConfig()).numpy() == 6
    assert vgg._pool(x, VggConfig("average")).numpy() == pytest.approx(1.5 * 3)
    assert vgg._pool(x, VggConfig("l2")).numpy() == pytest.approx(0.7 * np.sqrt(1 + 4 + 9 + 36))


@pytest.mark.parametrize("pooling", ["average", "l2"])
def test_no_activation_at_all_pools_to_nothing_with_a_finite_slope(pooling: str) -> None:
    x = tf.zeros([1, 4, 4, 2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        pooled = vgg._pool(x, VggConfig(pooling))
    np.testing.assert_allclose(pooled, 0, atol=1e-3)
    assert np.isfinite(tape.gradient(pooled, x).numpy()).all()


def test_compiled_the_greatest_values_of_a_window_share_its_gradient() -> None:
    windows = {(5, 1, 2, 3): (1, 0, 0, 0), (5, 5, 2, 3): (0.5, 0.5, 0, 0), (2, 7, 7, 7): (0, 1 / 3, 1 / 3, 1 / 3)}
    windows |= {(4, 4, 4, 4): (0.25,) * 4, (0, 0, 0, 0): (0.25,) * 4, (-3, -1, -1, -3): (0, 0.5, 0.5, 0)}
    x = tf.constant(np.reshape(list(windows), (1, -1, 2, 2)).transpose(0, 2, 1, 3).reshape(1, 2, -1, 1), tf.float32)
    upstream = tf.constant([2.0, 4.0, 6.0, 8.0, 10.0, 12.0])[None, None, :, None]
    with tf.GradientTape() as tape:
        tape.watch(x)
        pooled = convolution._max_pool(x)
    np.testing.assert_array_equal(pooled.numpy().ravel(), [max(w) for w in windows])
    given = tape.gradient(pooled, x, upstream).numpy().reshape(2, -1, 2).transpose(1, 0, 2).reshape(-1, 4)
    shares = np.array(list(windows.values())) * upstream.numpy().reshape(-1, 1)
    np.testing.assert_allclose(given, shares, rtol=1e-6)


@pytest.mark.parametrize("size", [(4, 6), (5, 7)])
def test_without_ties_max_pooling_has_tensorflows_gradient(noise: Any, size: Any) -> None:
    x, upstream = tf.constant(noise(*size)), tf.constant(noise(size[0] // 2, size[1] // 2, 1))
    slopes = []
    for pool in (convolution._max_pool, lambda v: tf.nn.max_pool2d(v, 2, 2, "VALID")):
        with tf.GradientTape() as tape:
            tape.watch(x)
            pooled = pool(x)
        slopes.append(tape.gradient(pooled, x, upstream).numpy())
    np.testing.assert_array_equal(*slopes)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["max", "average", "l2"])
@pytest.mark.parametrize("size", [(48, 64), (51, 37)])
def test_the_network_in_parts_is_the_whole_network(random_vgg: Any, noise: Any, pooling: str, size: Any) -> None:
    reading, picture = VggConfig(pooling, "replicate"), tf.constant(noise(*size))
    whole = vgg.features(random_vgg, picture, CONVOLUTIONS["vgg19"], reading)
    for cut in (1, 2, 3):
        seen, handed = vgg.blocks(random_vgg, picture, CONVOLUTIONS["vgg19"], reading, range(1, cut + 1))
        assert {int(n[5]) for n in seen} == set(range(1, cut + 1))
        assert handed.shape[1:3] == tuple(s >> cut for s in size)
        deeper, _ = vgg.blocks(random_vgg, handed, CONVOLUTIONS["vgg19"], reading, range(cut + 1, LAST_BLOCK + 1))
        for name, activations in {**seen, **deeper}.items():
            np.testing.assert_array_equal(activations, whole[name], err_msg=name)
        assert {*seen, *deeper} == set(whole)


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (0.2, 0.9, 0.5)])
def test_replicated_padding_leaves_no_frame(random_vgg: Any, colour: Any) -> None:
    """One colour looks the same at the edge as inside, where zeros around it are seen as a frame."""
    picture = tf.constant(np.broadcast_to(np.float32(colour), (1, 7, 9, 3)))

    def frame(padding: Any) -> Any:
        seen = vgg.features(random_vgg, picture, ["block1_conv1"], VggConfig("max", padding))["block1_conv1"].numpy()
        assert seen.shape == (1, 7, 9, 64)
        return np.abs(seen - seen[:, 3:4, 4:5]).max() / seen.max()

    assert frame("replicate") < 1e-5
    assert frame("zero") > 0.01


@pytest.mark.parametrize(("height", "width", "channels", "out"), [(6, 7, 3, 5), (1, 1, 4, 2), (2, 9, 5, 1)])
def test_one_convolutions_gradient_is_the_input_gradient(height: int, width: int, channels: int, out: int) -> None:
    rng = np.random.default_rng(3)
    kernel = rng.standard_normal((3, 3, channels, out)).astype(np.float32)
    layer = convolution.Layer("block1_conv1", tf.constant(kernel), tf.zeros(out))
    x = tf.constant(rng.standard_normal((1, height, width, channels)), tf.float32)
    upstream = tf.constant(rng.standard_normal((1, height, width, out)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        activation = convolution._convolve(x, layer)
    ours = tape.gradient(activation, x, upstream)
    masked = tf.where(activation > 0, upstream, 0.0)
    theirs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=x.shape, filter=kernel, out_backprop=masked, strides=[1, 1, 1, 1], padding="SAME"
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_only_what_was_asked_for_is_returned(random_vgg: Any, noise: Any) -> None:
    seen = vgg.features(random_vgg, tf.constant(noise(16, 16)), ["block2_conv1", "block1_conv1"])
    assert set(seen) == {"block1_conv1", "block2_conv1"}


def test_nothing_past_the_last_layer_is_computed(random_vgg: Any, monkeypatch: pytest.MonkeyPatch, noise: Any) -> None:
    computed = []
    real = convolution._convolve
    monkeypatch.setattr(convolution, "_convolve", lambda x, *rest: computed.append(x.shape) or real(x, *rest))
    vgg.features(random_vgg, tf.constant(noise(16, 16)), ["block2_conv1"])
    assert len(computed) == 3


def test_odd_sizes_are_halved_rounding_down(random_vgg: Any, noise: Any) -> None:
    seen = vgg.features(random_vgg, tf.constant(noise(17, 35)), CONVOLUTIONS["vgg19"])
    assert seen["block5_conv4"].shape == (1, 1, 2, 512)
    assert seen["block3_conv1"].shape == (1, 4, 8, 256)


def test_bfloat16_features_are_float32_and_near(random_vgg: Any, random_kernels: Any, noise: Any) -> None:
    low = vgg.build("vgg19", random_kernels.items(), "bfloat16")
    picture = tf.constant(noise(16, 16))
    for name in ("block1_conv1", "block3_conv4"):
        coarse = vgg.features(low, picture, [name])[name]
        exact = vgg.features(random_vgg, picture, [name])[name].numpy()
        assert coarse.dtype == tf.float32
        error = np.linalg.norm(coarse.numpy() - exact) / np.linalg.norm(exact)
        assert 1e-5 < error < 0.05


def test_features_leave_the_picture_alone(random_vgg: Any, noise: Any) -> None:
    picture = noise(16, 16)
    vgg.features(random_vgg, picture, ["block1_conv1"])
    np.testing.assert_array_equal(picture, noise(16, 16))


def test_operations_by_hand() -> None:
    one = 2 * 3 * 3 * 3 * 64 * 10 * 12
    assert operations("vgg19", ["block1_conv1"], 10, 12) == one
    two = one + 2 * 9 * 64 * 64 * 10 * 12
    assert operations("vgg19", ["block1_conv2", "block1_conv1"], 10, 12) == two
    assert operations("vgg19", ["block2_conv1"], 10, 12) == two + 2 * 9 * 64 * 128 * 5 * 6


def test_operations_of_the_whole_networks() -> None:
    """VGG-19's convolutions at 224 px are 19.5 and VGG-16's 15.3 billion multiply-adds, as their papers' tables say."""
    assert operations("vgg19", ["block5_conv4"], 224, 224) / 2e9 == pytest.approx(19.5, abs=0.05)
    assert operations("vgg16", ["block5_conv3"], 224, 224) / 2e9 == pytest.approx(15.35, abs=0.05)


@pytest.mark.weights
def test_the_real_network_is_whole_and_sees_a_photograph() -> None:
    network = vgg.load("vgg19", "float32")
    assert [layer.name for layer in network.layers] == list(CONVOLUTIONS["vgg19"])
    assert network.found.network == "vgg19"
    photograph = tf.constant(samples.find("chelsea").load(128).tensor())
    for name, activations in vgg.features(network, photograph, CONVOLUTIONS["vgg19"]).items():
        values = activations.numpy()
        assert np.isfinite(values).all(), name
        assert values.min() == 0, name  # ReLU
        assert 0.02 < (values > 0).mean() < 0.98, name
        assert 0.01 < values.std() < 1e4, name
        assert (values.max(axis=(0, 1, 2)) > 0).mean() > 0.3, name  # most channels see something


@pytest.mark.weights
def test_the_real_networks_are_kept() -> None:
    assert vgg.load("vgg19", "float32") is vgg.load("vgg19", "float32")
