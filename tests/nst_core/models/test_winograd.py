"""Winograd's convolution against TensorFlow's own, forward and backward, at sizes that no tile divides."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.models import vgg, winograd
from nst_core.models.convolution_method import DIRECT, WINOGRAD
from nst_core.models.vgg import VggConfig

pytestmark = pytest.mark.slow


def values(*shape: Any, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def plain(x: Any, kernel: Any, bias: Any) -> Any:
    return tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)


def with_slope(convolve: Any, x: Any, upstream: Any) -> Any:
    """The activations and the gradient to `x` of their product with `upstream`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        activation = convolve(x)
    return activation, tape.gradient(activation, x, upstream)


def assert_same(ours: Any, theirs: Any) -> None:
    """Within 1e-5 of the largest value, as the module promises."""
    for mine, expected in zip(ours, theirs, strict=True):
        assert mine.shape == expected.shape
        np.testing.assert_allclose(mine, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(1, 1), (1, 17), (2, 3), (4, 4), (5, 16), (8, 1), (13, 6), (16, 17), (17, 9)])
@pytest.mark.parametrize(("came", "goes"), [(5, 7), (16, 4)])
def test_it_is_tensorflows_convolution_with_its_gradient(size: Any, came: int, goes: int) -> None:
    x, kernel, bias = tf.constant(values(1, *size, came)), values(3, 3, came, goes, seed=1), values(goes, seed=2)
    upstream = tf.constant(values(1, *size, goes, seed=3))
    transformed = tf.constant(winograd.transform_kernel(kernel))
    ours = with_slope(lambda v: winograd.convolve(v, transformed, bias), x, upstream)
    theirs = with_slope(lambda v: plain(v, kernel, bias), x, upstream)
    assert (theirs[0].numpy() == 0).any() or min(size) == 1
    assert_same(ours, theirs)


@pytest.mark.parametrize("size", [(17, 9), (8, 12)])
def test_compiled_it_is_the_same(size: Any) -> None:
    """As in real use: one signature for all sizes, compiled for each size on first use."""
    kernel, bias = values(3, 3, 6, 8, seed=1), values(8, seed=2)
    transformed = tf.constant(winograd.transform_kernel(kernel))
    any_size = [tf.TensorSpec([1, None, None, c], tf.float32) for c in (6, 8)]

    @tf.function(jit_compile=True, input_signature=any_size, autograph=False)
    def compiled(x: Any, upstream: Any) -> Any:
        return with_slope(lambda v: winograd.convolve(v, transformed, bias), x, upstream)

    x, upstream = tf.constant(values(1, *size, 6)), tf.constant(values(1, *size, 8, seed=3))
    assert_same(compiled(x, upstream), with_slope(lambda v: plain(v, kernel, bias), x, upstream))


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (17, 9), (40, 21), (64, 12)])
@pytest.mark.parametrize("band_bytes", [1, 36 * 4 * 8 * 3 * 5, 10**9])
def test_in_bands_and_by_a_mirrored_kernel_it_is_the_same(
    size: Any, band_bytes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row of tiles in a band, several rows, and all; compiled, as in real use, and not compiled."""
    monkeypatch.setattr(winograd, "BAND_BYTES", band_bytes)
    kernel, bias = values(3, 3, 6, 8, seed=1), values(8, seed=2)
    transformed = tf.constant(winograd.transform_kernel(kernel))
    mirrored = tf.constant(winograd.transform_kernel(kernel[::-1, ::-1].transpose(0, 1, 3, 2)))
    any_size = [tf.TensorSpec([1, None, None, c], tf.float32) for c in (6, 8)]

    def ours(x: Any, upstream: Any) -> Any:
        return with_slope(lambda v: winograd.convolve(v, transformed, bias, mirrored), x, upstream)

    compiled = tf.function(ours, jit_compile=True, input_signature=any_size, autograph=False)
    x, upstream = tf.constant(values(1, *size, 6)), tf.constant(values(1, *size, 8, seed=3))
    theirs = with_slope(lambda v: plain(v, kernel, bias), x, upstream)
    assert_same(ours(x, upstream), theirs)
    assert_same(compiled(x, upstream), theirs)


def test_a_large_picture_of_few_channels_is_read_in_bands() -> None:
    rows, columns = 96, 128
    few, many = tf.zeros([36, 64, 64]), tf.zeros([36, 256, 512])
    bands, tall = (int(n) for n in winograd._bands(rows, columns, few))
    assert bands > 1
    assert rows <= bands * tall < rows + bands
    assert tall * columns * 36 * 64 * 4 <= winograd.BAND_BYTES
    assert winograd._bands(rows, columns, many) == (1, rows)


def test_a_transformed_kernel_is_its_polynomial_at_the_points() -> None:
    """Each pair of channels' taps as a polynomial in two variables, in Lagrange's form, one number at a time."""
    points = [0, 1, -1, 2, -2]

    def taps(point: Any) -> Any:
        """1, p, p^2 over the product of distances to the other points; at infinity the highest tap."""
        return np.array([1, point, point**2]) / np.prod([point - other for other in points if other != point])

    rows = np.array([*map(taps, points), [0, 0, 1]])
    kernel = values(3, 3, 2, 3)
    naive = np.zeros((6, 6, 2, 3))
    for a, b, i, j in np.ndindex(6, 6, 3, 3):
        naive[a, b] += rows[a, i] * rows[b, j] * kernel[i, j].astype(np.float64)
    transformed = winograd.transform_kernel(kernel)
    assert transformed.shape == (36, 2, 3)
    assert transformed.dtype == np.float32
    np.testing.assert_allclose(transformed, naive.reshape(36, 2, 3), rtol=1e-6, atol=1e-7)


def test_a_layer_reads_the_same_either_way(random_vgg: Any, noise: Any) -> None:
    """Two layers of the network, with its own pixel convention and both paddings; only the first convolution pads."""
    picture, names = tf.constant(noise(11, 14)), ["block1_conv1", "block1_conv2"]
    for padding in ("zero", "replicate"):
        ours, theirs = (
            vgg.features(random_vgg, picture, names, VggConfig("max", padding, method)) for method in (WINOGRAD, DIRECT)
        )
        assert_same([ours[n] for n in names], [theirs[n] for n in names])
