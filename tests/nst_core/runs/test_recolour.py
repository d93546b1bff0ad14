"""Colours that return to a result after its run."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nst_core.picture.encoded import read_pixels
from nst_core.recipe import make
from nst_core.runs.recolour import extra_strength, recolour


def png(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


RESULT, PHOTOGRAPH = png((40, 90, 160)), png((200, 60, 30))


@pytest.mark.parametrize(
    ("returned", "wanted", "extra"), [(0.0, 0.4, 0.4), (0.5, 0.75, 0.5), (0.5, 0.2, 0.0), (1.0, 1.0, 0.0)]
)
def test_the_runs_own_share_counts(returned: float, wanted: float, extra: float) -> None:
    recipe = make(settings={"colour_preservation": returned})
    assert extra_strength(recipe, wanted) == pytest.approx(extra)


def test_nothing_extra_is_the_result_itself() -> None:
    assert np.array_equal(recolour(RESULT, PHOTOGRAPH, 0.0, "lab"), read_pixels(RESULT))


def test_two_steps_are_as_good_as_one() -> None:
    half = recolour(RESULT, PHOTOGRAPH, 0.5, "luminance")
    file = io.BytesIO()
    Image.fromarray((half[0] * 255 + 0.5).astype(np.uint8)).save(file, "PNG")
    recipe = make(settings={"colour_preservation": 0.5})
    twice = recolour(file.getvalue(), PHOTOGRAPH, extra_strength(recipe, 0.8), "luminance")
    assert np.abs(twice - recolour(RESULT, PHOTOGRAPH, 0.8, "luminance")).max() <= 2 / 255
