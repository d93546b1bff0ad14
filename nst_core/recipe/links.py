"""Recipes in an address: short enough for a link, readable on a host that keeps nothing."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from nst_core.errors import RecipeError
from nst_core.recipe.fields import settings_by_name
from nst_core.recipe.old_names import current_name
from nst_core.recipe.parsing import change, make
from nst_core.recipe.presets import PRESETS
from nst_core.recipe.schema import Recipe

VERSION = 1
MOST_CHARACTERS = 4000
"""The longest text that is read: beyond, browsers and proxies cut an address off. Ours have some hundred."""
_MOST_BYTES = 32 * 1024
"""The most that a text may unpack to."""
PICTURES = ("content", "styles", "regions", "start_picture")
"""Settings that name pictures, which a link cannot carry."""


def differences(recipe: Recipe) -> dict[str, Any]:
    """The settings that a recipe changes of its preset, by name; without pictures and the machine's."""
    usual = settings_by_name(make(base_preset(recipe), {"method": recipe.method}))
    left_out = (*PICTURES, "method", "preset")
    return {n: v for n, v in settings_by_name(recipe).items() if n not in left_out and v != usual[n]}


def base_preset(recipe: Recipe) -> str:
    """The preset that a recipe's differences count from: its own if it is one of ours, else the default."""
    return recipe.preset if recipe.preset in PRESETS else Recipe().preset


def to_text(recipe: Recipe, pictures: Mapping[str, Any] | None = None) -> str:
    """A recipe as characters that need no quoting in an address.

    Args:
        recipe: every setting; its pictures and what it ran with are left out, as is the start that was an own picture.
        pictures: what the link says of pictures, such as the keys of bundled ones; plain data.
    """
    plain = without_pictures(recipe)
    said = {
        "v": VERSION,
        "m": plain.method,
        "p": base_preset(plain),
        "s": differences(plain),
        "i": dict(pictures or {}),
    }
    packed = zlib.compress(json.dumps(said, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_text(text: str) -> tuple[Recipe, dict[str, Any]]:
    """What `to_text` wrote: the recipe, and what was said of pictures, which is whatever the link's author wrote.

    Raises RecipeError if the text is cut off, damaged, of another version, or says what no recipe may.
    """
    said = _unpacked(text)
    version = said.get("v")
    if version != VERSION:
        raise RecipeError(f"the link must be of version {VERSION}, got {str(version)[:20]!r}; ask for a new one")
    settings, pictures = said.get("s"), said.get("i", {})
    if not isinstance(settings, dict) or not isinstance(pictures, dict) or set(settings) & set(PICTURES):
        raise RecipeError("the link must hold settings by name; ask for a new one")
    changes = {current_name(name): value for name, value in settings.items()}
    return make(str(said.get("p")), {"method": said.get("m"), **changes}), pictures


def without_pictures(recipe: Recipe) -> Recipe:
    """The settings alone, for other pictures and other machines.

    Without hashes, a start that only an own picture could be, and the precision and memory that a machine chose.
    """
    base = make(base_preset(recipe), {"method": recipe.method})
    start = {"start": "content"} if recipe.start == "own" else {}
    machine: dict[str, Any] = {"precision": base.precision, "memory_mb": base.memory_mb, "provenance": {}}
    emptied: dict[str, Any] = {"content": None, "styles": (), "regions": (), "start_picture": None}
    return change(recipe, {**emptied, **start, **machine})


def _unpacked(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise RecipeError(f"the link must have at most {MOST_CHARACTERS} characters of settings, got {len(text)}")
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        inflater = zlib.decompressobj()
        plain = inflater.decompress(packed, _MOST_BYTES)
        if not inflater.eof:
            raise ValueError("cut off")
        said = json.loads(plain)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise RecipeError("the settings in this link cannot be read; it may have been cut off: copy it whole") from None
    if not isinstance(said, dict):
        raise RecipeError("the settings in this link cannot be read; it may have been cut off: copy it whole")
    return said
