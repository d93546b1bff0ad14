"""Checks of what a program gives a run beside its pictures: wrong values are refused in a sentence, as settings are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nst_core.errors import RecipeError
from nst_core.recipe.messages import short


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with Python's numbers in place of NumPy's, which a recipe cannot store."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in settings.items()}


def numbers(name: str, values: Any) -> tuple[float, ...]:
    """The numbers of a list. Raises RecipeError if `values` is something else; `name` is for the message."""
    try:
        return tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise RecipeError(f"{name} must be a list of numbers, got {short(values)}") from None


def masks(given: Any) -> list[tuple[Any, Sequence[float]]]:
    """Pairs of a mask's picture and its shares. Raises RecipeError if they are something else."""
    try:
        pairs = [(mask, shares) for mask, shares in given]
    except (TypeError, ValueError):
        example = '[("left.png", [1, 0])]'
        raise RecipeError(
            f"masks must be pairs of a picture and shares, such as {example}, got {short(given)}"
        ) from None
    return [(mask, numbers("the shares of a mask", shares)) for mask, shares in pairs]


def count(name: str, value: Any) -> int:
    """A number of things, from 1 on. Raises RecipeError if `value` is something else."""
    if not isinstance(value, int | np.integer) or value < 1:
        raise RecipeError(f"{name} must be a whole number from 1 on, got {short(value)}")
    return int(value)
