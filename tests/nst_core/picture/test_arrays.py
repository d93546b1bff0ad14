"""An array that is no picture is refused by every door of the core, in one sentence with shape, type and range."""

from typing import Any

import numpy as np
import pytest

from nst_core.errors import PictureError
from nst_core.fast import engine as fast
from nst_core.film import measures
from nst_core.film.engines import fast as fast_films
from nst_core.film.engines import slow as slow_films
from nst_core.metrics import inspection, yardstick
from nst_core.picture.arrays import check_frame, check_pixels, check_weights
from nst_core.recipe import make
from nst_core.runs import runner
from nst_core.slow import engine as slow

GOOD = np.full((1, 32, 48, 3), 0.5, np.float32)
RECIPE = make("painterly")
FAST = make("painterly", {"method": "fast"})
FRAME = np.zeros((32, 48, 3), np.uint8)

DOORS: dict[str, Any] = {
    "run_recipe": lambda bad: next(runner.run_recipe(bad, [GOOD], RECIPE)),
    "run_recipe, style": lambda bad: next(runner.run_recipe(GOOD, [bad], RECIPE)),
    "run_recipe, start": lambda bad: next(runner.run_recipe(GOOD, [GOOD], RECIPE, start=bad)),
    "run_together": lambda bad: runner.run_together([(GOOD, [bad], FAST)]),
    "fast": lambda bad: next(iter(fast.run(bad, [GOOD], FAST))),
    "slow": lambda bad: next(slow.run(GOOD, [bad], RECIPE)),
    "measure, result": lambda bad: yardstick.measure(bad, GOOD, [GOOD]),
    "measure, style": lambda bad: yardstick.measure(GOOD, GOOD, [GOOD, bad]),
    "features": lambda bad: inspection.features(bad, "block1_conv1"),
    "grams": lambda bad: inspection.grams(GOOD, bad, "block1_conv1"),
    "fast film": lambda bad: fast_films.stylise([], [bad], FAST, first=FRAME),
    "slow film": lambda bad: slow_films.stylise([], [bad], RECIPE, first=FRAME),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_it_before_a_network_is_loaded(door: str) -> None:
    with pytest.raises(PictureError, match=r"got float32 \[1, 32, 48, 3\] from 0 to 255; scale or clip it"):
        DOORS[door](np.linspace(0, 255, GOOD.size, dtype=np.float32).reshape(GOOD.shape))


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ((GOOD * 255).astype(np.uint8), r"got uint8 \[1, 32, 48, 3\] from 127 to 127; divide it by 255"),
        (GOOD.astype(np.int64), "got int64 .* from 0 to 0; divide it by 255"),
        (GOOD[0], r"got float32 \[32, 48, 3\] from 0.5 to 0.5; add or remove axes"),
        (np.repeat(GOOD, 2, axis=0), r"got float32 \[2, 32, 48, 3\]"),
        (GOOD - 0.6, "from -0.1 to -0.1"),
        (np.where(GOOD > 0, np.nan, 0), "with NaN or infinity"),
        (np.array([[["a"]]]), "got <U1"),
        (GOOD[:, :0], r"\[1, 0, 48, 3\]"),
    ],
)
def test_the_sentence_has_shape_type_and_range(bad: Any, told: str) -> None:
    with pytest.raises(PictureError, match=f"the content must be floats in .*{told}"):
        check_pixels("the content", bad)


def test_pictures_pass_with_and_without_coverage_and_in_either_precision() -> None:
    for good in (GOOD, GOOD.astype(np.float64), np.concatenate([GOOD, GOOD[..., :1]], axis=-1), GOOD + 0.50001):
        check_pixels("the content", good)


def test_masks_and_frames_are_checked_alike() -> None:
    check_weights([np.zeros((4, 4), np.float32)])
    check_frame("the frame", FRAME)
    with pytest.raises(PictureError, match=r"mask 2 must be floats in \[0, 1\] of shape \[H, W\], got float32 .* to 2"):
        check_weights([np.zeros((4, 4), np.float32), np.full((4, 4), 2, np.float32)])
    with pytest.raises(PictureError, match=r"the frame must be uint8 of shape \[H, W, 3\], got float32"):
        check_frame("the frame", GOOD[0])
    with pytest.raises(PictureError, match="frame 2 must be uint8"):
        measures.flicker([FRAME, GOOD[0]])
