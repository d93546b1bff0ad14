"""A clip is counted, and what is beyond a limit is one sentence."""

from __future__ import annotations

import pytest

from nst_core.errors import FilmError
from nst_core.film.info import Clip, FilmInfo, FilmLimits

TEN_SECONDS = FilmInfo(640, 480, 250, True, 10.0, 25.0, False, False, "MP4", "h264", 8)


@pytest.mark.parametrize(
    ("clip", "frames"),
    [
        (Clip(), 250),
        (Clip(4.0), 150),
        (Clip(4.0, 5.0), 25),
        (Clip(4.0, 99.0), 150),
        (Clip(0.0, 1.0, 12.0), 12),
        (Clip(9.99), 1),
        (Clip(0.0, 0.001), 1),
    ],
)
def test_frames_of_a_clip_are_counted(clip: Clip, frames: int) -> None:
    assert clip.frames(TEN_SECONDS) == frames


@pytest.mark.parametrize("clip", [Clip(10.0), Clip(5.0, 5.0), Clip(5.0, 4.0), Clip(-1.0), Clip(float("nan"))])
def test_an_empty_clip_is_refused(clip: Clip) -> None:
    with pytest.raises(FilmError, match="must begin before its end"):
        clip.frames(TEN_SECONDS)


def test_what_is_too_long_or_has_too_many_frames_is_refused() -> None:
    FilmLimits(seconds=10.0, frames=250).check_clip(TEN_SECONDS, Clip())
    with pytest.raises(FilmError, match=r"at most 4 s, got 10\.0 s; "):
        FilmLimits(seconds=4.0).check_clip(TEN_SECONDS, Clip())
    with pytest.raises(FilmError, match="at most 249 frames, got 250; "):
        FilmLimits(frames=249).check_clip(TEN_SECONDS, Clip())
    FilmLimits(seconds=4.0, frames=40).check_clip(TEN_SECONDS, Clip(2.0, 6.0, 10.0))


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [(4000, 3000, "at most 9 megapixels"), (31, 64, "at least 32 px"), (64, 640, "8 times the shorter")],
)
def test_frames_of_a_wrong_size_are_refused(width: int, height: int, words: str) -> None:
    with pytest.raises(FilmError, match=words):
        FilmLimits().check_size(width, height)


def test_the_operator_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SECONDS", "5"), ("FRAMES", "7"), ("MEGAPIXELS", "0.5"), ("MB", "2")):
        monkeypatch.setenv(f"NST_FILM_{name}", value)
    limits = FilmLimits.read()
    assert limits == FilmLimits(5.0, 7, 500_000, 2 << 20)
    limits.check_file(2 << 20)
    for size, words in ((0, "not be empty"), ((2 << 20) + 1, "at most 2 MB")):
        with pytest.raises(FilmError, match=words):
            limits.check_file(size)
