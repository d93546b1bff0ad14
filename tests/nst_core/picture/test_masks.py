"""Masks by property: right weights or one clear PictureError; layers that sum to 1."""

import io
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.masks import MAX_FEATHER_PX, Mask, at_size, feather, open_mask, partition


def saved(pixels: Any, kind: str = "PNG") -> Any:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def left_half(width: int = 60, height: int = 40) -> Any:
    levels = np.zeros((height, width), np.uint8)
    levels[:, : width // 2] = 255
    return levels


def ramp(width: int = 64, height: int = 48) -> Any:
    return np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))


def test_luminance_is_the_mask() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)
    mask = open_mask(saved(levels), (60, 40))
    assert (mask.weights.dtype, mask.weights.shape) == (np.float32, (40, 60))
    assert np.allclose(mask.weights, levels / 255, atol=1e-6)
    assert not mask.weights.flags.writeable


def test_a_coloured_mask_counts_by_its_luminance() -> None:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 255
    assert np.allclose(open_mask(saved(red), (60, 40)).weights, 0.299, atol=1 / 255)


@pytest.mark.parametrize("paint", [(0, 0, 0), (255, 255, 255), (200, 30, 90)])
def test_where_there_is_transparency_opacity_is_the_mask_whatever_the_paint(paint: Any) -> None:
    layer = np.empty((40, 60, 4), np.uint8)
    layer[..., :3] = paint
    layer[..., 3] = left_half()
    mask = open_mask(saved(layer), (60, 40))
    assert np.array_equal(mask.weights, (left_half() / 255).astype(np.float32))
    assert mask.sha256 == open_mask(saved(left_half()), (60, 40)).sha256


def test_masks_that_look_alike_on_white_have_hashes_of_their_own() -> None:
    def white_on(alpha: Any) -> Any:
        return saved(np.dstack([np.full((40, 60, 3), 255, np.uint8), alpha]))

    one, other = (open_mask(white_on(a), (60, 40)) for a in (left_half(), left_half()[:, ::-1]))
    assert one.sha256 != other.sha256


@pytest.mark.parametrize("size", [(60, 40), (30, 20), (240, 160), (181, 120), (45, 30), (44, 30)])
def test_a_mask_of_the_same_shape_is_resized(size: Any) -> None:
    mask = open_mask(saved(left_half()), size)
    assert mask.weights.shape == size[::-1]
    assert mask.weights.mean() == pytest.approx(0.5, abs=0.02)
    assert mask.weights[:, : size[0] // 3].min() > 0.98
    assert mask.weights[:, -size[0] // 3 :].max() < 0.02


def test_the_hash_is_of_the_mask_and_not_of_the_size_it_is_used_at() -> None:
    data = saved(left_half())
    assert len({open_mask(data, size).sha256 for size in ((60, 40), (240, 160), (30, 20))}) == 1


@pytest.mark.parametrize("size", [(40, 60), (60, 60), (60, 45), (600, 450), (60, 37), (2000, 1000)])
def test_a_mask_of_another_shape_is_refused_with_both_sizes(size: Any) -> None:
    with pytest.raises(PictureError, match=rf"{size[0]} x {size[1]} px.*got 60 x 40 px"):
        open_mask(saved(left_half()), size)


@pytest.mark.parametrize("size", [(600, 401), (1021, 680), (333, 222), (1500, 1001)])
def test_rounding_is_forgiven(size: Any) -> None:
    assert open_mask(saved(left_half()), size).weights.shape == size[::-1]


@pytest.mark.parametrize("levels", [np.zeros((40, 60), np.uint8), np.zeros((40, 60, 4), np.uint8)])
def test_an_empty_mask_is_refused(levels: Any) -> None:
    with pytest.raises(PictureError, match=r"empty; paint its region white|clear everywhere"):
        open_mask(saved(levels), (60, 40))


def test_one_level_is_not_empty() -> None:
    levels = np.zeros((40, 60), np.uint8)
    levels[3, 5] = 1
    assert open_mask(saved(levels), (60, 40)).weights.max() == pytest.approx(1 / 255)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", saved(left_half())[:-30], saved(left_half(20, 20))])
def test_what_the_door_refuses_is_no_mask(data: Any) -> None:
    with pytest.raises(PictureError):
        open_mask(data, (60, 40))


def test_our_own_weights_survive_a_file() -> None:
    mask = Mask.from_weights(ramp())
    levels = np.round(mask.weights * 255).astype(np.uint8)
    again = open_mask(saved(levels), (64, 48))
    assert again.sha256 == mask.sha256
    assert np.array_equal(again.weights, mask.weights)


def test_weights_at_another_size_stay_weights() -> None:
    for size in ((17, 13), (300, 200)):
        made = at_size(ramp(), *size)
        assert (made.dtype, made.shape) == (np.float32, size[::-1])
        assert made.min() >= 0
        assert made.max() <= 1
        assert made.mean() == pytest.approx(0.5, abs=0.01)
    same = ramp()
    assert at_size(same, 64, 48) is same


def hard_edge() -> Any:
    return Mask.from_weights((left_half(200, 60) / 255).astype(np.float32))


@pytest.mark.parametrize("px", [2, 5, 12])
def test_a_feathered_edge_is_that_of_a_gaussian(px: int) -> None:
    row = feather(hard_edge(), px).weights[30]
    assert np.all(np.diff(row) <= 0)
    assert row[99] + row[100] == pytest.approx(1, abs=0.02)
    away = (np.arange(200) - 99.5) / px  # of pixel centres from the edge, in standard deviations
    wanted = [0.5 * (1 - math.erf(x / math.sqrt(2))) for x in away]
    assert np.abs(row - wanted).max() < 0.03


def test_feathering_makes_another_mask_and_none_is_none() -> None:
    mask = hard_edge()
    assert feather(mask, 0) is mask
    assert feather(mask, 4).sha256 != mask.sha256
    assert feather(mask, 4).sha256 == feather(mask, 4).sha256
    full = Mask.from_weights(np.ones((40, 40), np.float32))
    assert np.array_equal(feather(full, 9).weights, full.weights)


@pytest.mark.parametrize("px", [-1, MAX_FEATHER_PX + 1, float("nan")])
def test_a_feather_out_of_range_is_refused(px: Any) -> None:
    with pytest.raises(PictureError, match=f"between 0 and {MAX_FEATHER_PX} px"):
        feather(hard_edge(), px)


def test_a_feather_that_leaves_nothing_is_refused() -> None:
    dot = np.zeros((80, 80), np.float32)
    dot[40, 40] = 1
    with pytest.raises(PictureError, match="30 px leaves nothing"):
        feather(Mask.from_weights(dot), 30)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_layers_sum_to_one_and_end_with_the_rest(count: int) -> None:
    rng = np.random.default_rng(count)
    masks = list(rng.random((count, 30, 40), np.float32) ** 3)
    layers = partition(masks)
    assert len(layers) == count + 1
    assert all(layer.dtype == np.float32 and layer.min() >= 0 and layer.max() <= 1 for layer in layers)
    assert np.allclose(np.sum(layers, axis=0), 1, atol=1e-6)


def test_masks_that_do_not_overlap_are_their_own_layers() -> None:
    left = (left_half() / 510).astype(np.float32)
    right = left[:, ::-1]
    first, second, rest = partition([left, right])
    assert np.array_equal(first, left)
    assert np.array_equal(second, right)
    assert np.allclose(rest, 0.5)


def test_where_nothing_covers_there_is_only_the_rest() -> None:
    mask = (left_half() / 255).astype(np.float32)
    layer, rest = partition([mask])
    assert np.array_equal(layer, mask)
    assert np.array_equal(rest, 1 - mask)


def test_overlapping_masks_share_in_proportion() -> None:
    full = np.ones((4, 4), np.float32)
    first, second, rest = partition([full, full / 2])
    assert np.allclose(first, 2 / 3)
    assert np.allclose(second, 1 / 3)
    assert not rest.any()


def test_a_small_region_lasts_to_a_small_size() -> None:
    dot = np.zeros((1024, 1024), np.uint8)
    dot[500:502, 500:502] = 255
    mask = open_mask(saved(dot), (1024, 1024))
    layer, rest = partition([at_size(mask.weights, 64, 64)])
    assert layer.any()
    assert np.allclose(layer + rest, 1)


def test_no_masks_are_no_layers() -> None:
    assert partition([]) == []


def test_masks_of_two_sizes_are_refused() -> None:
    with pytest.raises(PictureError, match="one size, got 5 x 4 px and, as number 2, 4 x 5 px"):
        partition([np.ones((4, 5), np.float32), np.ones((5, 4), np.float32)])


def test_a_set_with_an_empty_mask_is_refused() -> None:
    with pytest.raises(PictureError, match="mask 2 of 2 must not be empty"):
        partition([np.ones((4, 5), np.float32), np.zeros((4, 5), np.float32)])
