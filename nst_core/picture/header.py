"""The format and size that a picture file states, read without a decoder: cheap and safe for any bytes."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from nst_core.picture.chunks import PNG_SIGNATURE, boxes_within


class Header(NamedTuple):
    """The format by Pillow's name, and the width and height in pixels; both 0 if the file does not state them."""

    kind: str
    width: int = 0
    height: int = 0


def read_header(data: bytes) -> Header | None:
    """Read the header of a picture file; None for all other files."""
    for kind, signature, read_size in _FORMATS:
        if signature.match(data):
            try:
                return Header(kind, *read_size(data))
            except (struct.error, IndexError):  # the file ends within its header
                return Header(kind)
    if not (kind := _heif_kind(data)):
        return None
    try:
        return Header(kind, *_heif(data))
    except struct.error:
        return Header(kind)


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


_BRANDS = re.compile(rb".{4}ftyp(?P<brand>.{4})", re.DOTALL)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_AVIF_BRANDS = (b"avif", b"avis")
_EITHER_BRANDS = (b"mif1", b"msf1")
"""Brands of a container that may hold either; the compatible brands after them say which."""


def _heif_kind(data: bytes) -> str:
    """HEIF or AVIF by the brands of an ISO base media file; empty if it is another one, such as a video."""
    found = _BRANDS.match(data)
    if found is None:
        return ""
    others = data[16 : min(int.from_bytes(data[:4]), 256)]
    brands = {found["brand"], *(others[at : at + 4] for at in range(0, len(others), 4))}
    if found["brand"] in _AVIF_BRANDS or (found["brand"] in _EITHER_BRANDS and not brands.isdisjoint(_AVIF_BRANDS)):
        return "AVIF"
    return "HEIF" if found["brand"] in (*_HEIF_BRANDS, *_EITHER_BRANDS) else ""


def _heif(data: bytes) -> tuple[int, int]:
    """The largest size of a HEIC or AVIF file: its picture's, since its tiles and thumbnails are smaller."""
    sizes = [(0, 0)]
    for box in boxes_within(data, b"meta", b"iprp", b"ipco"):
        if box.kind == b"ispe" and box.end <= len(data):
            width, height = struct.unpack_from(">II", data, box.start + 4)
            sizes.append((width, height))
    return max(sizes, key=lambda size: size[0] * size[1])


_FORMATS: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], tuple[int, int]]], ...] = (
    ("PNG", re.compile(re.escape(PNG_SIGNATURE)), _png),
    ("JPEG", re.compile(rb"\xff\xd8\xff"), _jpeg),
    ("GIF", re.compile(rb"GIF8[79]a"), _gif),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL), _webp),
    ("BMP", re.compile(rb"BM"), _bmp),
)
