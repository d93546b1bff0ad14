"""Films made for the tests, tiny, and the answers about them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any
from unittest import mock

import av
import numpy as np
from numpy.typing import NDArray

from nst_core.errors import FilmError
from nst_core.film import decoder
from nst_core.film.decoder_messages import FilmAnswer, FilmRequest
from nst_core.film.info import FilmInfo, FilmLimits
from nst_core.film.reading import FilmFrame, _frame
from nst_core.system.framing import read_frame

Pixels = NDArray[np.uint8]
RATE = 25


def scene(count: int = 10, width: int = 64, height: int = 48) -> list[Pixels]:
    """Frames, [H, W, 3], that tell their number and their corners: brighter from frame to frame.

    Red at the top left, blue at the bottom right.
    """
    made = []
    for number in range(count):
        pixels = np.full((height, width, 3), shade(number), np.uint8)
        pixels[: height // 3, : width // 3] = (230, 20, 20)
        pixels[-(height // 3) :, -(width // 3) :] = (20, 20, 230)
        made.append(pixels)
    return made


def shade(number: int) -> int:
    """The grey of a frame of `scene`: twenty levels, nine apart."""
    return 40 + 9 * (number % 20)


def number_of(pixels: Pixels) -> int:
    """The number, modulo 20, of a frame of `scene`, from its middle."""
    height, width, _ = pixels.shape
    middle = pixels[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5]
    return round((float(middle.mean()) - 40) / 9)


def video(
    frames: Sequence[Pixels],
    kind: str = "mp4",
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    *,
    times: Sequence[float] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rate: int = RATE,
    tone: float = 0.0,
    **tags: Any,
) -> bytes:
    """A film of frames, [H, W, 3] or [H, W, 4], with times in seconds, by default `rate` of them a second.

    `tone` seconds of a 440 Hz tone are its sound; `tags` are attributes of the encoder.
    """
    file = io.BytesIO()
    base = Fraction(1, 1000) if times else Fraction(1, rate)
    with av.open(file, "w", format=kind, options=container_options or {}) as film:
        stream: Any = film.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2] if len(frames) else (48, 64)
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = base
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        sound = film.add_stream("libopus" if kind == "webm" else "aac", rate=48_000) if tone else None
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if pixels.shape[2] == 4 else "rgb24")
            frame.pts, frame.time_base = round(times[number] / base) if times else number, base
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
        if sound is not None:
            add_tone(film, sound, tone)
    return file.getvalue()


def add_tone(film: Any, stream: Any, seconds: float) -> None:
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48_000)) / 48_000)
    frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]).astype(np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = 48_000, 0
    film.mux(stream.encode(frame))
    film.mux(stream.encode())


def answers(data: bytes, **request: Any) -> list[tuple[FilmAnswer, bytes | None]]:
    """All answers of the decoding program about a film, without a process; raises FilmError as its parent would."""
    asked = replace(FilmRequest("probe", FilmLimits(), 10, 640), **request)
    stream = io.BytesIO()
    with mock.patch.object(decoder, "limit_seconds"):
        decoder.serve(asked, io.BytesIO(data), stream)
    stream.seek(0)
    told = []
    while (frame := read_frame(stream)) is not None:
        answer = FilmAnswer.from_json(frame[0])
        if answer.kind in ("refused", "lacks"):
            raise FilmError(answer.text)
        told.append((answer, frame[1][0] if frame[1] else None))
    assert told[-1][0].kind == "done"
    return told


def info_of(data: bytes, **request: Any) -> FilmInfo:
    info = answers(data, **request)[0][0].info
    assert info
    return info


def frames_of(data: bytes, **request: Any) -> list[FilmFrame]:
    told = answers(data, task="frames", **request)
    return [_frame(answer, blob) for answer, blob in told if answer.kind == "frame" and blob]
