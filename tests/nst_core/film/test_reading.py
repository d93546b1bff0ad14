"""Films are read in a process of their own: described, frame by frame, from any frame on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import psutil
import pytest

from nst_core.errors import FilmError
from nst_core.film import decoder_process
from nst_core.film.reading import Clip, Film, frames, probe, stills
from tests.nst_core.film import films

pytestmark = pytest.mark.slow


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(films.video(films.scene(20), tone=0.8, options={"g": "5"}))
    return path


def test_a_film_is_described_and_hashed(film: Path) -> None:
    opened = Film.open(film)
    assert opened.sha256 == hashlib.sha256(film.read_bytes()).hexdigest()
    info = opened.info
    assert (info.width, info.height, info.frames, info.frames_per_second) == (64, 48, 20, 25.0)
    assert info.seconds == pytest.approx(0.8, abs=0.001)
    assert (info.format, info.codec, info.bit_depth) == ("MP4", "h264", 8)
    assert info.is_exact
    assert info.has_audio
    assert not info.has_alpha


def test_frames_come_in_order_and_a_resumed_run_sees_the_same(film: Path) -> None:
    clip = Clip(0.2, 0.6)
    seen = list(frames(film, clip, 32))
    assert [frame.index for frame in seen] == list(range(10))
    assert [films.number_of(frame.pixels) for frame in seen] == list(range(5, 15))
    assert [frame.seconds for frame in seen] == pytest.approx([0.2 + n / 25 for n in range(10)])
    assert {frame.pixels.shape for frame in seen} == {(24, 32, 3)}
    assert {frame.duration for frame in seen} == {0.04}
    later = list(frames(film, clip, 32, first=6))
    assert [frame.index for frame in later] == [6, 7, 8, 9]
    for one, other in zip(seen[6:], later, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_single_frames_are_found(film: Path) -> None:
    assert [films.number_of(still.pixels) for still in stills(film, [0.0, 0.41, 99.0])] == [0, 10, 19]


def test_a_reader_who_stops_leaves_no_process(film: Path) -> None:
    before = psutil.Process().children()
    reading = frames(film)
    assert films.number_of(next(reading).pixels) == 0
    assert len(psutil.Process().children()) == len(before) + 1
    reading.close()
    assert psutil.Process().children() == before


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match=r"gone\.mp4 must be a file that can be read"):
        probe(tmp_path / "gone.mp4")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("while True: pass", "within 1 s of computing time"),
        ("import time; time.sleep(60)", "within 2 s, and"),
        ("bytearray(200 << 20)", "within 128 MB of memory"),
        ("import os; os.kill(os.getpid(), 9)", "was killed"),
        ("import os; os.write(1, b'no frame at all')", "its decoder, which failed"),
    ],
)
def test_a_fault_of_the_decoder_is_one_sentence(
    film: Path, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    program = f"from nst_core.film import decoder\ndef opened(*_): exec({fault!r})\n"
    monkeypatch.setattr(decoder_process, "PROGRAM", ("-c", f"{program}decoder.open_source = opened\ndecoder.main()"))
    monkeypatch.setattr(decoder_process, "WALL_FACTOR", 2 if "sleep" in fault else 30)
    monkeypatch.setenv("NST_DECODE_SECONDS", "1")
    monkeypatch.setenv("NST_DECODE_MB", "128")
    before = psutil.Process().children()
    with pytest.raises(FilmError, match=words) as refused:
        probe(film)
    assert "; " in str(refused.value)
    assert psutil.Process().children() == before
