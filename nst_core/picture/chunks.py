"""The chunks of a PNG or WebP file, and the boxes of a HEIC or AVIF file, without decoding their content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

MAX_BOXES = 10_000
"""Most boxes of one level that are walked; a photograph has a few dozen."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Chunk(NamedTuple):
    """One chunk: its type, and the range of its data in the file."""

    kind: bytes
    start: int
    end: int


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """Every complete chunk of a PNG file, up to and including IEND; stops at a chunk that is cut off."""
    if not data.startswith(PNG_SIGNATURE):
        return
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk = Chunk(data[at + 4 : at + 8], at + 8, at + 8 + length)
        at = chunk.end + 4
        if at > len(data):
            return
        yield chunk
        if chunk.kind == b"IEND":
            return


def webp_chunks(data: bytes) -> Iterator[Chunk]:
    """Every complete chunk of a WebP file; stops at a chunk that is cut off."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return
    at = 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        chunk = Chunk(data[at : at + 4], at + 8, at + 8 + length)
        if chunk.end > len(data):
            return
        yield chunk
        at = chunk.end + length % 2


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Chunk]:
    """The boxes of one level of an ISO base media file, such as HEIC: from `start` to `end`, or to the file's end.

    A box that is cut off is the last one, and its `end` lies beyond the end given.

    Source: ISO/IEC 14496-12, section 4.2.
    """
    at, end = start, len(data) if end is None else min(end, len(data))
    for _ in range(MAX_BOXES):
        if at + 8 > end:
            return
        size, head = int.from_bytes(data[at : at + 4]), 8
        if size == 1:  # the size follows in 64 bits
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:  # up to the end
            size = end - at
        if size < head:
            return
        yield Chunk(data[at + 4 : at + 8], at + head, at + size)
        at += size


def boxes_within(data: bytes, *path: bytes) -> Iterator[Chunk]:
    """The boxes inside the first box at a path such as `meta`, `iprp`, `ipco`; nothing if there is no such box."""
    start, end = 0, len(data)
    for kind in path:
        found = next((box for box in boxes(data, start, end) if box.kind == kind), None)
        if found is None:
            return
        start, end = found.start + (4 if kind == b"meta" else 0), found.end  # meta begins with its version
    yield from boxes(data, start, end)
