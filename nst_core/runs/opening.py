"""Opens the pictures of a run by name: files of this process's user, and bundled pictures as `sample:KEY`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.errors import PictureError, RecipeError
from nst_core.recipe import Recipe, parse, recipe_from_json

if TYPE_CHECKING:
    from nst_core.picture.masks import Mask
    from nst_core.picture.upload import Picture

SAMPLE = "sample:"
"""Prefix of a bundled picture's name."""
SAMPLE_PX = 1024
"""Greatest longest edge of a bundled picture."""


def load_picture(name: str) -> Picture:
    """Open a picture: a file, or a bundled one as `sample:KEY`. Raises PictureError."""
    from nst_core.picture import samples
    from nst_core.picture.upload import open_own

    if name.startswith(SAMPLE):
        return samples.find(name.removeprefix(SAMPLE)).load(SAMPLE_PX)
    data = read_file(name)
    try:
        return open_own(data)
    except PictureError as error:
        raise PictureError(f"{Path(name).name}: {error}") from None


def load_recipe(name: str) -> Recipe:
    """The recipe in a file: JSON, the report of a run, or a PNG or WebP with its recipe inside.

    Raises PictureError if the file cannot be read, and RecipeError if there is no valid recipe in it.
    """
    from nst_core.picture.encode import read_recipe
    from nst_core.picture.header import read_header

    data = read_file(name)
    if read_header(data) is not None:
        text = read_recipe(data)
        if text is None:
            raise RecipeError(
                f"{Path(name).name} must be a PNG or WebP with its recipe inside, got a picture without one"
            )
        return recipe_from_json(text)
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return recipe_from_json(data)  # which says what is wrong
    return parse(raw["recipe"] if isinstance(raw, dict) and "recipe" in raw else raw)


def load_mask(name: str, content: Picture) -> Mask:
    """Open a mask of this content. Raises PictureError."""
    from nst_core.picture.masks import open_mask

    return open_mask(read_file(name), (content.width, content.height))


def parse_mask(text: str) -> tuple[str, tuple[float, ...]]:
    """The file of a mask `FILE=SHARE,SHARE,...` and the share of each style there. Raises RecipeError."""
    name, _, given = text.rpartition("=")
    try:
        return name, tuple(float(share) for share in given.split(","))
    except ValueError:
        raise RecipeError(f"a mask must be FILE=SHARE,SHARE,... with a share for each style, got {text}") from None


def read_file(name: str) -> bytes:
    """The bytes of a file. Raises PictureError."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise PictureError(f"{name} must be a file that can be read ({error.strerror})") from None
    except ValueError as error:  # a name that no system can have
        raise PictureError(f"{name[:60]!r} must be a file that can be read ({error})") from None
