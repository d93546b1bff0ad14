"""Painted regions become masks of exactly these pixels, softened, with a sum of at most 1 at each pixel."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.errors import PictureError
from nst_core.picture import mask_maps
from nst_core.picture.frame import Frame
from nst_core.picture.mask_maps import RegionMap
from nst_core.picture.masks import partition


def blocks() -> np.ndarray:
    """Two labels side by side, a third apart, and the rest unpainted."""
    labels = np.zeros((48, 64), np.uint8)
    labels[8:40, 8:24], labels[8:40, 24:40], labels[20:30, 50:60] = 1, 2, 4
    return labels


@pytest.mark.parametrize("seed", range(5))
def test_runs_give_the_map_back(seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 5, (7, 11)).astype(np.uint8)
    assert np.array_equal(mask_maps.decode_runs(mask_maps.encode_runs(labels), 11, 7), labels)


@pytest.mark.parametrize(
    "runs",
    [None, [], {}, "0", [0], [0, 5], [0, 7], [6, 6], [-1, 6], [0, 0, 1, 6], [0, -1, 0, 7], [0.0, 6], [True, 6],
     ["0", 6], [0, 10**30], [0, 1] * 7],
)  # fmt: skip
def test_anything_else_is_refused(runs: object) -> None:
    with pytest.raises(PictureError, match="fill 3 x 2 px"):
        mask_maps.decode_runs(runs, 3, 2)


def test_an_empty_map_has_no_layers() -> None:
    assert mask_maps.to_masks(np.zeros((48, 64), np.uint8), 0.02) == {}


def test_hard_layers_are_the_map_itself() -> None:
    found = mask_maps.to_masks(blocks())
    assert list(found) == [1, 2, 4]
    for label, mask in found.items():
        assert np.array_equal(mask.weights, blocks() == label)


@pytest.mark.parametrize("soft", [0.005, 0.02, 0.1])
def test_soft_layers_share_each_pixel_and_leave_the_rest_to_the_mix(soft: float) -> None:
    found = mask_maps.to_masks(blocks(), soft)
    total = sum(mask.weights for mask in found.values())
    assert total.max() <= 1 + 3 / 255
    assert all(mask.weights.shape == (48, 64) and mask.weights.min() >= 0 for mask in found.values())
    assert np.allclose(sum(partition([mask.weights for mask in found.values()])), 1, atol=1e-5)
    assert ((found[1].weights > 0.02) & (found[1].weights < 0.98)).sum() > 32


@pytest.mark.parametrize("softness", [0.0, 0.02, 0.1])
def test_masks_give_back_their_map_and_softness(softness: float) -> None:
    masks = mask_maps.to_masks(blocks(), softness)
    labels = mask_maps.from_masks([mask.weights for mask in masks.values()])
    candidates = (0.0, 0.01, 0.02, 0.05, 0.1)
    assert mask_maps.closest_softness(labels, list(masks.values()), candidates) == softness


def test_a_speck_that_a_soft_edge_swallows_is_no_region() -> None:
    labels = np.zeros((480, 640), np.uint8)
    labels[3, 3], labels[100:300, 100:300] = 1, 2
    assert list(mask_maps.to_masks(labels, 0.1)) == [2]


def test_the_map_has_the_photographs_shape() -> None:
    assert mask_maps.map_size(4000, 3000) == (512, 384)
    assert mask_maps.map_size(300, 600) == (256, 512)


SIZE = (800, 600)
WHOLE, LEFT, MIDDLE = Frame(), Frame((0.0, 0.0, 0.5, 1.0)), Frame((0.25, 0.25, 0.75, 0.75))


def empty(frame: Frame) -> np.ndarray:
    left, top, right, bottom = frame.crop
    width, height = mask_maps.map_size(round((right - left) * SIZE[0]), round((bottom - top) * SIZE[1]))
    return np.zeros((height, width), np.uint8)


def test_what_is_painted_stays_on_the_same_spot_of_the_photograph() -> None:
    """The middle of the photograph, painted: on the part in its middle it is all of the picture's middle half."""
    labels = empty(WHOLE)
    height, width = labels.shape
    labels[height * 3 // 8 : height * 5 // 8, width * 3 // 8 : width * 5 // 8] = 2
    moved = mask_maps.reframe(labels, SIZE, WHOLE, MIDDLE)
    down, across = moved.shape
    assert (moved[down // 4 + 2 : -down // 4 - 2, across // 4 + 2 : -across // 4 - 2] == 2).all()
    assert moved.mean() == pytest.approx(2 / 4, abs=0.02)


def test_beyond_the_old_part_nothing_is_painted() -> None:
    labels = np.ones_like(empty(LEFT))
    moved = mask_maps.reframe(labels, SIZE, LEFT, WHOLE)
    assert moved[:, : moved.shape[1] // 2].all()
    assert not moved[:, moved.shape[1] // 2 :].any()


@pytest.mark.parametrize("degrees", [90.0, -90.0, 180.0])
def test_a_right_turn_turns_what_is_painted(degrees: float) -> None:
    labels = empty(WHOLE)
    labels[: labels.shape[0] // 3, : labels.shape[1] // 2] = 1
    turned = mask_maps.reframe(labels, SIZE, WHOLE, Frame(WHOLE.crop, degrees))
    wanted = np.rot90(labels, -int(degrees // 90))
    assert turned.shape == wanted.shape
    assert (turned == wanted).mean() > 0.99


@pytest.mark.parametrize("frame", [LEFT, MIDDLE, Frame(MIDDLE.crop, 30.0)])
def test_there_and_back_is_the_same(frame: Frame) -> None:
    labels = empty(WHOLE)
    labels[: labels.shape[0] // 2] = 3
    there = mask_maps.reframe(labels, SIZE, WHOLE, frame)
    again = mask_maps.reframe(mask_maps.reframe(there, SIZE, frame, WHOLE), SIZE, WHOLE, frame)
    assert (again == there).mean() > 0.98


def test_a_style_keeps_its_label_and_a_new_one_takes_a_free_one() -> None:
    first = mask_maps.with_styles(mask_maps.blank(64, 48), ["a", "b", "c", "d"])
    assert first.slots == ("a", "b", "c", "d", "")
    labels = first.labels.copy()
    labels[:10], labels[10:20] = 2, 3
    now = mask_maps.with_styles(RegionMap(labels, first.slots), ["d", "c", "a", "e"])
    assert (now.slots, now.version) == (("a", "e", "c", "d", ""), 1)
    assert not now.labels[:10].any()
    assert (now.labels[10:20] == 3).all()
    assert mask_maps.with_styles(now, ["a", "e", "c", "d"]).version == 1
