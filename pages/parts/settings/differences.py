"""What tells two recipes apart, in a few words for a legend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nst_core.recipe import Recipe

_NOT_SETTINGS = ("schema_version", "provenance", "preset", "content", "styles", "regions", "start_picture")
_FILLED_IN: dict[str, object] = {"precision": "auto", "memory_mb": None}
"""Settings that a run fills in where they stand at these values: no difference that anybody asked for."""
MOST = 4
"""Differences that are named; more are counted."""


def differences(recipe: Recipe, other: Recipe) -> str:
    """What `recipe` has otherwise than `other`: "style_weight 40 · steps 200"; "same settings" if nothing."""
    mine, theirs = recipe.model_dump(), other.model_dump()
    words = [f"another {what}" for what, name in _PICTURES.items() if mine[name] != theirs[name]]
    here, there = _flat(mine), _flat(theirs)
    for name in {**here, **there}:
        value, before = here.get(name), there.get(name)
        filled = name in _FILLED_IN and _FILLED_IN[name] in (value, before)
        if value != before and not filled:
            words.append(f"{name} {_spoken(value)}")
    named = words[:MOST] + ([f"{len(words) - MOST} more"] if len(words) > MOST else [])
    return " · ".join(named) or "same settings"


_PICTURES = {"photograph": "content", "style": "styles", "start": "start_picture", "masks": "regions"}


def _flat(settings: Mapping[str, Any], kind: str = "") -> dict[str, Any]:
    """Settings by short name; a layer's share is named `style_layers.block1_conv1`."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name in _NOT_SETTINGS and not kind:
            continue
        if isinstance(value, Mapping):
            found |= _flat(value, f"{name}." if name.endswith("_layers") else "")
        else:
            found[kind + name] = value
    return found


def _spoken(value: object) -> str:
    if value is None:
        return "unset"
    return f"{value:g}" if isinstance(value, float) else str(value)
