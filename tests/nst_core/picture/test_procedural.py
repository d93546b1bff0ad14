"""The drawn styles: pure, distinct, finite, and the same picture at every size."""

from typing import Any

import numpy as np
import pytest

from nst_core.picture.procedural import DRAWINGS, draw
from nst_core.picture.procedural.field import scaled


@pytest.fixture(scope="module")
def small() -> Any:
    return {key: draw(key, 128, 128) for key in DRAWINGS}


def test_there_are_at_least_ten() -> None:
    assert len(DRAWINGS) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("key", DRAWINGS)
def test_a_drawing_is_finite_in_range_and_rich(key: Any, small: Any) -> None:
    picture = small[key]
    assert picture.shape == (128, 128, 3)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
    # Texture where a network looks for it: neighbours differ almost everywhere.
    assert np.abs(np.diff(picture, axis=1)).mean() > 0.01
    assert picture.std() > 0.08


@pytest.mark.slow
@pytest.mark.parametrize("key", DRAWINGS)
def test_a_drawing_is_a_function_of_its_seed(key: Any, small: Any) -> None:
    assert np.array_equal(draw(key, 128, 128), small[key])
    assert not np.array_equal(draw(key, 128, 128, seed=1), small[key])


@pytest.mark.parametrize("key", DRAWINGS)
def test_a_drawing_is_the_same_picture_at_another_size(key: Any, small: Any) -> None:
    large = scaled(scaled(draw(key, 256, 256), 128), 32)
    little = scaled(small[key], 32)
    alike = np.corrcoef(large.ravel(), little.ravel())[0, 1]
    others = max(np.corrcoef(large.ravel(), scaled(p, 32).ravel())[0, 1] for k, p in small.items() if k != key)
    assert alike > 0.9
    assert others < alike - 0.1


def test_drawings_are_distinct(small: Any) -> None:
    tiny = [scaled(p, 32).ravel() for p in small.values()]
    for i, one in enumerate(tiny):
        for other in tiny[:i]:
            assert np.abs(one - other).mean() > 0.08


@pytest.mark.parametrize("shape", [(60, 100), (100, 60)])
def test_a_drawing_that_is_not_square_is_cropped_around_the_middle(shape: Any) -> None:
    height, width = shape
    whole = draw("composition", 100, 100)
    top, left = (100 - height) // 2, (100 - width) // 2
    assert np.array_equal(draw("composition", height, width), whole[top : top + height, left : left + width])
