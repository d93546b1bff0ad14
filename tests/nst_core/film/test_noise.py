"""A film's noise: what neighbouring frames differ by where nothing explains it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_core.film import reading
from nst_core.film.info import WHOLE
from nst_core.film.noise import MOST_PX, noise
from tests.nst_core.film import films
from tests.nst_core.film.clips import pan, still


def test_noise_is_that_of_the_film() -> None:
    """Two frames with noise of deviation s differ by 2 s / sqrt(pi) on average; motion itself is no noise."""
    quiet, loud, moving = (
        noise([frame.pixels for frame in frames]) for frames in (still(3, 1.0), still(3, 2.0), pan(3))
    )
    assert loud == pytest.approx(2 * 2.0 / 3.14159**0.5, rel=0.1)
    assert quiet < 0.6 * loud
    assert moving < loud
    assert noise([still(1)[0].pixels]) == 0


def test_the_middle_of_large_frames_is_measured() -> None:
    dark = np.zeros((MOST_PX + 40, MOST_PX + 60, 3), np.uint8)
    framed = np.full_like(dark, 9)
    framed[20:-20, 30:-30] = 0
    assert noise([dark, framed]) == 0


def test_the_process_that_decodes_measures_it(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(films.video([frame.pixels for frame in still(6, 3.0)], options={"crf": "1"}))
    width, height, level = reading.noise(path, WHOLE, 48, first=2)
    assert (width, height) == (48, 48)
    assert 0.3 < level < 3
