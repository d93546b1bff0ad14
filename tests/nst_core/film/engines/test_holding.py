"""A pixel is held if it is finished, and shows what it was painted for, at the same place, by the same recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nst_core.film.engines.frames import FrameTask, Neighbour, to_pixels
from nst_core.film.engines.holding import FINISHED_FRAMES, PaintedPixels, held_pixels, stillness
from nst_core.film.flow import Bytes, Motion, motion
from nst_core.recipe import make
from tests.nst_core.film.clips import pan, still

SIZE = (64, 64)
RECIPE = make(settings={"medium": "film"})
FREE = make(settings={"medium": "film", "temporal_weight": 0.0})


NOWHERE = np.zeros((*SIZE, 2), np.float32)


def moved(flow: float = 0.0) -> Motion:
    return Motion(NOWHERE + np.float32(flow), np.ones(SIZE, np.float32))


def task(content: Bytes, *before: Neighbour, recipe: Any = RECIPE) -> FrameTask:
    return FrameTask(to_pixels(content), recipe, neighbours=before)


def neighbour(
    result: int,
    content: Bytes,
    frames: int = FINISHED_FRAMES,
    motion_to: Motion | None = None,
    recipe: Any = RECIPE,
) -> Neighbour:
    carried = PaintedPixels.all_of(task(content, recipe=recipe), frames).carry()
    return Neighbour(np.full((*SIZE, 3), result, np.uint8), motion_to or moved(), carried)


FRESH = np.full((1, *SIZE, 3), 0.2, np.float32)
FIRST, SECOND = (one.pixels for one in still(2))


@pytest.mark.parametrize("noise", [0.0, 1.5, 3.0])
def test_noise_is_neither_change_nor_motion(noise: float) -> None:
    first, second = (one.pixels for one in still(2, noise))
    assert stillness(first, second, motion(first, second).flow).min() == 1


def test_what_changes_is_not_still() -> None:
    changed = SECOND.copy()
    changed[20:30, 20:30] += 12
    seen = stillness(FIRST, changed, NOWHERE)
    assert seen[18:32, 18:32].max() == 0
    assert seen[:8].min() == seen[42:].min() == 1


def test_an_even_area_moves_with_what_is_around_it() -> None:
    first, second = (one.pixels.copy() for one in pan(2))
    first[24:40, 24:40] = second[24:40, 24:40] = 128
    seen = stillness(first, second, np.full((*SIZE, 2), 2, np.float32))
    assert seen[28:36, 28:36].max() == 0


def test_a_finished_still_pixel_keeps_its_result_bit_for_bit() -> None:
    held = held_pixels(task(SECOND, neighbour(77, FIRST)))
    assert held.share.min() == 1
    assert np.unique(held.kept(FRESH)).tolist() == [77]
    np.testing.assert_array_equal(held.painted.content, FIRST)


@pytest.mark.parametrize(
    "now",
    [
        task(SECOND, neighbour(77, FIRST, FINISHED_FRAMES - 1)),
        task(SECOND, neighbour(77, FIRST), recipe=make(settings={"medium": "film", "style_weight": 50.0})),
        task(SECOND, neighbour(77, FIRST, motion_to=moved(1.0))),
        task(SECOND, replace(neighbour(77, FIRST), carried={})),
        task(SECOND, neighbour(77, FIRST, recipe=FREE), recipe=FREE),
    ],
    ids=["unfinished", "another recipe", "moves", "of an earlier version", "no temporal weight"],
)
def test_other_pixels_are_painted(now: FrameTask) -> None:
    held = held_pixels(now)
    assert held.share.max() == 0
    assert np.unique(held.kept(FRESH)).tolist() == [51]


def test_a_changed_pixel_is_painted_for_some_frames_and_then_held_again() -> None:
    changed = FIRST.copy()
    changed[:, :24] = 128
    now, frames = held_pixels(task(changed, neighbour(77, FIRST))), 1
    while now.share[:, :24].max() == 0:
        assert now.share[:, 40:].min() == 1
        assert now.painted.frames[:, :16].max() == frames
        last = Neighbour(np.zeros((*SIZE, 3), np.uint8), moved(), now.painted.carry())
        now = held_pixels(task(changed, last))
        frames += 1
    assert frames == FINISHED_FRAMES + 1


def test_light_that_changes_slowly_is_followed() -> None:
    """Each frame is brighter by less than the limit, and their sum is not."""
    painted, shares = neighbour(77, FIRST), []
    for level in np.arange(0, 6, 0.5):
        brighter = (np.clip(FIRST, 0, 240) + np.rint(level)).astype(np.uint8)
        held = held_pixels(task(brighter, painted))
        shares.append(float(held.share.mean()))
        painted = replace(painted, carried=held.painted.carry())
    assert shares[0] == 1
    assert shares[-1] == 0


def test_with_both_neighbours_the_finished_one_counts() -> None:
    changed = FIRST.copy()
    changed[:, :24] = 128
    before, after = neighbour(77, SECOND), neighbour(99, changed)
    kept = held_pixels(task(FIRST, before, after)).kept(FRESH)
    assert np.unique(kept[:, 40:]).tolist() == [99]
    assert np.unique(kept[:, :16]).tolist() == [77]


def test_what_is_carried_comes_back() -> None:
    painted = held_pixels(task(SECOND, neighbour(77, FIRST, 3))).painted
    back = PaintedPixels.carried(painted.carry())
    assert back is not None
    for name in ("content", "frames", "recipe"):
        np.testing.assert_array_equal(getattr(back, name), getattr(painted, name))
