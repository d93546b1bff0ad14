"""Enlarging along edges: constants and the photograph are reproduced, and edges are sharper than by resampling."""

from typing import Any

import numpy as np
import pytest

from nst_core.picture.guided import enlarge
from nst_core.picture.resize import resize


def edge(height: Any, width: Any) -> Any:
    """Dark on the left, bright on the right, grey in colour."""
    picture = np.full((1, height, width, 3), 0.2, np.float32)
    picture[:, :, width // 2 :] = 0.8
    return picture


def test_one_colour_stays_one_colour(noise: Any) -> None:
    large = noise(60, 80)
    small = resize(large, 20, 15)
    painted = np.broadcast_to(np.array([0.2, 0.5, 0.9], np.float32), small.shape)
    np.testing.assert_allclose(
        enlarge(painted, small, large), np.broadcast_to(painted[0, 0, 0], large.shape), atol=1e-4
    )


@pytest.mark.parametrize("slope", [1.0, -1.0, 0.5])
def test_a_painting_that_follows_the_photograph_gets_its_edges(slope: float) -> None:
    large = edge(64, 128)
    small = resize(large, 32, 16)
    follows = np.array([1.0, 0.6, 0.3], np.float32) * slope / 2 + np.array([0.5, 0.5, 0.5], np.float32)

    def paint(picture: Any) -> Any:
        return 0.5 + (picture - 0.5) * follows

    sharp, plain = enlarge(paint(small), small, large), resize(paint(small), 128, 64)
    wanted = paint(large)
    assert np.abs(sharp - wanted).mean() < 0.5 * np.abs(plain - wanted).mean()


def test_strokes_the_photograph_does_not_have_are_enlarged_as_they_are(noise: Any) -> None:
    large = np.full((1, 64, 64, 3), 0.5, np.float32)
    strokes = resize(noise(8, 8), 16, 16)
    small = resize(large, 16, 16)
    np.testing.assert_allclose(enlarge(strokes, small, large), resize(strokes, 64, 64), atol=1e-3)


@pytest.mark.parametrize("size", [(33, 77), (16, 200)])
def test_any_size_stays_in_range(noise: Any, size: Any) -> None:
    large = noise(*size)
    small = resize(large, size[1] // 2, size[0] // 2)
    result = enlarge(noise(*small.shape[1:3], seed=1), small, large)
    assert result.shape == large.shape
    assert result.min() >= 0
    assert result.max() <= 1
