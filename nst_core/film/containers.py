"""Finished films of encoded segments: MP4 and WebM are joined as they are, GIF and WebP are encoded in one go."""

from __future__ import annotations

import contextlib
import heapq
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from nst_core.film.codecs import USUAL_QUALITY, Pixels, decoded_segments

GIF_COLOURS = 255
"""Of the whole film, at most; the index after them stands for "as before", or for clear pixels."""
HALF_OPAQUE = 128
"""A pixel of a GIF is clear or opaque: below this opacity, of 255, it is clear."""
_SAMPLES, _SAMPLE_EDGE_PX = 24, 160
"""How many frames choose the colours of a GIF, and their longest edge."""
_GIF_TICK = Fraction(1, 100)
_LEAST_GIF_TICKS = 2
"""Browsers slow down a picture that is shown for less than 0.02 s."""

Alphas = Callable[[], Iterable["Pixels | None"]]
_Packet: TypeAlias = "av.Packet[VideoStream] | av.Packet[AudioStream]"


def write_film(  # noqa: PLR0913 - all of a film
    segments: Sequence[Path],
    count: int,
    rate: Fraction,
    kind: str,
    output: Path,
    sound: bytes | None,
    alphas: Alphas | None = None,
    quality: int | None = None,
) -> None:
    """Write a finished film. Raises OSError, or an error of PyAV.

    Args:
        segments: of the film, at least one.
        count: of their frames together.
        rate: frames per second.
        kind: "mp4", "webm", "gif" or "webp".
        output: the file.
        sound: a file with the sound, or None.
        alphas: begins the opacities of the frames, each uint8 [H, W], or None where all is opaque; so are frames beyond
            the last one. For GIF and WebP; None: all of the film is opaque.
        quality: of a WebP, 1 to 100; None is `USUAL_QUALITY`.
    """
    if kind == "gif":
        _write_gif(segments, count, rate, output, alphas)
    elif kind == "webp":
        _write_webp(segments, rate, output, alphas, quality or USUAL_QUALITY)
    else:
        _join(segments, rate, kind, output, sound)


def _join(segments: Sequence[Path], rate: Fraction, kind: str, output: Path, sound: bytes | None) -> None:
    # faststart: the index stands first, so that a player begins before it has the whole film.
    options = {"movflags": "+faststart"} if kind == "mp4" else {}
    with contextlib.ExitStack() as opened:
        film = opened.enter_context(av.open(str(output), "w", format=kind, options=options))
        first = opened.enter_context(av.open(str(segments[0])))
        pictures = film.add_stream_from_template(first.streams.video[0])
        pictures.time_base = 1 / rate
        streams: list[Iterator[_Packet]] = [_renumbered(segments, rate, pictures)]
        if sound:
            source = opened.enter_context(av.open(io.BytesIO(sound), "r"))
            heard = film.add_stream_from_template(source.streams.audio[0])
            streams.append(_copied(source, heard))
        for packet in heapq.merge(*streams, key=_seconds):
            film.mux(packet)


def _renumbered(segments: Sequence[Path], rate: Fraction, stream: VideoStream) -> Iterator[_Packet]:
    """The packed frames of all segments, each a frame later than the one before."""
    number = 0
    for segment in segments:
        with av.open(str(segment)) as part:
            for packet in part.demux(video=0):
                if not packet.size:
                    continue
                packet.time_base, packet.pts, packet.dts, packet.duration = 1 / rate, number, number, 1
                packet.stream = stream
                number += 1
                yield packet


def _copied(source: InputContainer, stream: AudioStream) -> Iterator[_Packet]:
    for packet in source.demux(audio=0):
        if packet.size:
            packet.stream = stream
            yield packet


def _seconds(packet: _Packet) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _write_webp(segments: Sequence[Path], rate: Fraction, output: Path, alphas: Alphas | None, quality: int) -> None:
    with av.open(str(output), "w", format="webp", options={"loop": "0"}) as film:
        stream: VideoStream | None = None
        for number, (pixels, alpha) in enumerate(_with_alphas(segments, alphas)):
            if stream is None:
                options = {"quality": str(quality), "loop": "0"}
                stream = film.add_stream("libwebp_anim", rate=rate, options=options)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "bgra"  # libwebp itself makes YUV of it
            shown = np.dstack([pixels[..., ::-1], np.full(pixels.shape[:2], 255, np.uint8) if alpha is None else alpha])
            frame = av.VideoFrame.from_ndarray(shown, format="bgra")
            frame.pts, frame.time_base = number, 1 / rate
            film.mux(stream.encode(frame))
        if stream is not None:
            film.mux(stream.encode())


def _write_gif(segments: Sequence[Path], count: int, rate: Fraction, output: Path, alphas: Alphas | None) -> None:
    palette = _palette(segments, count)
    colours = np.asarray(palette.getpalette() or [], np.uint8).reshape(-1, 3)[:GIF_COLOURS]
    table = np.zeros((256, 4), np.uint8)  # alpha, red, green, blue
    table[: len(colours), 0], table[: len(colours), 1:] = 255, colours
    options = {"loop": "0", "final_delay": str(max(_LEAST_GIF_TICKS, round(1 / rate / _GIF_TICK)))}
    with av.open(str(output), "w", format="gif", options=options) as film:
        stream: VideoStream | None = None
        for tick, pixels, alpha in _ticked(segments, rate, alphas):
            if stream is None:
                stream = film.add_stream("gif", rate=100)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt, stream.time_base = "pal8", _GIF_TICK
            indices = np.array(Image.fromarray(pixels).quantize(palette=palette), np.uint8)
            if alphas is not None:
                indices[_clear(alpha, indices.shape)] = len(colours)  # the first index that is clear
            frame = av.VideoFrame.from_ndarray((indices, table), format="pal8")  # type: ignore[arg-type]
            frame.pts, frame.time_base = tick, _GIF_TICK
            film.mux(stream.encode(frame))
        if stream is not None:
            film.mux(stream.encode())


def _ticked(
    segments: Sequence[Path], rate: Fraction, alphas: Alphas | None
) -> Iterator[tuple[int, Pixels, Pixels | None]]:
    """The frames with their times in hundredths of a second, and opacities; above 50 a second, some are left out."""
    last = -_LEAST_GIF_TICKS
    for number, (pixels, alpha) in enumerate(_with_alphas(segments, alphas)):
        tick = round(number / rate / _GIF_TICK)
        if tick - last >= _LEAST_GIF_TICKS:
            yield tick, pixels, alpha
            last = tick


def _clear(alpha: Pixels | None, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """The clear pixels of a frame of a GIF, [H, W]; at least one, in a corner.

    FFmpeg takes a frame away before the next one only if a part of it is clear: otherwise it would show through.
    """
    clear = np.zeros(size, np.bool_) if alpha is None else alpha < HALF_OPAQUE
    clear[0, 0] |= not clear.any()
    return clear


def _with_alphas(segments: Sequence[Path], alphas: Alphas | None) -> Iterator[tuple[Pixels, Pixels | None]]:
    """The frames with their opacities."""
    given = iter(alphas() if alphas else ())
    for pixels in decoded_segments(segments):
        yield pixels, next(given, None)


def _palette(segments: Sequence[Path], count: int) -> Image.Image:
    """One palette for the whole film, so that nothing flickers, from frames that are evenly spread."""
    chosen = {round(n * (count - 1) / max(1, _SAMPLES - 1)) for n in range(_SAMPLES)}
    samples = []
    for number, pixels in enumerate(decoded_segments(segments)):
        if number in chosen:
            sample = Image.fromarray(pixels)
            sample.thumbnail((_SAMPLE_EDGE_PX, _SAMPLE_EDGE_PX), Image.Resampling.NEAREST)
            samples.append(np.asarray(sample))
    return Image.fromarray(np.concatenate(samples)).quantize(GIF_COLOURS, Image.Quantize.MEDIANCUT)
