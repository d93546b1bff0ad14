"""Steering: changes of settings between two steps of an active run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nst_core.errors import RecipeError
from nst_core.recipe.fields import path_of, settings_by_name
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
"""Settings that can change in the middle of a run. The layers' shares can change, but not the layers: other layers need
another network."""


def steered(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe of an active run with some settings changed.

    Args:
        recipe: the recipe in force.
        settings: the changes, value by name as in `change`; only settings of `STEERABLE`.

    Raises:
        RecipeError: a setting is unknown, out of range or not steerable, a layer is not in use, or the method is fast,
            which has no steps.
    """
    if recipe.method == "fast":
        raise RecipeError(
            "only a run with steps can be steered, and the fast method is a single pass; start a new run instead"
        )
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


def steering_marks(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """The settings that steering changed, as a Step's marks: "steered style_weight to 40"."""
    old, new = settings_by_name(before, by_layer=True), settings_by_name(after, by_layer=True)
    return tuple(f"steered {name} to {_short(value)}" for name, value in new.items() if old.get(name) != value)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
