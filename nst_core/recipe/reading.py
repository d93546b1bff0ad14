"""Recipes from the outside: a preset with changes, JSON, the command line. The same messages for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nst_core.errors import RecipeError
from nst_core.recipe.lookup import bounds, field, names, path_of
from nst_core.recipe.schema import BALANCED, PRESETS, Recipe


def make(preset: str = "painterly", settings: Mapping[str, Any] | None = None) -> Recipe:
    """A preset with some settings changed.

    Args:
        preset: a key of `PRESETS`.
        settings: what to change, by name; `objective.tv_weight` and plain `tv_weight` mean the same.

    Raises:
        RecipeError: the preset or a setting is unknown, or a value is of the wrong type or out of range.
    """
    if preset not in PRESETS:
        raise RecipeError(f"preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    settings = dict(settings or {})
    raw: dict[str, Any] = {"preset": preset, **PRESETS[preset]}
    if settings.get("method") == "balanced":
        raw |= BALANCED
    return change(parse(raw), settings)


def change(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A copy with some settings changed, validated anew; names as in `make`. Raises RecipeError."""
    raw = recipe.model_dump()
    for name, value in settings.items():
        _put(raw, name, value)
    return parse(raw)


def parse(raw: object) -> Recipe:
    """A recipe from plain data, such as decoded JSON. Raises RecipeError, naming each offending setting."""
    return _validated(raw)


def recipe_from_json(text: str | bytes) -> Recipe:
    """A recipe from JSON. Raises RecipeError."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"a recipe must be JSON, got {_short(text)} ({error})") from None
    return parse(raw)


def from_text(name: str, text: str) -> Any:
    """The value of `--set name=text`: JSON where it is JSON, else the text itself. Raises RecipeError on a bad name."""
    path_of(name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _put(raw: dict[str, Any], name: str, value: Any) -> None:
    *folders, last = path_of(name)
    for folder in folders:
        raw = raw.get(folder)  # type: ignore[assignment]
        if not isinstance(raw, dict):
            raise RecipeError(f"{name!r} is no setting; choose from {', '.join(names())}")
    raw[last] = value


def _validated(raw: object) -> Recipe:
    # Through JSON mode, so that lists become tuples although numbers given as text stay errors.
    try:
        return Recipe.model_validate_json(json.dumps(raw))
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise RecipeError(f"a recipe must be plain JSON data: {error}") from None
        raise RecipeError("; ".join(_message(dict(e)) for e in error.errors())) from None


def _message(error: dict[str, Any]) -> str:
    """One pydantic error in our words: what was required, what came."""
    where = ".".join(str(part) for part in error["loc"]) or "recipe"
    came = _short(error.get("input"))
    if error["type"] == "extra_forbidden":
        return f"{where} is no setting; choose from {', '.join(names())}"
    if error["type"] in _COMPARISONS:
        return f"{where} must be {_range(where, error)}, got {came}"
    if error["type"] == "literal_error":
        return f"{where} must be one of {error['ctx']['expected']}, got {came}"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error']}"
    return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}, got {came}"


_COMPARISONS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}


def _range(where: str, error: Mapping[str, Any]) -> str:
    try:
        low, high = bounds(where)
    except RecipeError:
        low = high = None
    if low is not None and high is not None:
        return f"between {_plain(low)} and {_plain(high)}{_exclusive(where)}"
    (bound,) = error["ctx"].values()
    return f"{_COMPARISONS[error['type']]} {bound:g}"


def _exclusive(where: str) -> str:
    """Which bounds themselves are not allowed, in words."""
    found = field(where).metadata
    outside = [m.gt for m in found if hasattr(m, "gt")] + [m.lt for m in found if hasattr(m, "lt")]
    return f" ({' and '.join(_plain(bound) for bound in outside)} excluded)" if outside else ""


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
