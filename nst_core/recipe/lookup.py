"""Settings by name: where one stands, what it may be, what it means. Sliders, help and the README read this."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from nst_core.errors import RecipeError
from nst_core.recipe.schema import Minimiser, Objective, Recipe


def path_of(name: str) -> tuple[str, ...]:
    """Where a setting stands: `tv_weight` -> ("objective", "tv_weight"), as does its full name. Raises RecipeError."""
    head, _, rest = name.partition(".")
    if rest and head in _PARTS and rest.partition(".")[0] in _PARTS[head].model_fields:
        return (head, *rest.split("."))
    if not rest and name in Recipe.model_fields:
        return (name,)
    for part, model in _PARTS.items():
        if head in model.model_fields:
            return (part, *name.split("."))
    raise RecipeError(f"{name!r} is no setting; choose from {', '.join(names())}")


def names() -> tuple[str, ...]:
    """Every setting's short name, parts flattened."""
    own = [n for n in Recipe.model_fields if n not in _PARTS and n not in ("schema_version", "origin")]
    return (*own, *(n for model in _PARTS.values() for n in model.model_fields))


def bounds(name: str) -> tuple[float | None, float | None]:
    """The least and greatest value of a numeric setting, None where open; what sliders and messages read."""
    info = field(name)
    low = next((getattr(m, a) for m in info.metadata for a in ("ge", "gt") if hasattr(m, a)), None)
    high = next((getattr(m, a) for m in info.metadata for a in ("le", "lt") if hasattr(m, a)), None)
    return low, high


def choices(name: str) -> tuple[str, ...]:
    """What a setting with fixed choices may be; empty for any other."""
    annotation = field(name).annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def default(name: str) -> Any:
    """What a setting is unless it is set."""
    return field(name).get_default(call_default_factory=True)


def describe(name: str) -> str:
    """A setting's meaning in a few words."""
    return field(name).description or ""


_PARTS: dict[str, type[BaseModel]] = {"objective": Objective, "minimiser": Minimiser}


def field(name: str) -> Any:
    """The pydantic field of a setting. Raises RecipeError."""
    path = path_of(name)
    model: type[BaseModel] = _PARTS.get(path[0], Recipe)
    return model.model_fields[path[min(1, len(path) - 1)]]
