"""Settings by name: path, range, choices, default, meaning and value. Sliders, messages, help and tables use them."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from nst_core.errors import RecipeError
from nst_core.recipe.film_settings import FilmSettings
from nst_core.recipe.schema import Colour, Objective, OptimizerSettings, Recipe, Schedule
from nst_core.recipe.style_distances import DistanceName


def path_of(name: str) -> tuple[str, ...]:
    """The path of a setting in a recipe: `tv_weight` and `objective.tv_weight` -> ("objective", "tv_weight").

    The share of one layer is a setting too: `style_layers.block1_conv1`.

    Raises:
        RecipeError: there is no such setting.
    """
    head, *rest = name.split(".")
    if head in Recipe.model_fields and not rest:
        return (head,)
    if head in PARTS and rest:
        part, head, rest = head, rest[0], rest[1:]
    else:
        part = next((p for p, model in PARTS.items() if head in model.model_fields), "")
    known = part and head in PARTS[part].model_fields
    below = 1 if known and get_origin(PARTS[part].model_fields[head].annotation) is dict else 0
    if not known or len(rest) > below:
        raise RecipeError(f"{name[:60]!r} is no setting; choose from {', '.join(names())}")
    return (part, head, *rest)


def names() -> tuple[str, ...]:
    """The short names of all settings, parts flattened, in the order of the schema."""
    own = [n for n in Recipe.model_fields if n not in PARTS and n not in ("schema_version", "provenance")]
    return (*own, *(n for model in PARTS.values() for n in model.model_fields))


def bounds(name: str) -> tuple[float | None, float | None]:
    """The least and the greatest value of a numeric setting; None where there is no limit."""
    limits = _limits(name)
    low = next((getattr(m, a) for m in limits for a in ("ge", "gt") if hasattr(m, a)), None)
    high = next((getattr(m, a) for m in limits for a in ("le", "lt") if hasattr(m, a)), None)
    return low, high


def excluded(name: str) -> tuple[float, ...]:
    """The bounds of a setting that are not allowed values themselves."""
    return tuple(getattr(m, a) for m in _limits(name) for a in ("gt", "lt") if hasattr(m, a))


def allows(name: str, value: float) -> bool:
    """Whether a number lies in a setting's range."""
    low, high = bounds(name)
    return (low is None or value >= low) and (high is None or value <= high) and value not in excluded(name)


def is_whole(name: str) -> bool:
    """Whether a setting is a whole number."""
    return int in _types(name)


def is_optional(name: str) -> bool:
    """Whether a setting may be None, which leaves it unset."""
    return NoneType in _types(name)


def choices(name: str) -> tuple[str, ...]:
    """The values of a setting with fixed choices; empty for any other setting."""
    info = field(name)
    if registry := _registry(info):
        return registry.choices()
    return get_args(info.annotation) if get_origin(info.annotation) is Literal else ()


def default(name: str) -> Any:
    """The default of a setting."""
    return field(name).get_default(call_default_factory=True)


def value_of(recipe: Recipe, name: str) -> Any:
    """The value of a setting in a recipe. Raises RecipeError if there is no such setting."""
    value: Any = recipe
    for part in path_of(name):
        value = getattr(value, part)
    return value


def settings_by_name(recipe: Recipe, *, by_layer: bool = False) -> dict[str, Any]:
    """Every setting of a recipe by its short name, parts flattened, in the order of `names`.

    Args:
        recipe: the recipe.
        by_layer: each layer's share on its own, as `style_layers.block1_conv1`, in place of one dictionary of shares.
    """
    found: dict[str, Any] = {}
    for name in names():
        value = value_of(recipe, name)
        if by_layer and isinstance(value, dict):
            found |= {f"{name}.{layer}": share for layer, share in value.items()}
        else:
            found[name] = value
    return found


def describe(name: str) -> str:
    """The meaning of a setting, in one phrase."""
    info = field(name)
    registry = _registry(info)
    return registry.description() if registry else info.description or ""


PARTS: dict[str, type[BaseModel]] = {
    "objective": Objective,
    "optimizer": OptimizerSettings,
    "schedule": Schedule,
    "colour": Colour,
    "film": FilmSettings,
}
"""The parts of a recipe that hold settings, by name."""


def field(name: str) -> Any:
    """The pydantic field of a setting; for the share of one layer, the field of all layers' shares.

    Raises RecipeError.
    """
    path = path_of(name)
    model: type[BaseModel] = PARTS.get(path[0], Recipe) if len(path) > 1 else Recipe
    return model.model_fields[path[min(1, len(path) - 1)]]


def _registry(info: Any) -> DistanceName | None:
    """The registry that a setting's choices and their meanings are read from, if it has one."""
    return next((entry for entry in info.metadata if isinstance(entry, DistanceName)), None)


def _limits(name: str) -> tuple[Any, ...]:
    """The annotations of a setting's type that limit its range."""
    info = field(name)
    if len(path_of(name)) < 3:
        return tuple(info.metadata)
    _, share = get_args(info.annotation)
    return tuple(share.__metadata__[0].metadata)


def _types(name: str) -> tuple[Any, ...]:
    annotation = field(name).annotation
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
