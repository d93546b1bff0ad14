"""Reading of pictures that `encode` wrote: pixels, alpha, aspect ratio and thumbnails. Uploads go through `upload`."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from nst_core.picture.decode import Bytes
from nst_core.step import Pixels


def read_pixels(encoded: bytes, longest_edge_px: int | None = None) -> Pixels:
    """The pixels of a picture, [1, H, W, 3] in [0, 1], reduced to `longest_edge_px` if it is larger."""
    with Image.open(io.BytesIO(encoded)) as image:
        rgb = image.convert("RGB")
        if longest_edge_px:
            rgb.thumbnail((longest_edge_px, longest_edge_px))
        return np.asarray(rgb, np.float32)[None] / np.float32(255)


def read_alpha(encoded: bytes) -> Bytes | None:
    """The alpha channel of a picture, uint8 [H, W]; None if it has none."""
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.getchannel("A")) if "A" in image.getbands() else None


def opaque(image: Image.Image) -> Image.Image:
    """An image in RGB, its transparent parts on white: for films and sheets, which have no transparency."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("RGB")


def aspect_ratio(encoded: bytes) -> float:
    """Width over height, from the header alone."""
    with Image.open(io.BytesIO(encoded)) as image:
        return float(image.width / image.height)


def thumbnail(encoded: bytes, longest_edge_px: int, quality: int = 80) -> bytes:
    """A small WebP of a picture, at most `longest_edge_px` on a side, transparency kept; `quality` from 1 to 100."""
    with Image.open(io.BytesIO(encoded)) as image:
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((longest_edge_px, longest_edge_px))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=quality)
    return file.getvalue()
