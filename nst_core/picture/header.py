"""The format and size that a picture file states, read without a decoder: cheap and safe for any bytes."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from nst_core.picture.chunks import PNG_SIGNATURE


class Header(NamedTuple):
    """The format by Pillow's name, and the width and height in pixels; both 0 if the file does not state them."""

    kind: str
    width: int = 0
    height: int = 0


def read_header(data: bytes) -> Header | None:
    """Read the header of a PNG, JPEG, WebP, GIF or BMP file; None for all other files."""
    for kind, signature, read_size in _FORMATS:
        if signature.match(data):
            try:
                return Header(kind, *read_size(data))
            except (struct.error, IndexError):  # the file ends within its header
                return Header(kind)
    return None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _bmp(data: bytes) -> tuple[int, int]:
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == 12 else "<ii", data, 18)
    return max(0, width), abs(height)  # a negative height means that the rows begin at the top


def _webp(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


_FRAME_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG that are followed by its size."""


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while (found := _FRAME_MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
        if marker in (0xD9, 0xDA):  # the end, or pixels before any size
            break
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])
    return 0, 0


_FORMATS: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], tuple[int, int]]], ...] = (
    ("PNG", re.compile(re.escape(PNG_SIGNATURE)), _png),
    ("JPEG", re.compile(rb"\xff\xd8\xff"), _jpeg),
    ("GIF", re.compile(rb"GIF8[79]a"), _gif),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL), _webp),
    ("BMP", re.compile(rb"BM"), _bmp),
)
