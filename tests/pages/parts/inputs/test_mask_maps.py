"""What was painted becomes masks: exactly that, softened, never more than all of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.errors import PictureError
from nst_core.picture.masks import partition
from pages.parts.inputs import mask_maps


def blocks() -> np.ndarray:
    """Two labels side by side, a third apart, and the rest unpainted."""
    labels = np.zeros((48, 64), np.uint8)
    labels[8:40, 8:24], labels[8:40, 24:40], labels[20:30, 50:60] = 1, 2, 4
    return labels


@pytest.mark.parametrize("seed", range(5))
def test_runs_give_the_map_back(seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 5, (7, 11)).astype(np.uint8)
    assert np.array_equal(mask_maps.from_runs(mask_maps.to_runs(labels), 11, 7), labels)


@pytest.mark.parametrize(
    "runs",
    [None, [], {}, "0", [0], [0, 5], [0, 7], [5, 6], [-1, 6], [0, 0, 1, 6], [0, -1, 0, 7], [0.0, 6], [True, 6],
     ["0", 6], [0, 10**30], [0, 1] * 7],
)  # fmt: skip
def test_anything_else_is_refused(runs: object) -> None:
    with pytest.raises(PictureError, match="fill 3 x 2 px"):
        mask_maps.from_runs(runs, 3, 2)


def test_an_empty_map_has_no_layers() -> None:
    assert mask_maps.layers(np.zeros((48, 64), np.uint8), 0.02) == {}


def test_hard_layers_are_the_map_itself() -> None:
    found = mask_maps.layers(blocks())
    assert list(found) == [1, 2, 4]
    for label, mask in found.items():
        assert np.array_equal(mask.weights, blocks() == label)


@pytest.mark.parametrize("soft", [0.005, 0.02, 0.1])
def test_soft_layers_share_each_pixel_and_leave_the_rest_to_the_mix(soft: float) -> None:
    found = mask_maps.layers(blocks(), soft)
    total = sum(mask.weights for mask in found.values())
    assert total.max() <= 1 + 3 / 255
    assert all(mask.weights.shape == (48, 64) and mask.weights.min() >= 0 for mask in found.values())
    assert np.allclose(sum(partition([mask.weights for mask in found.values()])), 1, atol=1e-5)
    assert ((found[1].weights > 0.02) & (found[1].weights < 0.98)).sum() > 32


def test_a_speck_that_a_soft_edge_swallows_is_no_region() -> None:
    labels = np.zeros((480, 640), np.uint8)
    labels[3, 3], labels[100:300, 100:300] = 1, 2
    assert list(mask_maps.layers(labels, 0.1)) == [2]


def test_the_map_has_the_photographs_shape() -> None:
    assert mask_maps.map_size(4000, 3000) == (512, 384)
    assert mask_maps.map_size(300, 600) == (256, 512)
