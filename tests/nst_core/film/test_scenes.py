import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_core.film import reading
from nst_core.film.flow import Floats
from nst_core.film.info import WHOLE
from nst_core.film.scenes import is_cut, shared_colours, structure
from nst_core.picture import samples
from tests.nst_core.film import films
from tests.nst_core.film.clips import pan
from tests.nst_core.film.motions import frame, view

SEEN_PX = 48
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


@pytest.mark.parametrize("first", [0, 4, 5, 9])
def test_the_process_that_decodes_finds_the_cuts_that_the_engines_find(tmp_path: Path, first: int) -> None:
    path = tmp_path / "film.mp4"
    scenes = [pan(5, key=key) for key in ("astronaut", "coffee", "chelsea")]
    path.write_bytes(films.video([one.pixels for scene in scenes for one in scene]))
    found = [frame for frame, is_scene in reading.cuts(path, WHOLE, SEEN_PX, first=first) if is_scene]
    frames = list(reading.frames(path, WHOLE, SEEN_PX, first=first))
    assert found == [b.index for a, b in itertools.pairwise(frames) if is_cut(a.pixels, b.pixels)]
    assert found == [cut for cut in (5, 10) if cut > first]


def test_clear_parts_count_in_a_search_for_cuts_as_in_painting(tmp_path: Path) -> None:
    opacity = np.full((64, 64, 1), 180, np.uint8)
    path = tmp_path / "film.webp"
    scenes = [pan(2, key=key) for key in ("astronaut", "coffee")]
    seen = [Image.fromarray(np.concatenate([one.pixels, opacity], -1)) for scene in scenes for one in scene]
    seen[0].save(path, save_all=True, append_images=seen[1:], duration=100, lossless=True)
    for keeps_alpha in (False, True):
        found = [frame for frame, is_scene in reading.cuts(path, WHOLE, SEEN_PX, keeps_alpha=keeps_alpha) if is_scene]
        frames = list(reading.frames(path, WHOLE, SEEN_PX, keeps_alpha=keeps_alpha))
        assert found == [b.index for a, b in itertools.pairwise(frames) if is_cut(a.pixels, b.pixels)] == [2]


def test_a_search_for_cuts_says_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(films.video(films.scene(1) * 55))
    assert list(reading.cuts(path, WHOLE, SEEN_PX)) == [(0, False), (25, False), (50, False)]
