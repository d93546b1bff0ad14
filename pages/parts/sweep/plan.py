"""Two settings varied together: which ones may be, over which values, and what each cell of their sheet goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nst_core import recipe as recipes
from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, change, value_of
from nst_core.recipe.display import (
    GROUPS,
    WEIGHT_MULTIPLES,
    WEIGHTS,
    SettingDisplay,
    multiple_label,
    weight_multiple,
    when,
)

Method = Literal["fast", "slow"]

EDGE_PX: dict[Method, int] = {"fast": 192, "slow": 128}
"""Longest edge of a cell's picture, in pixels."""
LEAST, MOST = 2, 5
"""Values along one side."""

_KNOWN = {knob.name: knob for group in GROUPS.values() for knob in group}
_STYLE = SettingDisplay("style_weight", "Strength")
_STEPS = SettingDisplay("steps", "Steps", (10, 25, 50, 100, 150, 200, 300, 500))
_SEED = SettingDisplay("seed", "Seed", (0, 1, 2, 3, 4), applies=when("start", "noise"))
_FAST_STRENGTH = SettingDisplay("strength", "Strength", (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5))
_KEEP = SettingDisplay("colour_preservation", "Colours of the photograph", (0, 0.25, 0.5, 0.75, 1))
_READ_AT = SettingDisplay("style_edge_px", "Style read at", (128, 192, 256, 384, 512), unit=" px")
_COLOURS = (_KEEP, _KNOWN["colour_match"], _KNOWN["colour_match_strength"])

OFFERED: dict[Method, tuple[SettingDisplay, ...]] = {
    "fast": (_FAST_STRENGTH, _KNOWN["style_scale"], _READ_AT, *_COLOURS),
    "slow": (
        _STYLE,
        *(_KNOWN[name] for name in ("content_weight", "tv_weight", "style_scale")),
        _STEPS,
        *(_KNOWN[name] for name in ("style_distance", "tv_variant", "pooling", "padding", "style_shape", "network")),
        *(
            _KNOWN[name]
            for name in ("algorithm", "learning_rate", "history_size", "preconditioner_exponent", "average_decay")
        ),
        *(_KNOWN[name] for name in ("start", "pyramid")),
        _SEED,
        *_COLOURS,
    ),
}
"""Settings that change how a picture looks, the most telling first; sizes do not go with cells of one size."""

_SHARES = ("strength", "colour_preservation", "colour_match_strength")
_USUAL: dict[str, tuple[float, ...]] = {
    "strength": (0.5, 1, 1.5),
    "style_scale": (0.5, 1, 2),
    "colour_preservation": (0, 0.5, 1),
}
_USUAL_TIMES = (0.25, 1.0, 4.0)


@dataclass(frozen=True)
class Axis:
    """A setting along one side of a sheet.

    Attributes:
        name: the setting.
        title: what it is called.
        values: what it takes, in their order.
        labels: how each value is called.
    """

    name: str
    title: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class SweepPlan:
    """A sheet: what its cells share, and what each side varies. Cells are numbered row by row from 0."""

    base: Recipe
    across: Axis
    down: Axis

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.across.values) * len(self.down.values)

    def words(self, number: int) -> str:
        """What a cell is: "Strength 50 %, Stroke size 2"."""
        row, column = divmod(number, len(self.across.values))
        return f"{self.across.title} {self.across.labels[column]}, {self.down.title} {self.down.labels[row]}"

    def small(self, number: int) -> Recipe:
        """The run that fills a cell. Raises RecipeError if its settings do not go together."""
        shown = max(1, self.base.steps // 4)
        cheap = {"longest_edge_px": _edge_px(self.base), "reference_loss": "none", "snapshot_every": shown}
        return change(self.base, cheap | self._settings(number))

    def large(self, number: int, longest_edge_px: int) -> Recipe:
        """The same at full size."""
        return change(self.base, {"longest_edge_px": longest_edge_px} | self._settings(number))

    def _settings(self, number: int) -> dict[str, Any]:
        row, column = divmod(number, len(self.across.values))
        return {self.across.name: self.across.values[column], self.down.name: self.down.values[row]}


def plan(base: Recipe, across: Axis, down: Axis) -> SweepPlan:
    """A sheet of two settings, each cell checked. Raises RecipeError: the first thing that does not go together."""
    if across.name == down.name:
        raise RecipeError(f"a sheet needs two different settings, got {across.title} twice; choose another one")
    for axis in (across, down):
        if not LEAST <= len(axis.values) <= MOST:
            raise RecipeError(
                f"{axis.title} must have {LEAST} to {MOST} values, got {len(axis.values)}; "
                f"{'take some away' if axis.values[MOST:] else 'pick more'}"
            )
    made = SweepPlan(base, across, down)
    for number in range(made.count):
        made.small(number)
    return made


def axis(knob: SettingDisplay, base: Recipe, labels: tuple[str, ...]) -> Axis:
    """A side of the sheet, of those of a setting's values that have these labels."""
    offered = values(knob, base)
    taken = {label: value for label, value in offered.items() if label in labels}
    return Axis(knob.name, knob.title, tuple(taken.values()), tuple(taken))


def offered(base: Recipe) -> tuple[SettingDisplay, ...]:
    """The settings that mean something beside the others of a recipe."""
    beside = {knob.name: value_of(base, knob.name) for knob in _KNOWN.values()}
    return tuple(knob for knob in OFFERED[_method(base)] if knob.applies(beside))


def values(knob: SettingDisplay, base: Recipe) -> dict[str, Any]:
    """Label -> value of all that a setting may take on a sheet; weights are multiples of what they are now."""
    if knob.name in WEIGHTS:
        now = value_of(base, knob.name)
        multiples = {times: weight_multiple(knob.name, now, times) for times in WEIGHT_MULTIPLES}
        return {multiple_label(t): value for t, value in multiples.items() if recipes.allows(knob.name, value)}
    words = knob.choice_labels or {}
    if choices := recipes.choices(knob.name):
        return {words.get(c, c): c for c in choices if (knob.name, c) != ("start", "own")}  # that needs a picture
    given = sorted({*knob.values, value_of(base, knob.name)})
    return {_label(knob, value): value for value in given if recipes.allows(knob.name, value)}


def usual(knob: SettingDisplay, base: Recipe) -> tuple[str, ...]:
    """Labels of the values to begin with: around where the setting stands now, or those that tell most."""
    offered = values(knob, base)
    if knob.name in WEIGHTS:
        return tuple(label for label in map(multiple_label, _USUAL_TIMES) if label in offered)
    if knob.name in _USUAL:
        return tuple(_label(knob, value) for value in _USUAL[knob.name])
    if recipes.choices(knob.name):
        return tuple(offered)[:MOST]
    at = list(offered.values()).index(value_of(base, knob.name))
    first = min(max(at - 1, 0), max(len(offered) - 3, 0))
    return tuple(offered)[first : first + 3]


def _method(base: Recipe) -> Method:
    return "fast" if base.method == "fast" else "slow"


def _edge_px(base: Recipe) -> int:
    return EDGE_PX[_method(base)]


def _label(knob: SettingDisplay, value: float) -> str:
    return f"{value:.0%}".replace("%", " %") if knob.name in _SHARES else f"{value:g}{knob.unit}"
