"""The recipe: the whole truth of a run.

    schema     what a recipe is: every setting with its default, range and meaning; presets
    lookup     settings by name, for sliders, messages, help and the README
    reading    recipes from JSON, a preset, the command line or a widget, with the same messages for all

It validates itself on construction and is frozen.
"""

from nst_core.recipe.lookup import bounds, choices, default, describe, names, path_of
from nst_core.recipe.reading import change, from_text, make, parse, recipe_from_json
from nst_core.recipe.schema import (
    BALANCED,
    CONVOLUTIONS,
    PRESETS,
    TUTORIAL,
    Method,
    Minimiser,
    Network,
    Objective,
    Origin,
    Recipe,
    Start,
    StylePicture,
)

__all__ = [
    "BALANCED",
    "CONVOLUTIONS",
    "PRESETS",
    "TUTORIAL",
    "Method",
    "Minimiser",
    "Network",
    "Objective",
    "Origin",
    "Recipe",
    "Start",
    "StylePicture",
    "bounds",
    "change",
    "choices",
    "default",
    "describe",
    "from_text",
    "make",
    "names",
    "parse",
    "path_of",
    "recipe_from_json",
]
