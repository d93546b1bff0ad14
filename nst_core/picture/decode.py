"""Conversion of any Pillow image to 8-bit sRGB: orientation, depth, colour space, profile, palette, transparency."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst_core.picture.coverage import bleed

Bytes = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112
_UPRIGHT: dict[int, Callable[[Bytes], Bytes]] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}
"""EXIF orientation -> a function that turns the stored pixels, [H, W] or [H, W, 3], upright; it returns a view."""
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow mode -> ICC colour space."""
_STRIP_ROWS = 256
"""Rows of the result that are reduced at once."""
_LANCZOS_ROWS = 3
"""Reach of the filter to each side, in rows of the result."""


def to_srgb(image: Image.Image) -> tuple[Bytes, Bytes | None]:
    """Convert an image to upright sRGB pixels and the coverage of its transparency.

    Colours are straight, not mixed with a background; those hidden below clear pixels are replaced, see
    `nst_core.picture.coverage.bleed`. 16-bit values are scaled to 8 bits; `convert` would clip them to white.

    Returns:
        uint8 [H, W, 3] in sRGB, and uint8 [H, W] coverage or None if the picture is opaque.
    """
    return _oriented(image, *_as_stored(image))


def to_srgb_at(image: Image.Image, width: int, height: int) -> tuple[Bytes, Bytes | None]:
    """Like `to_srgb`, and reduced to a size that is given as (width, height) before the image is put upright.

    Works in strips, so that the full size exists once only, in the image itself.
    """
    pixels, coverage = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.uint8)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, min(top + _STRIP_ROWS, height))
        pixels[rows], coverage[rows] = _reduced_rows(image, rows.start, rows.stop, width, height)
    return _oriented(image, pixels, None if coverage.min() == 255 else coverage)


def _oriented(image: Image.Image, pixels: Bytes, coverage: Bytes | None) -> tuple[Bytes, Bytes | None]:
    """Pixels and coverage upright, as the image's EXIF data say, with hidden colours replaced."""
    if coverage is not None:
        bleed(pixels, coverage)
    upright = _UPRIGHT.get(_orientation(image))
    if upright is None:
        return pixels, coverage
    pixels = np.ascontiguousarray(upright(pixels))
    return pixels, None if coverage is None else np.ascontiguousarray(upright(coverage))


def _reduced_rows(image: Image.Image, start: int, stop: int, width: int, height: int) -> tuple[Bytes, Bytes | int]:
    """The rows from `start` to `stop` of an image reduced to (width, height): colours and coverage."""
    scale = image.height / height
    margin = _LANCZOS_ROWS * scale + 1  # rows of the source that the filter reads beyond the strip
    top, bottom = max(0, int(start * scale - margin)), min(image.height, int(stop * scale + margin) + 1)
    pixels, coverage = _as_stored(image.crop((0, top, image.width, bottom)))
    box = (0, start * scale - top, image.width, min(stop * scale, image.height) - top)
    size = (width, stop - start)
    if coverage is None:
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, box)), 255
    weights = np.asarray(coverage, np.float32)
    share = _reduced(weights, size, box)
    colours = [_reduced(np.asarray(pixels[..., c] * weights, np.float32), size, box) for c in range(3)]
    straight = np.stack(colours, axis=-1) / np.maximum(share, 0.5)[..., None]  # weighted by coverage; below 0.5 hidden
    return _to_bytes(straight), _to_bytes(share)


def _reduced(
    plane: NDArray[np.float32], size: tuple[int, int], box: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS, box))


def _to_bytes(values: NDArray[np.floating[Any]]) -> Bytes:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def swaps_sides(image: Image.Image) -> bool:
    """Whether putting the image upright exchanges its width and height."""
    return _orientation(image) >= 5


def _as_stored(image: Image.Image) -> tuple[Bytes, Bytes | None]:
    """Like `to_srgb`, but not put upright."""
    profile = image.info.get("icc_profile")
    flat, alpha = _split_alpha(image)
    if isinstance(profile, bytes) and profile:
        flat = _through_profile(flat, profile)
    colour = flat if flat.mode == "RGB" else flat.convert("RGB")
    if alpha is None or alpha.getextrema() == (255, 255):
        return np.asarray(colour), None
    return np.array(colour), np.array(alpha)  # copies, which `bleed` may change


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours in mode L, RGB or CMYK, 8 bits a channel, and the alpha channel; None if there is no alpha."""
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode in _SPACES:
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _from_16_bits(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Grey at 8 bits, and an alpha channel if one grey value is marked as transparent."""
    values = np.asarray(image).astype(np.int64)
    grey = Image.fromarray(np.clip((values * 255 + 32767) // 65535, 0, 255).astype(np.uint8))
    transparent_value = image.info.get("transparency")
    if not isinstance(transparent_value, int):
        return grey, None
    return grey, Image.fromarray(np.where(values == transparent_value, 0, 255).astype(np.uint8))


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert colours from the embedded ICC profile to sRGB; a damaged or unsuitable profile is ignored."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == "RGB" and image.mode == "L":
            image = image.convert("RGB")
        elif space == "GRAY" and image.mode == "RGB":
            image = image.convert("L")
        if space != _SPACES[image.mode]:
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1, for upright, if it is absent, out of range or cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
        return value if value in _UPRIGHT else 1
    except Exception:  # noqa: BLE001 - damaged EXIF can raise anything; the picture itself may be intact
        return 1
