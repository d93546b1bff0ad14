"""Picture files for the tests of uploads: intact, and damaged by hand."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

import nst_core.picture.reading  # noqa: F401 - lets Pillow open and save HEIC

FORMATS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("GIF", {}),
    ("BMP", {}),
    ("HEIF", {}),
    ("AVIF", {"speed": 10}),
]


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def blocks(width: int = 96, height: int = 64) -> np.ndarray:
    """A bright picture of 16 px blocks: no part of it is black."""
    small = np.random.default_rng(3).integers(60, 250, (height // 16, width // 16, 3))
    return np.kron(small, np.ones((16, 16, 1))).astype(np.uint8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, raw: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + body + png_chunk(b"IEND", b"")


def wide(kind: str, pixels: np.ndarray) -> bytes:
    """A HEIC, AVIF or PNG file whose pixels, uint8 [H, W, 3], are in Display P3 by number, without a profile."""
    image = Image.fromarray(pixels)
    if kind == "PNG":
        data = saved(image)
        return data[:33] + png_chunk(b"cICP", bytes((12, 13, 0, 1))) + data[33:]
    data = saved(image, kind, quality=100, **({"chroma": 444} if kind == "HEIF" else {"subsampling": "4:4:4"}))
    at = data.index(b"nclx") + 4
    return data[:at] + (12).to_bytes(2) + data[at + 2 :]
