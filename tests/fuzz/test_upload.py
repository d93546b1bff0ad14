"""Opening pictures: any bytes give a Picture or a PictureError, and the same result as in a decoder process."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from nst_core.errors import PictureError
from nst_core.picture.chunks import PNG_SIGNATURE
from nst_core.picture.header import read_header
from nst_core.picture.limits import UploadLimits
from nst_core.picture.upload import Picture, open_own, open_picture
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import damaged

LIMITS = UploadLimits(max_pixels=40_000, kept_pixels=3_000)
"""Small limits, so that some examples are reduced."""


def _saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    colours = np.random.default_rng(5).integers(60, 250, (40, 90, 4), dtype=np.uint8)
    Image.fromarray(colours).convert(mode).save(file, kind, **options)
    return file.getvalue()


_WHOLES = [
    _saved("PNG"),
    _saved("PNG", "LA"),
    _saved("PNG", "P"),
    _saved("JPEG"),
    _saved("JPEG", "CMYK", progressive=True),
    _saved("WEBP", "RGBA"),
    _saved("WEBP", lossless=True),
    _saved("GIF", "P"),
    _saved("BMP"),
]


def _opened(data: bytes) -> Picture | str:
    try:
        picture = open_picture(data, limits=LIMITS)
    except PictureError as error:
        assert_is_one_sentence(error)
        return str(error)
    assert picture.pixels.shape == (picture.height, picture.width, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.width * picture.height <= LIMITS.kept_pixels
    assert picture.sha256 == Picture.from_pixels(picture.pixels, picture.alpha).sha256
    assert picture.alpha is None or picture.alpha.shape == picture.pixels.shape[:2]
    return picture


@fuzz(data=damaged(_WHOLES))
def test_damaged_pictures(data: bytes) -> None:
    opened = _opened(data)
    try:
        own: Picture | str = open_own(data, limits=LIMITS)
    except PictureError as error:
        own = str(error)
    assert isinstance(opened, Picture) == isinstance(own, Picture)
    assert isinstance(opened, str) or opened == own


@fuzz(
    start=st.sampled_from([b"", PNG_SIGNATURE, b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF\xff\0\0\0WEBPVP8X"]),
    rest=st.binary(max_size=200),
)
def test_any_bytes(start: bytes, rest: bytes) -> None:
    _opened(start + rest)
    header = read_header(start + rest)
    assert header is None or min(header.width, header.height) >= 0


@fuzz(
    width=st.integers(0, 2**32 - 1) | st.integers(32, 200),
    height=st.integers(0, 2**32 - 1) | st.integers(32, 200),
    depth=st.sampled_from([1, 2, 4, 8, 16]) | st.integers(0, 255),
    colour=st.sampled_from([0, 2, 3, 4, 6]) | st.integers(0, 255),
    interlace=st.integers(0, 2),
    rows=st.integers(0, 50_000),
)
def test_a_png_that_claims_anything(
    width: int, height: int, depth: int, colour: int, interlace: int, rows: int
) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = zlib.compress(bytes(rows), 1)
    _opened(PNG_SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
