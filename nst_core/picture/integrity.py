"""Checks that a picture file is complete and cheap to decode, from its bytes, before anything is decoded.

Decoders are lenient: Pillow shows a PNG whose data ends early as black, and takes 17 s for a 140 KB JPEG of many scans.
These checks walk the structure of the format: milliseconds and little memory, whatever size the header states.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

from nst_core.errors import PictureError
from nst_core.picture.chunks import Chunk, boxes, png_chunks, webp_chunks

MAX_JPEG_SCANS = 100
"""A progressive JPEG has about 10 scans; each needs a pass over all pixels."""

MAX_JPEG_SCAN_PIXELS = 800e6
"""Scans x pixels: 12 scans of the largest picture, at most 6 seconds of decoding."""

MAX_RLE_BYTES = 1_000_000
"""Largest run-length encoded BMP: Pillow decodes it in Python, at about 1 MB/s."""

MAX_BLOCKS = 400_000
"""Most GIF blocks walked to count frames; only the first frame is used."""


def check_complete(data: bytes, kind: str, width: int, height: int) -> int:
    """Check a picture file and return its number of frames: 1 for a still picture, 0 if there are too many to count.

    Args:
        data: the file.
        kind: the format, by Pillow's name.
        width: the width that its header states, in pixels.
        height: the height that its header states, in pixels.

    Raises:
        PictureError: the file is cut off, damaged or too slow to decode.
    """
    return _CHECKS[kind](data, width, height)


def truncated_error(kind: str, detail: str) -> PictureError:
    """The error for a file that is cut off or damaged; `detail` says how."""
    return PictureError(
        f"the {kind} file must be whole, but {detail}; copy or download it again, or export it anew as PNG or JPEG"
    )


def _png(data: bytes, _width: int, _height: int) -> int:
    chunks = list(png_chunks(data))
    if not chunks or chunks[-1].kind != b"IEND" or chunks[0].kind != b"IHDR":
        raise truncated_error("PNG", "its end is missing")
    body = [c for c in chunks if c.kind == b"IDAT"]
    for chunk in body:
        if zlib.crc32(data[chunk.start - 4 : chunk.end]) != int.from_bytes(data[chunk.end : chunk.end + 4]):
            raise truncated_error("PNG", "its data fails its own checksum")
    expected = _png_bytes(data[chunks[0].start : chunks[0].end])
    if (missing := expected - _inflated_size(data, body, expected)) > 0:
        raise truncated_error("PNG", f"{missing} bytes of its pixels are missing")
    counts = [data[c.start : c.start + 4] for c in chunks if c.kind == b"acTL"]
    return max(1, int.from_bytes(counts[0])) if counts else 1


def _png_bytes(header: bytes) -> int:
    """Size of the inflated pixels of a PNG in bytes, filter bytes included; 0 if the header is malformed."""
    if len(header) != 13:
        return 0
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 0)
    adam7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    total = 0
    for x, y, dx, dy in adam7 if interlace else ((0, 0, 1, 1),):
        columns, rows = max(0, -(-(width - x) // dx)), max(0, -(-(height - y) // dy))
        total += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return total


def _inflated_size(data: bytes, body: list[Chunk], expected: int) -> int:
    """Size of the inflated pixels in bytes, counted to `expected` in 64 KB pieces: a zip bomb takes no memory."""
    inflater, total = zlib.decompressobj(), 0
    for chunk in body:
        block = data[chunk.start : chunk.end]
        while block and total < expected:
            total += len(inflater.decompress(block, 1 << 16))
            block = inflater.unconsumed_tail
    return total


_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def _jpeg(data: bytes, width: int, height: int) -> int:
    scans, at = 0, 2
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker == 0xD9:
            return 1
        if marker == 0x01:
            continue
        scans += marker == 0xDA
        if scans > MAX_JPEG_SCANS or scans * width * height > MAX_JPEG_SCAN_PIXELS:
            raise PictureError(
                f"a JPEG must have few scans ({MAX_JPEG_SCANS} at most, fewer if it is large), got more at "
                f"{width} x {height} px; save it again as a baseline JPEG or PNG"
            )
        at += int.from_bytes(data[at : at + 2])
    raise truncated_error("JPEG", "its end is missing")


def _gif(data: bytes, _width: int, _height: int) -> int:
    at, frames = 13 + _colour_table_bytes(data[10]), 0
    for _ in range(MAX_BLOCKS):
        kind = data[at : at + 1]
        if kind == b"!":
            at += 2
        elif kind == b",":
            at += 11 + _colour_table_bytes(data[at + 9]) if at + 9 < len(data) else len(data)
            frames += 1
        else:
            break
        while at < len(data) and data[at]:
            at += 1 + data[at]
        if at >= len(data) and frames <= 1:
            raise truncated_error("GIF", "its first frame is not complete")
        at += 1
    else:
        return 0
    return max(1, frames)


def _colour_table_bytes(flags: int) -> int:
    """Size in bytes of the colour table that the flags of a GIF block announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _webp(data: bytes, _width: int, _height: int) -> int:
    (stated,) = struct.unpack_from("<I", data, 4)
    if stated + 8 > len(data):
        raise truncated_error("WebP", f"{stated + 8 - len(data)} of its {stated + 8} bytes are missing")
    return max(1, sum(chunk.kind == b"ANMF" for chunk in webp_chunks(data)))


def _bmp(data: bytes, width: int, height: int) -> int:
    start, header = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, 14)[0]
    is_core_header = header == 12
    bits = struct.unpack_from("<H", data, 24 if is_core_header else 28)[0]
    compression = 0 if is_core_header else struct.unpack_from("<I", data, 30)[0]
    if compression in (1, 2):
        if len(data) > MAX_RLE_BYTES:
            raise PictureError(
                f"a run-length packed BMP must be at most {MAX_RLE_BYTES:,} bytes, got {len(data):,}; save it as PNG"
            )
        return 1
    missing = start + (width * bits + 31) // 32 * 4 * height - len(data)
    # Some writers leave out the padding of the last row, which holds no pixels.
    if missing > 3:
        raise truncated_error("BMP", f"{missing} bytes of its pixels are missing")
    return 1


def _heif(data: bytes, _width: int, _height: int) -> int:
    """The pictures of HEIC and AVIF lie in boxes, and each must be whole; the decoders check what is inside."""
    end = max((box.end for box in boxes(data)), default=0)
    if end > len(data):
        raise truncated_error("HEIC or AVIF", f"{end - len(data)} of its {end} bytes are missing")
    return 0 if data[8:12] in _MOVING_BRANDS else 1


_MOVING_BRANDS = (b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs")
"""Brands of a sequence of pictures, whose number is not read."""


_CHECKS: dict[str, Callable[[bytes, int, int], int]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "GIF": _gif,
    "WEBP": _webp,
    "BMP": _bmp,
    "AVIF": _heif,
    "HEIF": _heif,
}
