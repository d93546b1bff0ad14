"""The file of a result: PNG and WebP with the recipe inside, or JPEG, by the ending of its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from nst_core.errors import PictureError
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_jpeg, to_png, to_webp
from nst_core.recipe import Recipe
from nst_core.step import Pixels
from nst_core.system.atomic_files import write_atomic

JPEG_LOSES_ALPHA = "JPEG has no transparency: clear parts are white; choose PNG or WebP to keep them clear"

Encoder = Callable[[Pixels, Recipe, Bytes | None], bytes]
"""(picture [1, H, W, 3] in [0, 1], recipe, alpha uint8 [h, w] or None) -> the bytes of a file."""


def encoder(path: Path) -> Encoder:
    """The encoder for a file name's ending. JPEG holds neither recipe nor alpha: clear parts become white.

    Raises PictureError if the ending is of another format.
    """
    kind = path.suffix.lower()
    if kind == ".png":
        return lambda picture, recipe, alpha: to_png(picture, recipe.to_json(), alpha)
    if kind == ".webp":
        return lambda picture, recipe, alpha: to_webp(picture, alpha=alpha, recipe_json=recipe.to_json())
    if kind in (".jpg", ".jpeg"):
        return lambda picture, _recipe, alpha: to_jpeg(picture, alpha=alpha)
    raise PictureError(f"the output must end in .png, .jpg or .webp, got {path.name}")


def loses(path: Path, alpha: Bytes | None) -> str:
    """What a file with this name's ending loses of a result with this transparency, as a sentence; "" for nothing."""
    return JPEG_LOSES_ALPHA if alpha is not None and path.suffix.lower() in (".jpg", ".jpeg") else ""


def check_writable(path: Path) -> None:
    """Raise PictureError if a file cannot be written; called before the run."""
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not existing.is_dir() or not os.access(existing, os.W_OK):
        raise PictureError(f"{path} must be a file in a folder that can be written to; choose another place")


def write(path: Path, data: bytes) -> None:
    """Write a file completely or not at all. Raises PictureError."""
    try:
        write_atomic(path, data)
    except OSError as error:
        raise PictureError(f"{path} must be a file that can be written ({error.strerror})") from None
