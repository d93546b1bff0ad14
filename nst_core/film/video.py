"""Films that PyAV decodes: MP4, MOV, WebM, Matroska and GIF. For the process that decodes only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import BinaryIO, cast

import av
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.stream import VideoStream

from nst_core.errors import FilmError, PictureError
from nst_core.film import colours
from nst_core.film.info import MOST_FRAMES_PER_SECOND, Clip, FilmInfo, FilmLimits
from nst_core.film.pace import TimedPicture
from nst_core.film.packets import packets
from nst_core.film.shape import Orientation, square_size
from nst_core.film.sound import copied_sound, encoded_sound
from nst_core.picture.integrity import check_complete

DEMUXERS = {"MP4": "mov", "MOV": "mov", "WebM": "matroska", "Matroska": "matroska", "GIF": "gif"}
"""Name of a format -> FFmpeg's. No other demuxer is tried: some read other files and addresses."""
MOST_PACKETS = 300_000
"""The most pictures of a file that are counted: more than an hour at 60 a second."""
_WHOLE_SHARE = 0.98
"""A file with fewer of the pictures that it states is incomplete."""
_JITTER = 0.25
"""How much the times between pictures may vary, as a share of their mean, if the rate is called constant."""


@dataclass(frozen=True)
class _Times:
    """When the pictures of a file appear.

    Attributes:
        first: the time of the first, in the file's units.
        seconds: from the first to the end of the last.
        step_seconds: from most of them to the next.
        rate: pictures per second.
        count: of pictures.
        is_exact: whether all were counted.
    """

    first: int
    seconds: float
    step_seconds: float
    rate: float
    count: int
    is_exact: bool


class VideoFilm:
    """A film's file that PyAV decodes."""

    def __init__(self, file: BinaryIO, kind: str, limits: FilmLimits) -> None:
        """Check and describe it. Raises FilmError, or an error of PyAV."""
        self._file, self._kind, self._limits = file, kind, limits
        if kind == "GIF":
            _check_gif(file)
        with self._opened() as container:
            stream = _video_stream(container)
            stated = stream.codec_context.width, stream.codec_context.height
            if not all(stated):
                raise _undecodable()
            limits.check_size(*stated)
            has_audio = any(each.codec_context is not None for each in container.streams.audio)
            self._times = _times(container, stream)
        self.step_seconds = self._times.step_seconds
        self._aspect = None
        with self._opened() as container:
            first = next(self._decoded(container), None)
            if first is None:
                raise _undecodable()
            self._orientation = _orientation(first)
            self._aspect = _video_stream(container).sample_aspect_ratio
            codec = _video_stream(container).codec_context.name
        width, height = self._orientation.size(*square_size(first.width, first.height, self._aspect))
        limits.check_size(width, height)
        self.info = FilmInfo(
            width,
            height,
            self._times.count,
            self._times.is_exact,
            self._times.seconds,
            self._times.rate,
            has_audio,
            colours.is_transparent(first),
            kind,
            codec,
            colours.bit_depth(first),
        )

    def pictures(self, from_seconds: float, size: tuple[int, int]) -> Iterator[TimedPicture]:
        """The pictures of the film, of (width, height), from the one that is shown at `from_seconds` or before it."""
        if from_seconds > 0:
            with self._opened() as container:
                pictures = self._timed(container, self._sought(container, from_seconds), size)
                first = next(pictures, None)
                if first and first.seconds <= from_seconds:
                    yield first
                    yield from pictures
                    return
        with self._opened() as container:
            yield from self._timed(container, self._decoded(container), size)

    def sound(self, clip: Clip, film_format: str) -> bytes:
        """The sound of a clip, packed for a film of that format; see `nst_core.film.sound`."""
        with self._opened() as container:
            begin = float(self._times.first * (_video_stream(container).time_base or 0))
            seconds = clip.seconds(self.info)
            # A packet begins where the film does, but hardly where a clip does.
            copied = None if clip.start_seconds else copied_sound(container, begin, seconds, film_format)
            return copied or encoded_sound(container, begin + clip.start_seconds, seconds, film_format)

    def _opened(self) -> InputContainer:
        self._file.seek(0)
        # Python's file object: the demuxer cannot open anything by name.
        return av.open(self._file, "r", format=DEMUXERS[self._kind], metadata_errors="replace")

    def _sought(self, container: InputContainer, seconds: float) -> Iterator[av.VideoFrame]:
        stream = _video_stream(container)
        try:
            container.seek(self._times.first + int(seconds / (stream.time_base or 1)), stream=stream)
        except av.error.FFmpegError:
            return
        yield from self._decoded(container)

    def _timed(
        self, container: InputContainer, frames: Iterator[av.VideoFrame], size: tuple[int, int]
    ) -> Iterator[TimedPicture]:
        begin = float(self._times.first * (_video_stream(container).time_base or 0))
        stored = self._orientation.size(*size)
        seconds = 0.0
        for frame in frames:
            timed = frame.pts is not None and frame.time_base is not None
            seconds = max(0.0, frame.time - begin) if timed else seconds + 1 / self._times.rate
            yield TimedPicture(
                seconds,
                lambda frame=frame: self._orientation.upright(colours.srgb(frame, *stored)),  # type: ignore[misc]
            )

    def _decoded(self, container: InputContainer) -> Iterator[av.VideoFrame]:
        """The frames that can be decoded, one after another; damaged ones are left out."""
        stream = _video_stream(container)
        decoder = _decoder(stream, self._limits)
        for packet in packets(container, stream):
            try:
                frames = decoder.decode(packet)
            except (av.error.FFmpegError, ValueError):
                continue
            for frame in frames:
                if not frame.is_corrupt:
                    yield frame


def _check_gif(file: BinaryIO) -> None:
    """Raises FilmError if the first picture of a GIF is not complete; FFmpeg would show a part of it."""
    file.seek(0)
    try:
        check_complete(file.read(), "GIF", 0, 0)
    except PictureError:
        raise FilmError(
            "a film must be whole, but the first picture of this GIF is not complete; copy or download it again"
        ) from None


def _video_stream(container: InputContainer) -> VideoStream:
    """The stream of moving pictures: not the cover of a song. Raises FilmError if there is none."""
    films = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    if not films:
        has = "sound only" if container.streams.audio else "neither pictures nor sound"
        raise FilmError(f"a film must have pictures, got a file with {has}; choose another file")
    stream = max(films, key=lambda each: bool(each.disposition & Disposition.default))
    if stream.codec_context is None:
        raise FilmError(
            "a film must be packed by a codec that FFmpeg decodes, and this one is not; export it again as MP4 (H.264)"
        )
    return stream


def _decoder(stream: VideoStream, limits: FilmLimits) -> av.VideoCodecContext:
    """The decoder of a stream."""
    context = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1" and context.name in ("vp8", "vp9"):
        # FFmpeg's own decoders of these leave the transparency out.
        context = av.CodecContext.create("libvpx-vp9" if context.name == "vp9" else "libvpx", "r")
    context.thread_count = 1  # each further thread holds frames of its own
    context.options = {"max_pixels": str(limits.pixels)}
    return context


def _times(container: InputContainer, stream: VideoStream) -> _Times:
    """When the pictures appear, from the packets alone. Raises FilmError if there are none, or too few."""
    base = stream.time_base
    times, last_duration, count = [], 0, 0
    for packet in packets(container, stream):
        at = packet.dts if packet.pts is None else packet.pts
        if at is None or not packet.size:
            continue
        if packet.has_sidedata("encryption_info"):  # a decoder shows noise, or nothing, depending on the key
            raise _undecodable()
        count += 1
        if not packet.is_discard:
            times.append(at)
            last_duration = packet.duration or last_duration
        if count >= MOST_PACKETS:
            break
    if count < _WHOLE_SHARE * stream.frames and count < MOST_PACKETS:
        raise FilmError(
            f"a film must be whole, but {stream.frames - count:,} of its {stream.frames:,} pictures are missing; "
            "copy or download it again"
        )
    if not times or base is None:
        raise FilmError("a film must have at least one picture, got a file with none; choose another file")
    times.sort()
    step = float(median(b - a for a, b in pairwise(times))) if len(times) > 1 else 0.0
    lasts = float((times[-1] - times[0] + (last_duration or step)) * base)
    rate = _rate(times, step * float(base), float(base), stream)
    return _Times(times[0], lasts or 1 / rate, step * float(base) or 1 / rate, rate, len(times), count < MOST_PACKETS)


def _rate(times: list[int], step_seconds: float, base: float, stream: VideoStream) -> float:
    """Pictures per second: the mean if they come evenly, otherwise as most of them come; between 1 and 60."""
    average = float(stream.average_rate or 0)
    if len(times) > 1 and step_seconds > 0:
        mean = (times[-1] - times[0]) * base / (len(times) - 1)
        even = all(abs((b - a) * base - mean) <= _JITTER * mean + base for a, b in pairwise(times))
        if not even:
            average = round(1 / step_seconds, 3)
        elif not average or abs(average * mean - 1) > 0.02:
            average = round(1 / mean, 3)
    return min(MOST_FRAMES_PER_SECOND, max(1.0, average or 25.0))


def _orientation(frame: av.VideoFrame) -> Orientation:
    for each in cast(Iterable[SideData], frame.side_data):
        if each.type.name == "DISPLAYMATRIX":
            return Orientation.from_matrix(bytes(each))
    return Orientation()


def _undecodable() -> FilmError:
    return FilmError(
        "a film's pictures must be readable, and none of this one is: it may be damaged, or protected against "
        "copying; choose another file"
    )
