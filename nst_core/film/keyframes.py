"""The recipe in force at one time of a film: keyframes, with even changes between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nst_core.recipe import Keyframe, Recipe

NUMBERS = ("strength", "style_weight", "content_weight", "colour_preservation")
"""Settings that a keyframe may set, beside the styles' shares."""
LEAST_WEIGHT = 1e-6
"""A weight that changes over time never falls below this: a term of weight 0 would be left out, and adding it again
would compile the objective anew in the middle of a film."""


def recipe_at(recipe: Recipe, seconds: float) -> Recipe:
    """The recipe in force at a time of the result; itself if it has no keyframes.

    Before the first keyframe that sets a value, and after the last, the value is that keyframe's. The shares of the
    styles are mixed as shares of their sum, so that one style becomes another evenly.
    """
    keyframes = recipe.film.keyframes
    if not keyframes:
        return recipe
    top: dict[str, Any] = {}
    objective: dict[str, float] = {}
    for name in ("style_weight", "content_weight"):
        if (value := _number_at(keyframes, name, seconds)) is not None:
            objective[name] = max(value, LEAST_WEIGHT)
    if objective:
        top["objective"] = recipe.objective.model_copy(update=objective)
    if (strength := _number_at(keyframes, "strength", seconds)) is not None:
        top["strength"] = strength
    if (kept := _number_at(keyframes, "colour_preservation", seconds)) is not None:
        top["colour"] = recipe.colour.model_copy(update={"colour_preservation": kept})
    if recipe.styles and (shares := _shares_at(keyframes, seconds)) is not None:
        top["styles"] = tuple(
            style.model_copy(update={"weight": share}) for style, share in zip(recipe.styles, shares, strict=True)
        )
    return recipe.model_copy(update=top)


def _number_at(keyframes: Sequence[Keyframe], name: str, seconds: float) -> float | None:
    found = [(k.seconds, value) for k in keyframes if (value := getattr(k, name)) is not None]
    return float(np.interp(seconds, [time for time, _ in found], [value for _, value in found])) if found else None


def _shares_at(keyframes: Sequence[Keyframe], seconds: float) -> tuple[float, ...] | None:
    found = [(k.seconds, np.array(k.style_shares) / sum(k.style_shares)) for k in keyframes if k.style_shares]
    if not found:
        return None
    times, shares = zip(*found, strict=True)
    return tuple(float(np.interp(seconds, times, of)) for of in zip(*shares, strict=True))
