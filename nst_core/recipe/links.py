"""Recipes as text in an address. The link holds the whole recipe, so that any server can open it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from nst_core.errors import RecipeError
from nst_core.recipe.fields import settings_by_name
from nst_core.recipe.old_names import current_name
from nst_core.recipe.parsing import change, make
from nst_core.recipe.presets import PRESETS
from nst_core.recipe.schema import Recipe

VERSION = 1
MAX_CHARACTERS = 4000
"""The longest text that is read; browsers and proxies cut off longer addresses. A link usually has a few hundred."""
_MAX_BYTES = 32 * 1024
"""The size limit of the decompressed text."""
PICTURES = ("content", "styles", "regions", "start_picture")
"""Settings that identify pictures; a link does not contain pictures."""


def differences(recipe: Recipe) -> dict[str, Any]:
    """The settings of a recipe that differ from its preset, by name, without pictures."""
    usual = settings_by_name(make(base_preset(recipe), {"method": recipe.method}))
    left_out = (*PICTURES, "method", "preset")
    return {n: v for n, v in settings_by_name(recipe).items() if n not in left_out and v != usual[n]}


def base_preset(recipe: Recipe) -> str:
    """The preset that `differences` compares a recipe with: its own, or the default if this version lacks it."""
    return recipe.preset if recipe.preset in PRESETS else Recipe().preset


def to_text(recipe: Recipe, pictures: Mapping[str, Any] | None = None) -> str:
    """A recipe as text that needs no quoting in an address.

    Args:
        recipe: the recipe; its pictures, provenance and a start from an uploaded picture are left out.
        pictures: plain data about the pictures, such as the keys of bundled ones.
    """
    plain = without_pictures(recipe)
    content = {
        "v": VERSION,
        "m": plain.method,
        "p": base_preset(plain),
        "s": differences(plain),
        "i": dict(pictures or {}),
    }
    packed = zlib.compress(json.dumps(content, separators=(",", ":"), default=_set_fields).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_text(text: str) -> tuple[Recipe, dict[str, Any]]:
    """The recipe and the data about pictures in a text made by `to_text`.

    The data about pictures is not validated: anybody can write a link.

    Raises:
        RecipeError: the text is cut off, damaged or of another version, or a setting is not valid.
    """
    content = _unpacked(text)
    version = content.get("v")
    if version != VERSION:
        raise RecipeError(f"the link must be of version {VERSION}, got {str(version)[:20]!r}; ask for a new one")
    settings, pictures = content.get("s"), content.get("i", {})
    if not isinstance(settings, dict) or not isinstance(pictures, dict) or set(settings) & set(PICTURES):
        raise RecipeError("the link must hold settings by name; ask for a new one")
    changes = {current_name(name): value for name, value in settings.items()}
    return make(str(content.get("p")), {"method": content.get("m"), **changes}), pictures


def without_pictures(recipe: Recipe) -> Recipe:
    """A recipe for other pictures and other machines.

    Left out: hashes of pictures, a start from an uploaded picture, and the precision and memory that a machine chose.
    """
    base = make(base_preset(recipe), {"method": recipe.method})
    start = {"start": "content"} if recipe.start == "own" else {}
    machine: dict[str, Any] = {"precision": base.precision, "memory_mb": base.memory_mb, "provenance": {}}
    emptied: dict[str, Any] = {"content": None, "styles": (), "regions": (), "start_picture": None}
    return change(recipe, {**emptied, **start, **machine})


def _set_fields(entry: BaseModel) -> dict[str, Any]:
    """An entry of a list setting, such as a keyframe, as plain data without what is unset."""
    return entry.model_dump(mode="json", exclude_none=True)


def _unpacked(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise RecipeError(f"the link must have at most {MAX_CHARACTERS} characters of settings, got {len(text)}")
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        inflater = zlib.decompressobj()
        plain = inflater.decompress(packed, _MAX_BYTES)
        if not inflater.eof:
            raise ValueError("cut off")
        content = json.loads(plain)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise RecipeError("the settings in this link cannot be read; it may have been cut off: copy it whole") from None
    if not isinstance(content, dict):
        raise RecipeError("the settings in this link cannot be read; it may have been cut off: copy it whole")
    return content
