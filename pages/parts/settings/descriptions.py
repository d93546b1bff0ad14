"""Recipes in words: their settings, their differences, and their estimated cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nst_core.recipe import PRESETS, Recipe, links
from nst_core.recipe.fields import settings_by_name
from pages.parts.app.formatting import approximate_duration
from pages.parts.inputs import mask_brush, style_weights
from pages.parts.inputs.selection import selected

_FILLED_IN: dict[str, object] = {"precision": "auto", "memory_mb": None}
"""Setting -> the value that lets the run choose; the chosen value does not count as a difference."""
_PICTURES = {"photograph": "content", "style": "styles", "start": "start_picture", "masks": "regions"}
"""A picture's title -> its setting, which holds hashes."""
MAX_NAMED = 4
"""The most differences that are named; the rest are only counted."""


def in_words(recipe: Recipe) -> str:
    """The differences of a recipe from its preset: "Bold, but style_weight 40, steps 200"."""
    (_, title), *changed = changed_settings(recipe)
    changes = ", ".join(f"{name} {value}" for name, value in changed)
    return f"{title}, but {changes}" if changes else title


def changed_settings(recipe: Recipe) -> list[tuple[str, str]]:
    """The preset, and each setting that differs from it, as pairs of name and value."""
    title = PRESETS[recipe.preset].title if recipe.preset in PRESETS else recipe.preset
    changed = links.differences(links.without_pictures(recipe))
    return [("preset", title), *((name, _value_text(value)) for name, value in changed.items())]


def differences(recipe: Recipe, other: Recipe) -> str:
    """The settings of `recipe` that differ from `other`: "style_weight 40 · steps 200"; "same settings" if none do."""
    mine, theirs = settings_by_name(recipe, by_layer=True), settings_by_name(other, by_layer=True)
    texts = [f"another {title}" for title, name in _PICTURES.items() if mine[name] != theirs[name]]
    for name in {**mine, **theirs}:
        if name in ("preset", *_PICTURES.values()):
            continue
        value, other_value = mine.get(name), theirs.get(name)
        is_filled_in = name in _FILLED_IN and _FILLED_IN[name] in (value, other_value)
        if value != other_value and not is_filled_in:
            texts.append(f"{name} {_value_text(value)}")
    named = texts[:MAX_NAMED] + ([f"{len(texts) - MAX_NAMED} more"] if len(texts) > MAX_NAMED else [])
    return " · ".join(named) or "same settings"


def estimated_cost(recipes: Iterable[Recipe], page: str = "") -> str | None:
    """Time and memory of runs with the selected pictures, one after another; None while this machine is unmeasured.

    On a page with a mask brush, `page` names it, and its painted regions count.
    """
    from nst_core.runs import cost

    content = selected("content").load()
    size, styles = (content.width, content.height), style_weights.in_use()
    has_brush = page in mask_brush.PAGES
    runs = [mask_brush.with_regions(one, styles)[:2] if has_brush else (one, tuple(styles)) for one in recipes]
    estimates = [cost.of(recipe, size, styles=len(used)) for recipe, used in runs]
    if not estimates or not all(estimate.calibrated for estimate in estimates):
        return None
    return cost_text(sum(estimate.seconds for estimate in estimates), max(estimate.peak_mb for estimate in estimates))


def cost_text(seconds: float, peak_mb: float) -> str:
    """An estimate, rounded as coarsely as an estimate deserves: "about 2 min, 1.2 GB"."""
    return f"about {approximate_duration(seconds)}, {max(peak_mb, 100) / 1000:.1f} GB"


def _value_text(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, dict):
        return " ".join(f"{layer} {share:g}" for layer, share in value.items()) or "none"
    if isinstance(value, tuple):
        return str(len(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
