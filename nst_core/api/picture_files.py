"""A run's picture in another format than the stored one."""

from __future__ import annotations

from typing import Literal

from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.picture.encoded import read_alpha, read_pixels

PictureFormat = Literal["png", "jpeg", "webp"]
MEDIA_TYPES: dict[PictureFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def encoded(source: bytes, kind: PictureFormat, recipe_json: str | None) -> bytes:
    """An encoded picture in another format.

    Args:
        source: an encoded picture of ours.
        kind: the format. JPEG holds neither transparency nor recipe.
        recipe_json: the recipe to write inside; None for none.
    """
    pixels = read_pixels(source)
    if kind == "jpeg":
        return to_jpeg(pixels)
    if kind == "webp":
        return to_webp(pixels, alpha=read_alpha(source), recipe_json=recipe_json)
    return to_png(pixels, recipe_json, read_alpha(source))
