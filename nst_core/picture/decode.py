"""Any Pillow picture to plain sRGB: orientation, depth, inks, profiles, palettes and transparency end here."""

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


def to_srgb(image: Image.Image) -> tuple[Bytes, Bytes | None]:
    """The picture as it should look on a screen, upright, without metadata.

    Transparent parts are composited on white: what a viewer's page shows, while `convert("RGB")` would reveal whatever
    colours are hidden below. 16 bits are scaled to 8, where `convert` would clip them to white.

    Returns:
        uint8 [H, W, 3] in sRGB, and uint8 [H, W] coverage or None if the picture is opaque.
    """
    turn = _orientation(image)
    profile = image.info.get("icc_profile")
    flat, alpha = _split_alpha(image)
    colour = _through_profile(flat, profile) if isinstance(profile, bytes) and profile else flat.convert("RGB")
    if turn is not None:
        colour, alpha = colour.transpose(turn), alpha and alpha.transpose(turn)
    pixels = np.array(colour, np.uint8)
    if alpha is None or alpha.getextrema() == (255, 255):
        return pixels, None
    coverage = np.array(alpha, np.uint8)
    return _on_white(pixels, coverage), coverage


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour in mode L, RGB or CMYK, 8 bits a channel, and alpha apart."""
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.has_transparency_data:
        full = image.convert("RGBA")
        return full.convert("RGB"), full.getchannel("A")
    if image.mode in _SPACES:
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _from_16_bits(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    wide = np.asarray(image).astype(np.int64)
    grey = Image.fromarray(np.clip((wide * 255 + 32767) // 65535, 0, 255).astype(np.uint8))
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey, None
    return grey, Image.fromarray(np.where(wide == clear, 0, 255).astype(np.uint8))


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours converted from the embedded profile to sRGB; a profile that is damaged or of other inks is ignored."""
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
    """How to put the picture upright; None if it is, or if its EXIF is nonsense."""
    try:
        return _TRANSPOSES.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 - EXIF is a heap of foreign offsets; a wrong one must not cost the picture
        return None


def _on_white(pixels: Bytes, coverage: Bytes) -> Bytes:
    """`pixels` [H, W, 3] over white, `coverage` [H, W]; in strips, so that a large picture needs little memory."""
    for top in range(0, len(pixels), 256):
        strip, cover = pixels[top : top + 256], coverage[top : top + 256, :, None].astype(np.uint16)
        strip[...] = (strip * cover + 255 * (255 - cover) + 127) // 255
    return pixels
