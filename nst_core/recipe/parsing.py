"""Recipes from a preset with changes, from JSON and from the command line, with the same error messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nst_core.errors import RecipeError
from nst_core.recipe.fields import path_of
from nst_core.recipe.messages import message, short
from nst_core.recipe.old_names import with_current_names
from nst_core.recipe.presets import BALANCED, PRESETS
from nst_core.recipe.schema import Recipe


def make(preset: str = "painterly", settings: Mapping[str, Any] | None = None) -> Recipe:
    """A preset with some settings changed.

    Args:
        preset: a key of `PRESETS`.
        settings: the changes, value by name; `objective.tv_weight` and `tv_weight` name the same setting.

    Raises:
        RecipeError: the preset or a setting is unknown, or a value is of the wrong type or out of range.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        raise RecipeError(f"preset must be one of {', '.join(PRESETS)}, got {short(preset)}")
    settings = dict(settings or {})
    raw: dict[str, Any] = {"preset": preset, **PRESETS[preset].settings}
    if settings.get("method") == "balanced":
        raw |= BALANCED
    return change(_validated(raw), settings)


def change(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A copy with some settings changed, validated as a whole; names as in `make`. Raises RecipeError."""
    raw = recipe.model_dump()
    for name, value in settings.items():
        _put(raw, name, value)
    return _validated(raw)


def parse(raw: object) -> Recipe:
    """A recipe from plain data, such as decoded JSON; settings may have their old names.

    Raises:
        RecipeError: a setting is unknown, of the wrong type or out of range; the message names each one.
    """
    return _validated(with_current_names(raw))


def recipe_from_json(text: str | bytes) -> Recipe:
    """A recipe from JSON. Raises RecipeError."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"a recipe must be JSON, got {short(text)} ({error})") from None
    return parse(raw)


def from_text(name: str, text: str) -> Any:
    """The value of `--set name=text`: decoded if it is JSON, else text. Raises RecipeError if `name` is unknown."""
    path_of(name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _put(raw: dict[str, Any], name: str, value: Any) -> None:
    *folders, last = path_of(name)
    for folder in folders:
        raw = raw.setdefault(folder, {})  # another change may have replaced the whole part
        if not isinstance(raw, dict):
            raise RecipeError(f"{folder} must be an object that can hold {short(last)}, got {short(raw)}")
    raw[last] = value


def _validated(raw: object) -> Recipe:
    # JSON mode turns lists into tuples, and still rejects a number given as text.
    try:
        return Recipe.model_validate_json(json.dumps(raw))
    except RecursionError:
        raise RecipeError("a recipe must be an object of settings, got lists or objects nested too deeply") from None
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise RecipeError(f"a recipe must be plain JSON data: {error}") from None
        raise RecipeError(message(error)) from None
