"""Messages between desk and worker: a JSON head and raw blobs over a pipe. No pickle crosses it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<I")


def write(stream: BinaryIO, head: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
    """Send one message whole; raises BrokenPipeError or ValueError if the other side is gone."""
    text = json.dumps({**head, "blobs": [len(b) for b in blobs]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message, or None when the other side has ended, even in the middle of one."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    text = stream.read(_LENGTH.unpack(prefix)[0])
    try:
        head: dict[str, Any] = json.loads(text)
        sizes = head.pop("blobs")
    except (ValueError, KeyError, AttributeError):
        return None
    blobs = [stream.read(size) for size in sizes]
    return (head, blobs) if [len(blob) for blob in blobs] == sizes else None
