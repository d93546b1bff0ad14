"""The settings of a recipe from pydantic's JSON schema, for the tests of recipes."""

import math
from typing import Any

from nst_core.recipe import (
    Recipe,
    make,
    names,
    path_of,
)

SHA = "a1" * 32


def schema_of_settings() -> Any:
    """Each setting's JSON schema by short name, as pydantic generates it; the lookups must agree with it."""
    whole = Recipe.model_json_schema()
    models = ("Objective", "OptimizerSettings", "Schedule", "Colour", "FilmSettings")
    parts = [whole, *(whole["$defs"][model] for model in models)]
    return {name: one for part in parts for name, one in part["properties"].items() if name in names()}


def alternatives(one: Any) -> Any:
    return one.get("anyOf", [one])


SETTINGS = schema_of_settings()


NUMERIC = {
    name: next(kind for kind in alternatives(one) if kind.get("type") in ("integer", "number"))
    for name, one in SETTINGS.items()
    if any(kind.get("type") in ("integer", "number") for kind in alternatives(one))
}


"""Setting -> the JSON schema of its number."""


INTEGERS = {name for name, one in NUMERIC.items() if one["type"] == "integer"}


OPTIONAL = {name for name, one in SETTINGS.items() if {"type": "null"} in alternatives(one)}


OPEN = {
    (name, end)
    for name, one in NUMERIC.items()
    for end, key in enumerate(("exclusiveMinimum", "exclusiveMaximum"))
    if key in one
}


"""(setting, 0 for its low or 1 for its high bound) where the bound itself is not allowed."""


ENDS = [(name, end) for name in NUMERIC for end in (0, 1)]


def value_of(recipe: Any, name: Any) -> Any:
    for part in path_of(name):
        recipe = getattr(recipe, part)
    return recipe


def nudge(name: Any, bound: Any, direction: Any) -> Any:
    """The nearest value in that direction."""
    return bound + direction if name in INTEGERS else math.nextafter(bound, direction * math.inf)


def full_recipe() -> Any:
    return make(
        "tutorial",
        {
            "content": SHA,
            "styles": [{"sha256": SHA, "weight": 2.5}, {"sha256": "0" * 64}],
            "seconds": 12.5,
            "content_layers": {"block2_conv1": 0.3},
            "provenance": {"version": "9", "weights": {"vgg19": SHA}, "device": "CPU"},
        },
    )
