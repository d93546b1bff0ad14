import itertools

import numpy as np
import pytest

from nst_core.film.flow import Floats
from nst_core.film.scenes import is_cut, shared_colours, structure
from nst_core.picture import samples
from tests.nst_core.film.motions import frame, view

PHOTOGRAPHS = [sample.key for sample in samples.contents()]
PAIRS = list(itertools.permutations(PHOTOGRAPHS, 2))


def _cuts(scenes: list[Floats], noise: float = 2) -> list[int]:
    frames = [frame(values, noise, seed) for seed, values in enumerate(scenes)]
    return [index + 1 for index, pair in enumerate(itertools.pairwise(frames)) if is_cut(*pair)]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_another_photograph_is_a_cut(before: str, after: str) -> None:
    assert _cuts([view(key=before), view(2, key=before), view(key=after), view(2, key=after)]) == [2]


@pytest.mark.parametrize("key", PHOTOGRAPHS)
def test_a_camera_that_pans_and_zooms_makes_no_cut(key: str) -> None:
    assert not _cuts([view(x, x / 2, 1 + x / 200, key) for x in (-36, -30, -18, -6, 6, 18, 24)])


@pytest.mark.parametrize("key", ["astronaut", "coffee"])
def test_a_pan_by_a_fifth_of_the_width_a_frame_makes_no_cut(key: str) -> None:
    assert not _cuts([view(x, key=key) for x in (-50, -25, 0, 25, 50)])


@pytest.mark.parametrize("key", PHOTOGRAPHS)
def test_a_flash_makes_no_cut(key: str) -> None:
    assert not _cuts([view(key=key), view(key=key) * 1.5 + 60, view(key=key)])


@pytest.mark.parametrize(("before", "after"), PAIRS[::3])
def test_a_dissolve_makes_no_cut(before: str, after: str) -> None:
    shares = np.linspace(0, 1, 9)

    assert not _cuts([view(key=before) * (1 - share) + view(key=after) * share for share in shares.tolist()])


@pytest.mark.parametrize("key", PHOTOGRAPHS)
def test_a_fade_from_black_and_to_black_makes_no_cut(key: str) -> None:
    assert not _cuts([view(key=key) * share for share in (0, 0.1, 0.2, 0.4, 0.7, 1, 0.7, 0.4, 0.2, 0.1, 0)], noise=1)


def test_still_and_black_frames_make_no_cut() -> None:
    assert not _cuts([view(), view(), view()], noise=0)
    assert not _cuts([np.zeros_like(view())] * 3)


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_frame_is_a_scene_of_its_own(level: float) -> None:
    assert _cuts([view(), np.full_like(view(), level), view()]) == [1, 2]


def test_structure_ignores_brightness_and_colours_do_not() -> None:
    picture, dark = frame(view()), frame(view() * 0.5)

    assert structure(picture, dark) > 0.95
    assert shared_colours(picture, dark) < 0.6
    assert shared_colours(picture, picture) == pytest.approx(1)
