"""The settings that a sweep can vary, and the values along one side of its sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nst_core import recipe as recipes
from nst_core.recipe import Recipe, value_of
from nst_core.recipe.display import (
    GROUPS,
    WEIGHT_MULTIPLES,
    WEIGHTS,
    SettingDisplay,
    multiple_label,
    weight_multiple,
    when,
)

SweepMethod = Literal["fast", "slow"]

MIN_VALUES, MAX_VALUES = 2, 5
"""Values along one side."""

_ADVANCED = {setting.name: setting for group in GROUPS.values() for setting in group}
_COLOURS = (
    SettingDisplay("colour_preservation", "Colours of the photograph", (0, 0.25, 0.5, 0.75, 1)),
    _ADVANCED["colour_match"],
    _ADVANCED["colour_match_strength"],
)

SETTINGS: dict[SweepMethod, tuple[SettingDisplay, ...]] = {
    "fast": (
        SettingDisplay("strength", "Strength", (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5)),
        _ADVANCED["style_scale"],
        SettingDisplay("style_edge_px", "Style read at", (128, 192, 256, 384, 512), unit=" px"),
        SettingDisplay("shifted_passes", "Shifted passes", (1, 2, 4, 8, 16)),
        *_COLOURS,
    ),
    "slow": (
        SettingDisplay("style_weight", "Strength"),
        *(_ADVANCED[name] for name in ("content_weight", "tv_weight", "style_scale")),
        SettingDisplay("steps", "Steps", (10, 25, 50, 100, 150, 200, 300, 500)),
        *(_ADVANCED[name] for name in ("style_distance", "tv_variant", "pooling", "padding", "style_shape", "network")),
        *(
            _ADVANCED[name]
            for name in ("algorithm", "learning_rate", "history_size", "preconditioner_exponent", "average_decay")
        ),
        *(_ADVANCED[name] for name in ("start", "pyramid")),
        SettingDisplay("seed", "Seed", (0, 1, 2, 3, 4), applies=when("start", "noise")),
        *_COLOURS,
    ),
}
"""Settings that change the look of the result, the strongest first. Sizes are not among them: all cells have one
size."""

_PERCENTAGES = ("strength", "colour_preservation", "colour_match_strength")
_DEFAULT_VALUES: dict[str, tuple[float, ...]] = {
    "strength": (0.5, 1, 1.5),
    "style_scale": (0.5, 1, 2),
    "colour_preservation": (0, 0.5, 1),
}
_DEFAULT_MULTIPLES = (0.25, 1.0, 4.0)


@dataclass(frozen=True)
class Axis:
    """One side of a sheet: a setting, its values in their order, and a label for each value."""

    name: str
    title: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]


def axis(setting: SettingDisplay, base: Recipe, labels: tuple[str, ...]) -> Axis:
    """The axis of a setting with those of its options that have these labels."""
    picked = {label: value for label, value in options(setting, base).items() if label in labels}
    return Axis(setting.name, setting.title, tuple(picked.values()), tuple(picked))


def settings_for(base: Recipe) -> tuple[SettingDisplay, ...]:
    """The settings that a sweep of this recipe can vary: those that have an effect together with its other settings."""
    current = {name: value_of(base, name) for name in _ADVANCED}
    return tuple(setting for setting in SETTINGS[sweep_method(base)] if setting.applies(current))


def options(setting: SettingDisplay, base: Recipe) -> dict[str, Any]:
    """Label -> value of each option of a setting on a sheet; weights are multiples of the recipe's weight."""
    name, labels = setting.name, setting.choice_labels or {}
    current = value_of(base, name)
    if name in WEIGHTS:
        multiples = {times: weight_multiple(name, current, times) for times in WEIGHT_MULTIPLES}
        return {multiple_label(times): value for times, value in multiples.items() if recipes.allows(name, value)}
    if choices := recipes.choices(name):
        return {labels.get(c, c): c for c in choices if (name, c) != ("start", "own")}  # start "own" needs a picture
    values = sorted({*setting.values, current})
    return {_label(setting, value): value for value in values if recipes.allows(name, value)}


def default_labels(setting: SettingDisplay, base: Recipe) -> tuple[str, ...]:
    """Labels of the options to begin with: typical values of the setting, else three around the recipe's value."""
    offered = options(setting, base)
    if setting.name in WEIGHTS:
        return tuple(label for label in map(multiple_label, _DEFAULT_MULTIPLES) if label in offered)
    if setting.name in _DEFAULT_VALUES:
        return tuple(_label(setting, value) for value in _DEFAULT_VALUES[setting.name])
    if recipes.choices(setting.name):
        return tuple(offered)[:MAX_VALUES]
    index = list(offered.values()).index(value_of(base, setting.name))
    first = min(max(index - 1, 0), max(len(offered) - 3, 0))
    return tuple(offered)[first : first + 3]


def sweep_method(base: Recipe) -> SweepMethod:
    """The method whose settings a sweep of this recipe varies: "slow" is used for "balanced" too."""
    return "fast" if base.method == "fast" else "slow"


def _label(setting: SettingDisplay, value: float) -> str:
    return f"{value:.0%}".replace("%", " %") if setting.name in _PERCENTAGES else f"{value:g}{setting.unit}"
