"""Frames of a film as small pictures: which moments, and their words."""

from __future__ import annotations

import pytest

from nst_core.film.info import Clip, FilmInfo
from pages.parts.film import stills

INFO = FilmInfo(64, 48, 100, True, 10.0, 10.0, False, False, "MP4", "h264", 8)


@pytest.mark.parametrize("clip", [Clip(), Clip(2.0, 5.0), Clip(9.9)])
def test_three_moments_are_in_the_clip_from_its_first_frame_to_its_last(clip: Clip) -> None:
    first, middle, last = stills.three_times(INFO, clip)
    end = 10.0 if clip.end_seconds is None else clip.end_seconds
    assert first == clip.start_seconds
    assert first <= middle <= last < end
    assert clip.frames(INFO) == 1 or last > end - 2 / INFO.frames_per_second


def test_a_strip_has_a_row_for_each_film_and_its_titles_are_text() -> None:
    html = stills.strip([("Before", [b"a", b"b"]), ("<After>", [b"c", b"d"])], [0.0, 1.5])
    assert html.count("<img") == html.count("<figcaption>") == 4
    assert 'alt="Before at 1.5 s"' in html
    assert "<After>" not in html
