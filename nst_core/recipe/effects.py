"""Settings that do nothing in a recipe: told, or refused if nothing at all is left to do."""

from __future__ import annotations

from collections.abc import Iterable

from nst_core.errors import RecipeError
from nst_core.recipe import display
from nst_core.recipe.fields import PARTS, path_of, settings_by_name
from nst_core.recipe.schema import Recipe

_OF_STEPS = {
    *("steps", "seconds", "start", "seed", "style_shape", "snapshot_every", "reference_loss"),
    *("precision", "convolutions"),
}
"""Settings of the methods with steps, beside those of objective, optimizer and schedule."""
_OF_A_PASS = {"strength", "render_edge_px", "style_edge_px", "shifted_passes", "style_grid_size"}
"""Settings of the fast pass."""
_CONDITIONS = {each.name: each for group in display.GROUPS.values() for each in group}


def check_aim(recipe: Recipe) -> None:
    """Raise RecipeError if a run with steps has nothing to minimise."""
    weights = recipe.objective
    terms = (
        weights.content_weight * any(weights.content_layers.values()),
        weights.style_weight * any(weights.style_layers.values()),
        weights.tv_weight,
    )
    if recipe.method != "fast" and not any(terms):
        raise RecipeError(
            "at least one of content_weight, style_weight and tv_weight must be above 0, with a layer that counts, "
            "got 0 for all; raise one of them"
        )


def does_nothing(recipe: Recipe) -> tuple[str, ...]:
    """A sentence if the result will be the photograph itself, as it may be on purpose."""
    if recipe.method == "fast" and recipe.strength == 0 and recipe.style_grid_size == 1:
        return ("strength 0 leaves the photograph as it is",)
    if recipe.colour.colour_preservation == 1 and recipe.objective.style_weight == 0 == recipe.objective.tv_weight:
        return ()
    is_still = recipe.method == "slow" and recipe.start == "content" and recipe.medium == "picture"
    if is_still and recipe.objective.style_weight == 0 == recipe.objective.tv_weight:
        return ("neither style nor smoothness counts, so that the photograph, where the run starts, stays as it is",)
    return ()


def without_effect(recipe: Recipe, given: Iterable[str], preset: str | None = None) -> tuple[str, ...]:
    """A sentence for each setting of `given` that has no effect in this recipe.

    Args:
        recipe: the recipe of a command.
        given: the names of the settings that the command names.
        preset: the preset that it names, or None.
    """
    told = []
    if preset and recipe.method == "fast":
        told.append(f"preset {preset} has no effect with method fast, whose only settings are strength and sizes")
    for name in given:
        if reason := _reason(recipe, path_of(name)):
            told.append(f"{name} has no effect {reason}")
    return tuple(told)


def _reason(recipe: Recipe, path: tuple[str, ...]) -> str:
    """Why the setting at this path has no effect; empty if it has one."""
    part = path[0] if path[0] in PARTS else ""
    name = path[1] if part and len(path) > 1 else path[0]
    has_steps = recipe.method != "fast"
    if not has_steps and (part in ("objective", "optimizer", "schedule") or name in _OF_STEPS):
        return "with method fast, which is a single pass"
    has_pass = not has_steps or recipe.method == "balanced" or "fast" in (recipe.start, recipe.reference_loss)
    if name in _OF_A_PASS and (not has_pass or (has_steps and name == "style_grid_size")):
        return f"with method {recipe.method}; it is for method fast"
    if part == "film" and recipe.medium != "film":
        return "on a picture; it is for films"
    condition = _CONDITIONS.get(name)
    if condition and not condition.applies(settings_by_name(recipe)):
        return "with the other settings as they are"
    return ""
