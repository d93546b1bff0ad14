"""The formats of finished films, and how their pictures are encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from av.video.stream import VideoStream
from numpy.typing import NDArray

from nst_core.errors import FilmError

Pixels = NDArray[np.uint8]

_BT709, _LIMITED = 1, 1
_SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP | Interpolation.BITEXACT


@dataclass(frozen=True)
class Codec:
    """How a segment of a film is encoded.

    Attributes:
        name: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixels' format.
        container: of the segment's file.
        options: of the encoder.
    """

    name: str
    pixel_format: str
    container: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputFormat:
    """A format of finished films.

    Attributes:
        suffix: of file names, with its dot.
        media_type: of answers.
        label: for people.
        has_sound: whether it can hold sound.
        codec: of its segments.
    """

    suffix: str
    media_type: str
    label: str
    has_sound: bool
    codec: Codec


# No frame refers to a later one (bf, lag-in-frames): segments join without gaps, whatever their length.
_H264 = Codec("libx264", "yuv420p", "mp4", {"crf": "18", "preset": "fast", "bf": "0"})
_VP9 = Codec(
    "libvpx-vp9",
    "yuv420p",
    "webm",
    {"crf": "22", "b": "0", "cpu-used": "4", "deadline": "good", "lag-in-frames": "0", "auto-alt-ref": "0"},
)
_MASTER = Codec("libx264rgb", "rgb24", "matroska", {"crf": "8", "preset": "veryfast", "bf": "0"})
"""For formats that are encoded at the end, in one piece: nothing is visibly lost before."""

FORMATS: Mapping[str, OutputFormat] = {
    "mp4": OutputFormat(".mp4", "video/mp4", "MP4 (H.264)", True, _H264),
    "webm": OutputFormat(".webm", "video/webm", "WebM (VP9)", True, _VP9),
    "gif": OutputFormat(".gif", "image/gif", "GIF", False, _MASTER),
    "webp": OutputFormat(".webp", "image/webp", "Animated WebP", False, _MASTER),
}
"""Key of a recipe's `film_format` -> the format."""


USUAL_QUALITY, BEST_QUALITY = 80, 100
_WORST_CRF = {"mp4": 51, "webm": 63}
"""The constant rate factor of an encoder's lowest quality; at `USUAL_QUALITY` it is that of `FORMATS`."""


def check_quality(kind: str, quality: int | None) -> None:
    """Raise FilmError if films of a format cannot have this quality; None always passes."""
    if quality is None:
        return
    if kind == "gif":
        raise FilmError(f"a GIF has no quality, got {quality}; leave it out, or name another format")
    if not 1 <= quality <= BEST_QUALITY:
        raise FilmError(f"the quality of a film must be from 1 to {BEST_QUALITY}, got {quality}")


def codec_of(kind: str, quality: int | None) -> Codec:
    """The encoder of a format's segments at a quality from 1 to 100; None is `USUAL_QUALITY`.

    A WebP's quality is that of the finished film: its segments lose nothing visible.
    """
    codec = FORMATS[kind].codec
    if quality is None or kind not in _WORST_CRF:
        return codec
    worst = _WORST_CRF[kind]
    crf = round(worst - (worst - int(codec.options["crf"])) * quality / USUAL_QUALITY)
    return replace(codec, options={**codec.options, "crf": str(crf)})


def rate_of(frames_per_second: float) -> Fraction:
    """A frame rate as files state it, such as 30000/1001."""
    return Fraction(frames_per_second).limit_denominator(1001)


def encode_segment(frames: Iterable[Pixels], rate: Fraction, codec: Codec, output: BinaryIO) -> None:
    """Encode frames, uint8 [H, W, 3] of one size, as a file that begins with a frame that needs no other."""
    with av.open(output, "w", format=codec.container) as film:
        stream: VideoStream | None = None
        for number, pixels in enumerate(map(_even, frames)):
            if stream is None:
                stream = cast(VideoStream, film.add_stream(codec.name, rate=rate, options=dict(codec.options)))
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = codec.pixel_format
                _tag(stream.codec_context)
            frame = _frame(pixels, codec.pixel_format)
            frame.pts, frame.time_base = number, 1 / rate
            film.mux(stream.encode(frame))
        if stream is not None:
            film.mux(stream.encode())


def decoded_segments(segments: Iterable[Path]) -> Iterator[Pixels]:
    """The frames of segments, uint8 [H, W, 3], one after another. For files of ours only."""
    for segment in segments:
        with av.open(str(segment)) as film:
            for frame in film.decode(video=0):
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _tag(context: av.VideoCodecContext) -> None:
    """Say how players are to read the colours: as BT.709, of limited range."""
    if context.pix_fmt and context.pix_fmt.startswith("yuv"):
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED


def _frame(pixels: Pixels, pixel_format: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    if not pixel_format.startswith("yuv"):
        return frame
    return frame.reformat(
        format=pixel_format,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=_SCALING,
        threads=1,
    )


def _even(pixels: Pixels) -> Pixels:
    """The frame with its last row and column repeated where its sides are odd: colours have half the resolution."""
    height, width, _ = pixels.shape
    if height % 2 or width % 2:
        return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return pixels
