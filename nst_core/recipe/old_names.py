"""Names that settings had before the first release: recipes, links, PNGs and checkpoints that use them still open.

Only data from outside is translated: by `parse`, `recipe_from_json`, links and `--set`. Code uses today's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nst_core.recipe.fields import PARTS

OLD_NAMES = {
    "minimiser": "optimizer",
    "origin": "provenance",
    "level": "reference_loss",
    "map_cells": "style_grid_size",
    "painted_edge_px": "render_edge_px",
    "units": "loss_units",
    "variation": "tv_variant",
    "learning_rate_end": "final_learning_rate_ratio",
    "history": "history_size",
    "precondition": "preconditioner_exponent",
    "precondition_adapts": "adapt_preconditioner",
    "hands_over": "switch_to_adam",
    "average": "average_decay",
    "plateau": "plateau_threshold",
    "colour_degree": "colour_match_strength",
    "colour_keep": "colour_preservation",
}
"""Old name -> today's name, for parts of a recipe and for settings. An old name must never be used again for another
setting."""


def current_name(name: str) -> str:
    """Today's name of a setting, short or full: `average` -> `average_decay`; any other text is returned unchanged."""
    return ".".join(OLD_NAMES.get(part, part) for part in name.split("."))


def with_current_names(raw: object) -> object:
    """Plain data of a recipe, nested as in its JSON, under today's names.

    If a setting is given under both names, the old one stays too, so that the validation of the recipe refuses it.
    """
    if not isinstance(raw, Mapping):
        return raw
    settings = _renamed(raw)
    parts = {part: _renamed(settings[part]) for part in PARTS if isinstance(settings.get(part), Mapping)}
    return {**settings, **parts}


def _renamed(settings: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        name if OLD_NAMES.get(name, name) in settings else OLD_NAMES[name]: value for name, value in settings.items()
    }
