"""A run's picture in another format or size than the stored one."""

from __future__ import annotations

from typing import Literal

from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.picture.encoded import read_alpha, read_pixels
from nst_core.picture.header import read_header
from nst_core.runs.result_file import JPEG_LOSES_ALPHA

PictureFormat = Literal["png", "jpeg", "webp"]
MEDIA_TYPES: dict[PictureFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}

NOTE_HEADER = "X-Picture-Note"
"""The header that says what a format loses of a picture."""

MOST_AT_ONCE = 2
"""Requests whose pictures may be encoded at once; the pixels of one picture may take some hundred megabytes."""
RETRY_SECONDS = 2.0


def stored_kind(source: bytes) -> PictureFormat | None:
    """The format of an encoded picture of ours, from its header; None if it is none of these."""
    header = read_header(source)
    kinds: dict[str, PictureFormat] = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp"}
    return kinds.get(header.kind) if header else None


def losses(source: bytes, kind: PictureFormat) -> dict[str, str]:
    """The header that says what a format loses of an encoded picture of ours; none if it loses nothing."""
    is_lost = kind == "jpeg" and stored_kind(source) in ("png", "webp") and read_alpha(source) is not None
    return {NOTE_HEADER: JPEG_LOSES_ALPHA} if is_lost else {}


def exceeds(source: bytes, max_edge_px: int) -> bool:
    """Whether an encoded picture of ours is larger than a size; only its header is read."""
    header = read_header(source)
    return header is not None and max(header.width, header.height) > max_edge_px


def encoded(source: bytes, kind: PictureFormat, recipe_json: str | None, max_edge_px: int | None = None) -> bytes:
    """Convert an encoded picture to another format or size.

    Args:
        source: an encoded picture of ours.
        kind: the format. JPEG holds neither transparency nor recipe; clear parts become white.
        recipe_json: the recipe to write inside; None for none.
        max_edge_px: a larger picture is reduced to it; None keeps its size.
    """
    pixels = read_pixels(source, max_edge_px)
    if kind == "jpeg":
        return to_jpeg(pixels, alpha=read_alpha(source))
    if kind == "webp":
        return to_webp(pixels, alpha=read_alpha(source), recipe_json=recipe_json)
    return to_png(pixels, recipe_json, read_alpha(source))
