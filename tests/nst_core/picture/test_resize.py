"""Sizes and resampling, by property."""

from typing import Any

import numpy as np
import pytest

from nst_core.picture.resize import resize, size_for


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
