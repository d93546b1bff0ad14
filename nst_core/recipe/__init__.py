"""The recipe: the whole truth of a run.

    schema     what a recipe is: every setting with its default, range and meaning
    presets    settings under names
    lookup     settings by name, for sliders, messages, help and the README
    messages   what is wrong with a recipe, in words
    reading    recipes from JSON, a preset, the command line or a widget, with the same messages for all
    blend      mixes of styles on a sheet
    display    titles, values to offer and labels of settings, for screens
    links      recipes in an address
    steering   what may change in the middle of a run

It validates itself on construction and is frozen.
"""

from nst_core.recipe.fields import (
    allows,
    bounds,
    choices,
    default,
    describe,
    excluded,
    is_optional,
    is_whole,
    names,
    path_of,
    value_of,
)
from nst_core.recipe.parsing import change, from_text, make, parse, recipe_from_json
from nst_core.recipe.presets import BALANCED, PRESETS, TUTORIAL, Preset
from nst_core.recipe.schema import (
    CONVOLUTIONS,
    Colour,
    Method,
    NetworkName,
    Objective,
    OptimizerSettings,
    Provenance,
    Recipe,
    Region,
    Schedule,
    Start,
    StylePicture,
)
from nst_core.recipe.steering import STEERABLE, steered

__all__ = [
    "BALANCED",
    "CONVOLUTIONS",
    "PRESETS",
    "STEERABLE",
    "TUTORIAL",
    "Colour",
    "Method",
    "NetworkName",
    "Objective",
    "OptimizerSettings",
    "Preset",
    "Provenance",
    "Recipe",
    "Region",
    "Schedule",
    "Start",
    "StylePicture",
    "allows",
    "bounds",
    "change",
    "choices",
    "default",
    "describe",
    "excluded",
    "from_text",
    "is_optional",
    "is_whole",
    "make",
    "names",
    "parse",
    "path_of",
    "recipe_from_json",
    "steered",
    "value_of",
]
