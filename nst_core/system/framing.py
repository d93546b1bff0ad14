"""Frames on a pipe: a head and any number of binary blobs, each preceded by its length."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

MAGIC = b"NST\x01"
"""The first bytes of every frame: other bytes on the pipe are an error."""
MAX_HEAD_BYTES, MAX_BLOBS, MAX_BLOB_BYTES = 1 << 28, 64, 1 << 30
"""The limits of a frame; a larger one is an error, before memory is reserved for it. The largest blob is a mask of 67
MB."""
_COUNTS = struct.Struct("<II")
_SIZE = struct.Struct("<Q")


def write_frame(stream: BinaryIO, head: bytes, blobs: Sequence[bytes | memoryview] = ()) -> None:
    """Write a whole frame and flush. Raises OSError or ValueError if the other side has closed the pipe."""
    sizes = b"".join(_SIZE.pack(len(blob)) for blob in blobs)
    stream.write(MAGIC + _COUNTS.pack(len(head), len(blobs)) + sizes + head)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read_frame(stream: BinaryIO, max_blob_bytes: int = MAX_BLOB_BYTES) -> tuple[bytes, list[bytes]] | None:
    """The next head and its blobs; None at the end of the stream, even in the middle of a frame.

    Raises ValueError if the bytes are not a frame, or a blob is larger than `max_blob_bytes`.
    """
    magic = stream.read(len(MAGIC))
    if len(magic) < len(MAGIC):
        return None
    if magic != MAGIC:
        raise ValueError(f"a message must begin with {MAGIC!r}, got {magic!r}")
    counts = stream.read(_COUNTS.size)
    if len(counts) < _COUNTS.size:
        return None
    head_size, blob_count = _COUNTS.unpack(counts)
    if head_size > MAX_HEAD_BYTES or blob_count > MAX_BLOBS:
        raise ValueError(f"a frame must have at most {MAX_HEAD_BYTES} bytes of head and {MAX_BLOBS} blobs")
    table = stream.read(_SIZE.size * blob_count)
    if len(table) < _SIZE.size * blob_count:
        return None
    sizes = [head_size, *(size for (size,) in _SIZE.iter_unpack(table))]
    if max(sizes[1:], default=0) > max_blob_bytes:
        raise ValueError(f"a blob must have at most {max_blob_bytes} bytes, got {max(sizes[1:])}")
    parts = [stream.read(size) for size in sizes]
    if [len(part) for part in parts] != sizes:
        return None
    return parts[0], parts[1:]
