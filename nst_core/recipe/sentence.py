"""The settings of a run in one sentence, the same on every page, in captions and in link previews."""

from __future__ import annotations

from functools import lru_cache

from nst_core.recipe import links
from nst_core.recipe.parsing import recipe_from_json
from nst_core.recipe.presets import PRESETS
from nst_core.recipe.schema import Recipe

_SAID = ("method", "medium", "preset", "longest_edge_px", "steps", "seed", "strength")
"""Settings that the sentence names, so that they do not count as changes."""


def in_one_sentence(recipe: Recipe, total_steps: int = 0) -> str:
    """The settings: "Painterly, 384 px, 270 steps, seed 0", or "Fast, 512 px, strength 0.8, 2 styles, 1 change".

    A change is any other setting that differs from the preset.

    Args:
        recipe: the settings.
        total_steps: the steps of the whole run, if they are known: a pyramid has `recipe.steps` at each of its sizes,
            and their number depends on the photograph. Of a film they are its frames.
    """
    return _said(recipe.to_json(), total_steps)


@lru_cache(maxsize=256)
def _said(recipe_json: str, total_steps: int) -> str:
    """Made once a recipe: a page that watches a run asks every second, and comparing takes a millisecond."""
    recipe = recipe_from_json(recipe_json)
    parts = [name(recipe), f"{recipe.longest_edge_px} px", *_length(recipe, total_steps)]
    if recipe.method == "fast":
        parts.append(f"strength {recipe.strength:g}")
    else:
        parts.append(f"seed {recipe.seed}")
    if len(recipe.styles) > 1:
        parts.append(_counted(len(recipe.styles), "style"))
    if recipe.regions:
        parts.append(_counted(len(recipe.regions), "region"))
    changes = links.differences(links.without_pictures(recipe)).keys() - set(_SAID)
    if changes:
        parts.append(_counted(len(changes), "change"))
    return ", ".join(parts)


def name(recipe: Recipe) -> str:
    """The preset's title; of the other methods, which have no presets of their own, the method's."""
    if recipe.method != "slow":
        name = recipe.method.capitalize()
    else:
        name = PRESETS[recipe.preset].title if recipe.preset in PRESETS else recipe.preset
    return f"Film, {name}" if recipe.medium == "film" else name


def _length(recipe: Recipe, total_steps: int) -> list[str]:
    if recipe.medium == "film":
        return [_counted(total_steps, "frame")] if total_steps else []
    if recipe.method == "fast":
        return []
    if recipe.schedule.pyramid == "auto" and not total_steps:
        return [f"{_counted(recipe.steps, 'step')} a size"]
    return [_counted(total_steps or recipe.steps, "step")]


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
