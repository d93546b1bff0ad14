"""The skeleton of a PNG or WebP file: its chunks, without decoding what is in them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Chunk(NamedTuple):
    """One chunk: its kind, and where its data lies in the file."""

    kind: bytes
    start: int
    end: int


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """Every whole chunk of a PNG file, up to and including IEND; a chunk that is cut off ends the walk."""
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
    """Every whole chunk of a WebP file; a chunk that is cut off ends the walk."""
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
