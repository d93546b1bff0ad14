"""The settings of a command that resumes a run: only what differs from the run's own is a change."""

from __future__ import annotations

import argparse
from typing import Any

from nst_core.cli.arguments import build_recipe, changed_settings
from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, path_of, steered
from nst_core.recipe.fields import PARTS, settings_by_name
from nst_core.recipe.messages import short
from nst_core.recipe.steering import STEERABLE

_NOT_COMPARED = {"content", "styles", "regions", "start_picture", "preset", "medium"}
"""Settings that follow from the pictures, which are compared by their hashes, or that have no effect by themselves."""
_OF_MACHINE = {"precision", "memory_mb"}
"""Settings that a run fills in by itself where they are left to it."""
Change = tuple[Any, Any]
"""The value of a setting in the run that is resumed, and in the command."""


def resumed_recipe(saved: Recipe, arguments: argparse.Namespace) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe of a checkpoint, steered by the options of a command, and a sentence for each change.

    The very command line of the run changes nothing. What is not given stays as it is in the checkpoint.

    Raises RecipeError if a setting differs that cannot change in a run.
    """
    changes = _changes(saved, arguments)
    for name, change in changes.items():
        if name.partition(".")[0] not in STEERABLE:
            raise RecipeError(f"{name} cannot change in the middle of a run: {_between(change)}; leave it out")
    told = tuple(f"{name} changes from {_shown(old)} to {_shown(new)}" for name, (old, new) in changes.items())
    return steered(saved, {name: new for name, (_, new) in changes.items()}), told


def check_unchanged(saved: Recipe, arguments: argparse.Namespace) -> None:
    """Raise RecipeError if the options of a command differ from those of a run of which no setting can change."""
    for name, change in _changes(saved, arguments).items():
        told = _between(change).removeprefix("it ")
        raise RecipeError(f"a resumed film keeps its settings: {name} {told}; begin anew without --resume")


def _changes(saved: Recipe, arguments: argparse.Namespace) -> dict[str, Change]:
    """Each setting that differs, with both values."""
    if arguments.preset or arguments.recipe:
        wanted = settings_by_name(build_recipe(arguments))
    else:  # all else is left to the checkpoint
        wanted = {_plain(name): value for name, value in changed_settings(arguments).items()}
    if saved.start == "own" and not arguments.start:
        wanted.pop("start", None)  # its picture is in the checkpoint
    old = settings_by_name(saved, by_layer=True) | settings_by_name(saved)
    found = {
        name: (old.get(name), value)
        for name, value in wanted.items()
        if name not in _NOT_COMPARED and old.get(name) != value
    }
    found = {n: change for n, change in found.items() if n not in _OF_MACHINE or change[1] not in (None, "auto")}
    return found | _changes_of_styles(saved, arguments)


def _changes_of_styles(saved: Recipe, arguments: argparse.Namespace) -> dict[str, Change]:
    options = ("style_weight", "style_crop", "style_rotation")
    if not any(getattr(arguments, option) for option in options):
        return {}
    given = build_recipe(arguments).styles
    found: dict[str, Change] = {}
    for number, (before, after) in enumerate(zip(saved.styles, given, strict=False), 1):
        for name, option in zip(("weight", "crop", "rotation_deg"), options, strict=True):
            old, new = getattr(before, name), getattr(after, name)
            if getattr(arguments, option) and old != new:
                found[f"--{option.replace('_', '-')} of style {number}"] = (old, new)
    return found


def _plain(name: str) -> str:
    """The short name of a setting: `objective.tv_weight` -> `tv_weight`."""
    first, *rest = path_of(name)
    return ".".join(rest) if first in PARTS and rest else ".".join((first, *rest))


def _between(change: Change) -> str:
    return f"it was {_shown(change[0])}, got {_shown(change[1])}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return short(value)[1:-1]
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else short(value)
