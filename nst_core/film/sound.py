"""The sound of a clip: copied, or cut to it and encoded anew. For the process that decodes only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from nst_core.film.packets import packets

SOUNDS = {"mp4": ("aac", "mp4", 160_000), "webm": ("libopus", "webm", 128_000)}
"""Format of a film -> the codec of its sound, the container in which that is handed over, and bits per second."""
COPIED = {"mp4": ("aac",), "webm": ("opus", "vorbis")}
"""Format of a film -> the codecs, by FFmpeg's names, that players expect in it."""
RATE = 48_000
"""Samples per second: one of the rates of both codecs."""
_GAP_SECONDS = 0.05
"""A shorter gap in the times of the sound is rounding."""


def copied_sound(container: InputContainer, start_seconds: float, seconds: float, film_format: str) -> bytes | None:
    """The beginning of the sound of a file as it is, as a file that begins with it; ends within half a packet.

    None if the sound must be encoded anew: its codec does not belong into such a film, or it has not begun by then.
    Arguments as in `encoded_sound`.
    """
    source = container.streams.audio[0]
    if source.codec_context.name not in COPIED[film_format] or not source.codec_context.extradata:
        return None
    file, count = io.BytesIO(), 0
    with av.open(file, "w", format=SOUNDS[film_format][1]) as output:
        stream = output.add_stream_from_template(source)
        for packet in packets(container, source):
            if packet.pts is None or not packet.size:
                continue
            begin = packet.pts - round(start_seconds / packet.time_base)
            if (begin + (packet.duration or 0) / 2) * packet.time_base >= seconds:
                break
            packet.pts = packet.dts = begin
            packet.stream = stream
            output.mux(packet)
            count += 1
    return file.getvalue() if count else None


def encoded_sound(container: InputContainer, start_seconds: float, seconds: float, film_format: str) -> bytes:
    """A part of the sound of a file, in stereo, as a file that begins with it.

    Args:
        container: the film, opened.
        start_seconds: where the part begins, in the times of the file.
        seconds: its length; where the film has no sound, it is silent.
        film_format: a key of `SOUNDS`.
    """
    codec, kind, bits = SOUNDS[film_format]
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=RATE))
        stream.bit_rate, stream.layout = bits, "stereo"
        written = 0
        for samples in _cut(_samples(container, container.streams.audio[0]), start_seconds, round(seconds * RATE)):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, written
            written += samples.shape[1]
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return file.getvalue()


def _samples(container: InputContainer, stream: AudioStream) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """The decoded sound: the time of each piece in seconds, and its samples, [2, n]. Damaged pieces are left out."""
    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
    packets = container.demux(stream)
    while True:
        try:
            frames = next(packets).decode()
        except StopIteration:
            return
        except (av.error.FFmpegError, ValueError):
            continue
        for frame in frames:
            if frame.pts is None or frame.time is None:
                continue
            at = frame.time
            frame.pts = None  # otherwise the resampler fills gaps itself, of any length
            for piece in resampler.resample(frame):
                yield at, piece.to_ndarray().astype(np.float32, copy=False)


def _cut(
    pieces: Iterator[tuple[float, NDArray[np.float32]]], start_seconds: float, count: int
) -> Iterator[NDArray[np.float32]]:
    """`count` samples from `start_seconds` on, [2, n] each; silence where there is no sound."""
    done = 0
    for seconds, piece in pieces:
        if done >= count:
            return
        at = round((seconds - start_seconds) * RATE)
        if at > done + _GAP_SECONDS * RATE:
            yield from _silence(min(at, count) - done)
            done = min(at, count)
        late = max(0, -at) if done == 0 else 0
        wanted = piece[:, late : late + count - done]
        done += wanted.shape[1]
        if wanted.size:
            yield wanted
    yield from _silence(count - done)


def _silence(count: int) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, count, RATE):
        yield np.zeros((2, min(RATE, count - begin)), np.float32)
