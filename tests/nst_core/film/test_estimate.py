"""Estimates of films: from three frames, in proportion to frames and pixels, and truer than a guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nst_core.film import estimate
from nst_core.film.info import FilmInfo
from nst_core.film.reading import Film
from nst_core.recipe import make
from tests.nst_core.film.clips import FRAMES_PER_SECOND

INFO = FilmInfo(64, 64, 40, True, 4.0, FRAMES_PER_SECOND, False, False, "MP4", "h264", 8)
FILM = Film(Path("film.mp4"), "ab" * 32, INFO)


@pytest.fixture(autouse=True)
def contents(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A still scene whose noise is known; which frames were asked for."""
    asked: list[int] = []

    def noise(*_: Any, first: int) -> tuple[int, int, float]:
        asked.append(first)
        return 64, 64, 1.7

    monkeypatch.setattr(estimate, "noise", noise)
    return asked


def recipe_of(**settings: Any) -> Any:
    return make(settings={"medium": "film", "method": "fast", "longest_edge_px": 64, **settings})


def test_three_frames_of_the_middle_are_read(contents: list[int]) -> None:
    estimate.estimate(FILM, recipe_of())
    assert contents == [18]


def test_time_and_size_grow_with_the_frames() -> None:
    whole, half = (estimate.estimate(FILM, recipe_of(trim_end_seconds=end)) for end in (4.0, 2.0))
    assert whole.megabytes == pytest.approx(2 * half.megabytes)
    assert 1.8 < whole.seconds / half.seconds < 2.1
    assert whole.flicker == half.flicker


def test_two_passes_take_twice_the_time_and_fewer_steps_less() -> None:
    once, twice, quick = (
        estimate.estimate(FILM, recipe_of(method="slow", **settings)).seconds
        for settings in ({}, {"film_passes": 2}, {"frame_steps": 2})
    )
    assert 1.5 < twice / once < 2.1
    assert quick < once


def test_blending_calms() -> None:
    alone, blended = (estimate.estimate(FILM, recipe_of(flow_blend=share)).flicker for share in (0.0, 0.9))
    assert alone > 10 * blended > 0
