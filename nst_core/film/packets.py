"""What a film's file holds, packed, as far as it can be read. For the process that decodes only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

S = TypeVar("S", VideoStream, AudioStream)


def packets(container: InputContainer, stream: S) -> Iterator[av.Packet[S]]:
    """The packets of a stream up to the end of the file, or to a place from which it cannot be read any further."""
    found = container.demux(stream)
    while True:
        try:
            yield next(found)
        except (StopIteration, av.error.FFmpegError):
            return
