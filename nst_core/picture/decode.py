"""Conversion of any Pillow image to 8-bit sRGB: orientation, depth, colour space, profile, palette, transparency."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112
_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow mode -> ICC colour space."""


def to_srgb(image: Image.Image) -> tuple[Bytes, Bytes | None]:
    """Convert an image to upright sRGB pixels and the coverage of its transparency.

    Transparent parts are composited on white, like on a web page; `convert("RGB")` would reveal the colours hidden
    there. 16-bit values are scaled to 8 bits; `convert` would clip them to white.

    Returns:
        uint8 [H, W, 3] in sRGB, and uint8 [H, W] coverage or None if the picture is opaque.
    """
    transposition = _orientation(image)
    profile = image.info.get("icc_profile")
    flat, alpha = _split_alpha(image)
    colour = _through_profile(flat, profile) if isinstance(profile, bytes) and profile else flat.convert("RGB")
    if transposition is not None:
        colour, alpha = colour.transpose(transposition), alpha and alpha.transpose(transposition)
    pixels = np.array(colour, np.uint8)
    if alpha is None or alpha.getextrema() == (255, 255):
        return pixels, None
    coverage = np.array(alpha, np.uint8)
    return _on_white(pixels, coverage), coverage


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


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """The transposition that puts the image upright; None if it is upright or its EXIF cannot be read."""
    try:
        return _TRANSPOSES.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 - damaged EXIF can raise anything; the picture itself may be intact
        return None


def _on_white(pixels: Bytes, coverage: Bytes) -> Bytes:
    """Composite `pixels`, [H, W, 3], on white by `coverage`, [H, W]: in place, and in strips to save memory."""
    for top in range(0, len(pixels), 256):
        strip, cover = pixels[top : top + 256], coverage[top : top + 256, :, None].astype(np.uint16)
        strip[...] = (strip * cover + 255 * (255 - cover) + 127) // 255
    return pixels
