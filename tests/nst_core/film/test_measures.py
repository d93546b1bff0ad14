import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nst_core.film.flow import Bytes, Motion
from nst_core.film.measures import drift, flicker, warping_error
from tests.nst_core.film.motions import HEIGHT, WIDTH, frame, view


def _pan(a: int, b: int) -> Motion:
    """The known motion from frame a to frame b of a pan by 2 px a frame."""
    flow = np.full((HEIGHT, WIDTH, 2), (2 * (b - a), 0), np.float32)
    return Motion(flow, (np.arange(WIDTH) + flow[..., 0] <= WIDTH - 1).astype(np.float32))


def _film(count: int, change: Callable[[int], Any] = lambda index: 0) -> list[Bytes]:
    return [frame(view(x=2 * index) * 0.5 + 60.3 + change(index)) for index in range(count)]


def _neighbours(count: int) -> list[Motion]:
    return list(itertools.starmap(_pan, itertools.pairwise(range(count))))


def test_results_that_follow_the_motion_have_no_warping_error() -> None:
    assert warping_error(_film(5), _neighbours(5)) == pytest.approx(0, abs=0.01)


def test_the_warping_error_is_the_root_mean_square_change() -> None:
    alternating = _film(5, lambda index: 3 * (index % 2))
    once = _film(5, lambda index: 8 * (index > 1))

    assert warping_error(alternating, _neighbours(5)) == pytest.approx(3, abs=0.01)
    assert warping_error(once, _neighbours(5)) == pytest.approx(8 / 2, abs=0.01)  # sqrt of 64 in 1 of 4 pairs


def test_what_is_not_trusted_does_not_count() -> None:
    def bad_corner(index: int) -> Any:
        return np.where((np.arange(HEIGHT) < 20)[:, None, None], 40 * (index % 2), 0)

    trust = np.ones((HEIGHT, WIDTH), np.float32)
    trust[:20] = 0
    motions = [Motion(motion.flow, motion.trust * trust) for motion in _neighbours(4)]

    assert warping_error(_film(4, bad_corner), motions) == pytest.approx(0, abs=0.01)
    assert warping_error(_film(4, bad_corner), _neighbours(4)) > 10


@pytest.mark.parametrize("count", [0, 1])
def test_a_warping_error_needs_two_results(count: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        warping_error(_film(count), [])


def test_drift_grows_with_the_gap_where_results_creep() -> None:
    creeping = _film(36, lambda index: index)

    assert drift(creeping, _pan) == pytest.approx({10: 10, 30: 30}, abs=0.1)
    assert drift(creeping[:11], _pan).keys() == {10}
    assert drift(_film(12), _pan, gaps=(1, 11)) == pytest.approx({1: 0, 11: 0}, abs=0.01)


def test_flicker_is_the_mean_change_of_a_still_scene() -> None:
    still = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    half = still.copy()
    half[: HEIGHT // 2] -= 4

    assert flicker([still, still, still]) == 0
    assert flicker([still, half, still]) == 2
    assert flicker([still, half, half]) == 1
    with pytest.raises(ValueError, match="at least 2"):
        flicker([still])
