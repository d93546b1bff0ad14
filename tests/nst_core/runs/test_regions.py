"""Masks: those without effect are refused, and a region of no style is the photograph itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nst_core.errors import RecipeError
from nst_core.picture.masks import Mask
from nst_core.picture.photograph import keep_photograph, photograph_weights
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, make
from nst_core.runs import runner
from nst_core.runs.inputs import RunInputs
from nst_core.runs.naming import named
from nst_core.runs.regions import KEPT

HALF = np.repeat([[1.0, 0.0]], 32, axis=1).repeat(48, axis=0).astype(np.float32)


def picture(seed: int) -> Picture:
    return Picture.from_pixels(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8))


def inputs(styles: int, *masks: Any) -> RunInputs:
    return RunInputs(
        picture(0), tuple(picture(n) for n in range(1, styles + 1)), None, tuple(Mask.from_weights(m) for m in masks)
    )


def named_with(styles: int, shares: Sequence[Sequence[float]], *masks: Any, **settings: Any) -> Recipe:
    return named(make(settings=settings), inputs(styles, *masks), shares)


@pytest.mark.parametrize("method", ["fast", "slow"])
@pytest.mark.parametrize(
    ("styles", "shares", "told"),
    [
        (1, [[1]], "with one style a region of share 1 looks like the rest; give share 0 to keep the photograph there"),
        (1, [[7]], "share 7 looks like the rest"),
        (2, [[2, 2]], "region of shares 2, 2 looks like the rest; give other shares, all 0 for a photograph"),
    ],
)
def test_masks_that_change_nothing_are_refused(
    method: str, styles: int, shares: Sequence[Sequence[float]], told: str
) -> None:
    with pytest.raises(RecipeError, match=told):
        named_with(styles, shares, HALF, method=method)
    named_with(styles, [[0] * styles], HALF, method=method)


def test_masks_that_leave_nothing_to_paint_are_refused() -> None:
    with pytest.raises(RecipeError, match="nothing would be painted"):
        named_with(1, [[0]], np.ones((48, 64), np.float32))
    named_with(2, [[0, 0], [1, 0]], np.ones((48, 64), np.float32), HALF)  # shared half and half where both are white


def test_masks_are_refused_where_no_style_is_painted_at_all() -> None:
    with pytest.raises(RecipeError, match="style_weight 0"):
        named_with(2, [[1, 0]], HALF, method="slow", style_weight=0.0)


def test_a_wrong_number_of_shares_is_refused() -> None:
    with pytest.raises(RecipeError, match="a share for each of 1 styles, got 2"):
        named_with(1, [[1, 0]], HALF)


def test_a_region_of_no_style_is_the_photograph_exactly_with_the_masks_own_edge() -> None:
    soft = HALF.copy()
    soft[:, 32] = 0.25
    recipe = named_with(1, [[0]], soft)
    content, painted = picture(0).tensor(), np.full((1, 48, 64, 3), 0.5, np.float32)
    masks = [soft]
    kept = keep_photograph(painted, content, recipe.regions, masks)
    assert np.array_equal(kept[:, :, :32], content[:, :, :32])
    assert np.array_equal(kept[:, :, 33:], painted[:, :, 33:])
    np.testing.assert_allclose(kept[:, :, 32], 0.25 * content[:, :, 32] + 0.375, atol=1e-6)
    small = keep_photograph(painted[:, ::2, ::2], content, recipe.regions, masks)
    assert small.shape == (1, 24, 32, 3)
    assert photograph_weights(make().regions, (), 48, 64) is None


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
@pytest.mark.parametrize("colour", [0.0, 1.0])
def test_a_slow_run_keeps_it_in_every_picture_and_says_so(colour: float) -> None:
    settings = {
        "method": "slow",
        "longest_edge_px": 64,
        "steps": 2,
        "snapshot_every": 1,
        "content_layers": {"block2_conv1": 1.0},
        "style_layers": {"block1_conv1": 1.0},
        "colour_preservation": colour,
        "start": "noise",
        "pyramid": "off",
    }
    recipe = named_with(1, [[0]], HALF, **settings)
    content = picture(0).tensor()
    steps = list(runner.run_recipe(content, [picture(1).tensor()], recipe, masks=[HALF]))
    assert KEPT in steps[0].notes
    for step in steps:
        assert step.picture is not None
        np.testing.assert_allclose(step.picture[:, :, :32], content[:, :, :32], atol=1e-6)
    first, last = steps[0].picture, steps[-1].picture
    assert first is not None
    assert last is not None
    assert np.abs(last[:, :, 40:] - first[:, :, 40:]).max() > 0.01
    stored = runner.finish(steps[-1].state()["shown"], content, recipe, [HALF])  # type: ignore[misc]
    np.testing.assert_allclose(stored, last, atol=1e-6)
