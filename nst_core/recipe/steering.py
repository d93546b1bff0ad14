"""Steering: what may change between two steps of a run that is under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nst_core.errors import RecipeError
from nst_core.recipe.fields import path_of
from nst_core.recipe.parsing import change
from nst_core.recipe.schema import Recipe

STEERABLE = (
    "content_weight",
    "style_weight",
    "tv_weight",
    "content_layers",
    "style_layers",
    "learning_rate",
    "steps",
    "seconds",
    "snapshot_every",
    "colour_preservation",
    "colour_space",
)
"""Settings that mean something in the middle of a run. Of layers only the shares: another layer is another network."""


def steered(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe of a run under way with some settings changed.

    Args:
        recipe: what the run goes by now.
        settings: what to change, by name as in `change`; those of `STEERABLE`.

    Raises:
        RecipeError: a setting cannot change in the middle of a run, is unknown or out of range; a layer is not in use;
            or the run is the fast method's one pass.
    """
    if recipe.method == "fast":
        raise RecipeError("only a run of steps can be steered, and this one is a single pass; start a new one instead")
    for name in settings:
        if not any(part in STEERABLE for part in path_of(name)):
            raise RecipeError(f"{name} cannot change in the middle of a run; choose from {', '.join(STEERABLE)}")
    new = change(recipe, settings)
    for kind in ("content_layers", "style_layers"):
        used, asked = getattr(recipe.objective, kind), getattr(new.objective, kind)
        if set(used) != set(asked):
            raise RecipeError(
                f"{kind} must be those in use ({', '.join(used) or 'none'}), got {', '.join(asked) or 'none'}; "
                "start a new run for others"
            )
    return new
