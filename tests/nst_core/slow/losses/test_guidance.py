"""Regions by brute force: units inside a region do not change with pixels outside it."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.models import vgg
from nst_core.models.vgg_layout import margin_px, receptive_field_px, stride_px
from nst_core.recipe import CONVOLUTIONS
from nst_core.slow.losses.guidance import check_style_size, layer_weights

DEPTHS = ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv1", "block4_conv1", "block4_conv2")


@cache
def tiny(network: Any, *, positive: bool = False) -> Any:
    """A random network of this depth, three channels wide; with positive kernels nothing cancels and no ReLU closes."""
    chance = np.random.default_rng(0)

    def kernel() -> Any:
        values = chance.normal(0.0, 0.3, (3, 3, 3, 3)).astype(np.float32)
        return np.abs(values) / 4 if positive else values

    bias = np.full(3, 60.0 if positive else 0.5, np.float32)
    return vgg.build(network, [(name, (kernel(), bias)) for name in CONVOLUTIONS[network]], "float32")


def disc(height: Any, width: Any, radius: Any) -> Any:
    y, x = np.mgrid[:height, :width]
    return ((y - height / 2) ** 2 + (x - width / 2) ** 2 <= radius**2).astype(np.float32)


@pytest.mark.parametrize(
    ("network", "layer", "field"),
    [
        ("vgg19", "block1_conv1", 3),
        ("vgg19", "block1_conv2", 5),
        ("vgg19", "block2_conv1", 10),
        ("vgg19", "block3_conv1", 24),
        ("vgg16", "block4_conv1", 60),
        ("vgg19", "block4_conv1", 68),
        ("vgg16", "block5_conv1", 132),
        ("vgg19", "block5_conv1", 156),
    ],
)
def test_the_receptive_field_is_what_the_slope_reaches(network: str, layer: str, field: int) -> None:
    assert receptive_field_px(network, layer) == field
    cell = stride_px(layer)
    size = 2 * (field // cell + 2) * cell
    picture = tf.fill([1, size, size, 3], 0.5)
    unit = size // cell // 2
    with tf.GradientTape() as tape:
        tape.watch(picture)
        seen = vgg.features(tiny(network, positive=True), picture, [layer], vgg.VggConfig("average"))[layer][
            0, unit, unit, 0
        ]
    rows = np.flatnonzero(np.abs(tape.gradient(seen, picture).numpy()).sum((0, 2, 3)))
    margin = margin_px(network, layer)
    assert (rows[0], rows[-1]) == (unit * cell - margin, (unit + 1) * cell - 1 + margin)


@pytest.mark.parametrize("layer", DEPTHS)
@pytest.mark.parametrize("soft", [False, True])
def test_what_lies_inside_is_unmoved_by_anything_outside(layer: Any, soft: bool) -> None:
    network = tiny("vgg19")
    mask = disc(150, 173, 68)  # not multiples of the cells
    mask[:40] = 0
    if soft:
        mask = mask * np.random.default_rng(2).uniform(0.2, 1, mask.shape).astype(np.float32)
    weights = layer_weights(mask, "vgg19", [layer], least_units=0)[layer]
    chance = np.random.default_rng(1)
    inside, outside = (chance.random((1, *mask.shape, 3), np.float32) for _ in range(2))
    moved = np.where(mask[None, :, :, None] > 0, inside, outside)
    before, after = (vgg.features(network, tf.constant(p), [layer])[layer].numpy()[0] for p in (inside, moved))
    assert weights.shape == before.shape[:2]
    assert (weights > 0).any()
    assert not np.array_equal(before[weights == 0], after[weights == 0])
    np.testing.assert_allclose(before[weights > 0], after[weights > 0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv2"])
def test_a_weight_is_the_least_value_that_the_unit_sees(layer: str) -> None:
    mask = np.random.default_rng(0).random((61, 83), np.float32)
    cell, margin = stride_px(layer), margin_px("vgg16", layer)
    weights = layer_weights(mask, "vgg16", [layer], least_units=0)[layer]
    assert weights.shape == (61 // cell, 83 // cell)
    assert weights.dtype == np.float32
    for y, x in np.ndindex(weights.shape):
        top, left = max(y * cell - margin, 0), max(x * cell - margin, 0)
        assert weights[y, x] == mask[top : (y + 1) * cell + margin, left : (x + 1) * cell + margin].min()


@pytest.mark.parametrize("shape", [(64, 64), (97, 130), (16, 200)])
def test_the_whole_picture_keeps_all_its_units(shape: Any) -> None:
    names = CONVOLUTIONS["vgg19"]
    for name, weights in layer_weights(np.ones(shape), "vgg19", names).items():
        np.testing.assert_array_equal(weights, np.ones([size // stride_px(name) for size in shape]))


def test_erosion_leaves_enough_units_where_the_region_has_them() -> None:
    mask = disc(256, 256, 60)  # block5_conv1 sees 156 px: no unit sees the disc alone
    weights = layer_weights(mask, "vgg19", ["block5_conv1"])["block5_conv1"]
    means = mask.reshape(16, 16, 16, 16).mean((1, 3))
    assert 16 <= weights.sum() < means.sum()
    assert (weights <= means).all()


def test_a_region_of_few_units_is_not_eroded() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[8:40, 16:48] = 1
    weights = layer_weights(mask, "vgg19", ["block5_conv1"])["block5_conv1"]
    np.testing.assert_array_equal(weights, mask.reshape(4, 16, 4, 16).mean((1, 3)))


def test_more_units_asked_for_means_less_erosion() -> None:
    mask = disc(200, 200, 70)
    sums = [layer_weights(mask, "vgg19", ["block4_conv1"], n)["block4_conv1"].sum() for n in (0, 16, 100, 10_000)]
    assert sums == sorted(sums)
    assert sums[0] < sums[-1]


def test_a_region_smaller_than_a_unit_still_counts() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[30:34, 30:34] = 1
    weights = layer_weights(mask, "vgg19", ["block5_conv1"])["block5_conv1"]
    np.testing.assert_array_equal(np.argwhere(weights), [[1, 1], [1, 2], [2, 1], [2, 2]])


def test_a_region_of_what_pooling_leaves_over_counts_in_the_last_units() -> None:
    mask = np.zeros((70, 41), np.float32)
    mask[64:] = 1
    weights = layer_weights(mask, "vgg19", ["block5_conv1"])["block5_conv1"]
    np.testing.assert_allclose(weights, [[0, 0]] * 3 + [[6 / 22] * 2])


def test_an_empty_region_is_refused_with_its_layer() -> None:
    with pytest.raises(
        RecipeError, match=r"must not be empty for layer block1_conv2, whose units are 1 x 1 px, got 0 px"
    ):
        layer_weights(np.zeros((64, 64)), "vgg19", ["block1_conv2"])


@pytest.mark.parametrize("size", [(16, 400), (400, 16), (16, 16)])
def test_one_unit_of_the_deepest_layer_is_enough(size: Any) -> None:
    check_style_size("vgg19", ["block5_conv1", "block1_conv1"], *size)
    assert vgg.features(tiny("vgg19"), tf.zeros([1, *size, 3]), ["block5_conv1"])["block5_conv1"].shape[1] >= 1


@pytest.mark.parametrize("size", [(15, 400), (400, 15)])
def test_a_picture_below_one_unit_is_refused_with_its_layer_and_size(size: Any) -> None:
    message = f"content picture must be at least 16 px on each side for layer block5_conv1, got {size[1]} x {size[0]}"
    with pytest.raises(RecipeError, match=message):
        check_style_size("vgg19", ["block1_conv1", "block5_conv1"], *size, what="content")
    check_style_size("vgg19", ["block1_conv1", "block4_conv2"], *size)
    check_style_size("vgg19", [], 1, 1)
