"""The sound of a clip is cut to it, and stays with its pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from nst_core.film import reading
from nst_core.film.info import Clip
from nst_core.film.writing import FilmFolder
from tests.nst_core.film import films


def beeping(kind: str = "mp4", layout: str = "stereo", rate: int = 48_000, codec: str = "aac") -> bytes:
    """A film of one second, white and with a tone from 0.4 to 0.6 s only."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound: Any = film.add_stream(codec, rate=rate, layout=layout)
        for number in range(25):
            pixels = np.full((48, 64, 3), 255 * (10 <= number < 15), np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(stream.encode())
        at = np.arange(rate) / rate
        wave = (0.5 * np.sin(2 * np.pi * 440 * at) * ((at >= 0.4) & (at < 0.6))).astype(np.float32)
        channels = sound.codec_context.channels
        frame = av.AudioFrame.from_ndarray(np.stack([wave] * channels), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        film.mux(sound.encode(frame))
        film.mux(sound.encode())
    return file.getvalue()


def loudness(data: bytes) -> tuple[NDArray[np.float64], float]:
    """The loudness of each hundredth of a second from the first picture's time on, and the length in seconds."""
    with av.open(io.BytesIO(data), "r") as film:
        stream = film.streams.audio[0]
        pieces = [(frame.time or 0.0, frame.to_ndarray()) for frame in film.decode(stream)]
        rate = stream.codec_context.sample_rate
    begin = pieces[0][0]
    samples = np.concatenate([piece.mean(axis=0) for _, piece in pieces])
    samples = samples[max(0, round(-begin * rate)) :]
    blocks = samples[: len(samples) // (rate // 100) * (rate // 100)].reshape(-1, rate // 100)
    return np.sqrt((blocks**2).mean(axis=1)), len(samples) / rate + max(0.0, begin)


def beep_of(data: bytes) -> tuple[float, float]:
    """When the tone begins and ends, in seconds."""
    loud = np.flatnonzero(loudness(data)[0] > 0.1)
    return loud[0] / 100, (loud[-1] + 1) / 100


@pytest.mark.parametrize("kind", ["mp4", "webm"])
@pytest.mark.parametrize(
    ("clip", "beep"),
    [(Clip(), (0.4, 0.6)), (Clip(0.2, 0.8), (0.2, 0.4)), (Clip(0.5), (0.0, 0.1)), (Clip(0.0, 0.5), (0.4, 0.5))],
)
def test_the_sound_is_cut_to_the_clip(kind: str, clip: Clip, beep: tuple[float, float]) -> None:
    told = films.answers(beeping(), task="sound", clip=clip, sound_format=kind)
    (data,) = [blob for answer, blob in told if answer.kind == "sound"]
    assert data
    assert beep_of(data) == pytest.approx(beep, abs=0.021)
    assert loudness(data)[1] == pytest.approx((clip.end_seconds or 1.0) - clip.start_seconds, abs=0.045)


@pytest.mark.parametrize(
    ("layout", "rate", "codec"), [("mono", 22_050, "aac"), ("5.1", 48_000, "aac"), ("stereo", 44_100, "ac3")]
)
def test_any_sound_can_be_heard(layout: str, rate: int, codec: str) -> None:
    film = beeping("matroska", layout, rate, codec)
    told = films.answers(film, task="sound", clip=Clip(), sound_format="mp4")
    data = next(blob for answer, blob in told if answer.kind == "sound")
    assert data
    assert beep_of(data) == pytest.approx((0.4, 0.6), abs=0.031)


def packed(data: bytes) -> list[bytes]:
    """The packets of the sound."""
    with av.open(io.BytesIO(data), "r") as film:
        return [bytes(packet) for packet in film.demux(audio=0) if packet.size]


@pytest.mark.parametrize(
    ("source", "codec", "layout", "kind", "clip", "share"),
    [
        ("mp4", "aac", "5.1", "mp4", Clip(), 1.0),
        ("mp4", "aac", "stereo", "mp4", Clip(0.0, 0.5), 0.5),
        ("matroska", "libopus", "stereo", "webm", Clip(), 1.0),
        ("mp4", "aac", "stereo", "webm", Clip(), None),
        ("matroska", "libopus", "stereo", "mp4", Clip(), None),
        ("mp4", "aac", "stereo", "mp4", Clip(0.3), None),
    ],
)
def test_sound_is_copied_where_the_format_and_the_clip_allow_it(
    source: str, codec: str, layout: str, kind: str, clip: Clip, share: float | None
) -> None:
    film = beeping(source, layout, codec=codec)
    told = films.answers(film, task="sound", clip=clip, sound_format=kind)
    data = next(blob for answer, blob in told if answer.kind == "sound")
    assert data
    given, found = packed(film), packed(data)
    if share is None:
        assert found != given[: len(found)]
    else:
        assert found == given[: len(found)]
        assert len(found) == pytest.approx(share * len(given), abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_finished_film_has_the_sound_of_its_frames(tmp_path: Path, kind: str) -> None:
    source, output = tmp_path / "source.mp4", tmp_path / "out"
    source.write_bytes(beeping())
    clip = Clip(0.2, 1.0)
    folder = FilmFolder(tmp_path / "film", 25, kind)
    for frame in list(reading.frames(source, clip))[:15]:  # stopped at 0.8 s
        folder.append(frame.pixels)
    assert folder.finish(output, source, clip) == ()
    data = output.read_bytes()
    info = films.info_of(data)
    assert info.has_audio
    assert info.frames == 15
    white = [frame.seconds for frame in films.frames_of(data) if frame.pixels.mean() > 128]
    assert (white[0], white[-1] + 0.04) == pytest.approx((0.2, 0.4), abs=0.011)
    assert beep_of(data) == pytest.approx((0.2, 0.4), abs=0.031)
    assert loudness(data)[1] == pytest.approx(0.6, abs=0.045)


@pytest.mark.slow
def test_a_film_whose_sound_cannot_be_had_is_finished_without_it(tmp_path: Path) -> None:
    folder = FilmFolder(tmp_path / "film", 25, "mp4")
    for pixels in films.scene(2):
        folder.append(pixels)
    silent, broken = tmp_path / "silent.mp4", tmp_path / "broken.mp4"
    silent.write_bytes(films.video(films.scene(2)))
    broken.write_bytes(b"gone")
    assert folder.finish(tmp_path / "out.mp4", silent) == ()
    (note,) = folder.finish(tmp_path / "out.mp4", broken)
    assert note.startswith("the film has no sound: ")
    assert not films.info_of((tmp_path / "out.mp4").read_bytes()).has_audio
