"""The chunks of a PNG or WebP file, without decoding their content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

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
