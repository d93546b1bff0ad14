"""The recipe: every setting of a run, in one frozen value that validates itself when it is made.

schema           every setting with its default, range and meaning
film_settings    the settings that only films have
frozen           the base of the models
presets          named settings
fields           settings by name: range, choices, default, meaning, value
display          titles and offered values of settings, for pages
parsing          recipes from JSON, a preset, the command line or a widget, with the same error messages
messages         error messages for settings
old_names        former names of settings, which stored recipes still use
links            recipes as text in an address
sentence         the settings in one sentence, for pages and captions
steering         changes in the middle of a run
style_distances  the style distances that can be chosen
style_grid       style mixes on a strip or a square of pictures
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
from nst_core.recipe.film_settings import FilmFormat, FilmSettings, Keyframe
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
    "FilmFormat",
    "FilmSettings",
    "Keyframe",
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
