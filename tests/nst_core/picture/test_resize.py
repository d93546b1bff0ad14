"""Sizes and resampling, by property."""

import re
from typing import Any

import numpy as np
import pytest

from nst_core.errors import RecipeError
from nst_core.picture.resize import check_shape, resize, size_for


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [
        ((600, 400), 300, (300, 200)),
        ((400, 600), 300, (200, 300)),
        ((100, 100), 512, (512, 512)),
        ((800, 100), 64, (64, 16)),
    ],
)
def test_size_for_keeps_the_aspect(size: Any, edge: int, expected: Any) -> None:
    assert size_for(*size, edge) == expected


def test_a_constant_stays_constant() -> None:
    for value in (0.0, 0.3, 1.0):
        picture = np.full((1, 40, 60, 3), value, np.float32)
        for width, height in ((30, 20), (90, 71)):
            assert np.allclose(resize(picture, width, height), value, atol=1e-6)


def test_shrinking_is_antialiased() -> None:
    checkers = np.indices((256, 256)).sum(axis=0) % 2
    picture = np.repeat(checkers[None, :, :, None], 3, axis=-1).astype(np.float32)
    small = resize(picture, 64, 64)
    assert np.abs(small[:, 4:-4, 4:-4] - 0.5).max() < 0.02


def test_values_stay_in_range_and_channels_apart() -> None:
    picture = np.zeros((1, 32, 32, 3), np.float32)
    picture[:, :, 16:, 0] = 1
    for side in (17, 100):
        out = resize(picture, side, side)
        assert out.dtype == np.float32
        assert out.min() >= 0
        assert out.max() <= 1
        assert not out[..., 1:].any()


def test_the_same_size_is_the_same_picture() -> None:
    picture = np.random.default_rng(0).random((1, 20, 30, 3), dtype=np.float32)
    assert resize(picture, 30, 20) is picture


def test_every_size_keeps_the_shape_to_the_pixel_or_names_the_least_that_does() -> None:
    random = np.random.default_rng(0)
    for _ in range(3000):
        width, height = (int(side) for side in random.integers(32, 5000, 2))
        if max(width, height) > 8 * min(width, height):
            continue
        edge = int(random.integers(64, 4097 if random.random() < 0.2 else 200))
        try:
            check_shape(width, height, edge)
        except RecipeError as error:
            least = int(re.search(r"longest edge of (\d+) px", str(error))[1])
            assert edge < least <= 128
            check_shape(width, height, least)
            with pytest.raises(RecipeError):
                check_shape(width, height, least - 1)
        else:
            scale = edge / max(width, height)
            sides = size_for(width, height, edge)
            assert max(sides) == edge
            assert np.abs(np.subtract(sides, (width * scale, height * scale))).max() <= 0.5
