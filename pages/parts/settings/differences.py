"""What tells two recipes apart, in a few words for a legend."""

from __future__ import annotations

from nst_core.recipe import Recipe
from nst_core.recipe.fields import settings_by_name

_PICTURES = {"photograph": "content", "style": "styles", "start": "start_picture", "masks": "regions"}
"""What a picture is called -> its setting, which holds hashes."""
_FILLED_IN: dict[str, object] = {"precision": "auto", "memory_mb": None}
"""Settings that a run fills in where they stand at these values: no difference that anybody asked for."""
MOST = 4
"""Differences that are named; more are counted."""


def differences(recipe: Recipe, other: Recipe) -> str:
    """The settings of `recipe` that `other` has otherwise: "style_weight 40 · steps 200"; "same settings" if none."""
    here, there = settings_by_name(recipe, by_layer=True), settings_by_name(other, by_layer=True)
    words = [f"another {picture}" for picture, name in _PICTURES.items() if here[name] != there[name]]
    for name in {**here, **there}:
        if name in ("preset", *_PICTURES.values()):
            continue
        value, before = here.get(name), there.get(name)
        filled = name in _FILLED_IN and _FILLED_IN[name] in (value, before)
        if value != before and not filled:
            words.append(f"{name} {_formatted(value)}")
    shown = words[:MOST] + ([f"{len(words) - MOST} more"] if len(words) > MOST else [])
    return " · ".join(shown) or "same settings"


def _formatted(value: object) -> str:
    if value is None:
        return "unset"
    return f"{value:g}" if isinstance(value, float) else str(value)
