"""Every knob of a recipe that is not on the page's face, grouped as the recipe groups them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.recipe import CONVOLUTIONS, Recipe
from pages.parts.app import theme
from pages.parts.inputs import own_start
from pages.parts.settings import widgets

CurrentValues = Mapping[str, Any]
"""Settings chosen so far, by name."""


def always(_: CurrentValues) -> bool:
    """For knobs that do not depend on another."""
    return True


def when(name: str, *values: Any) -> Callable[[CurrentValues], bool]:
    """For knobs that mean something only at certain values of another."""
    return lambda chosen: chosen.get(name) in values


@dataclass(frozen=True)
class SettingWidget:
    """How a setting is shown.

    Attributes:
        name: the setting.
        title: its label.
        values: what its slider offers; empty for choices and weights.
        words: what its choices are called; "" is what unset is called.
        unit: written behind each value.
        shown: whether it means anything with what else is chosen; hidden it keeps the preset's value.
    """

    name: str
    title: str
    values: tuple[float, ...] = ()
    words: Mapping[str, str] | None = None
    unit: str = ""
    shown: Callable[[CurrentValues], bool] = always


def _either(*conditions: Callable[[CurrentValues], bool]) -> Callable[[CurrentValues], bool]:
    return lambda chosen: any(condition(chosen) for condition in conditions)


_LBFGS = when("algorithm", "lbfgs")
_ADAM = _either(when("algorithm", "adam"), when("hands_over", True))
_PYRAMID = when("pyramid", "auto")

GROUPS: dict[str, tuple[SettingWidget, ...]] = {
    "Objective": (
        SettingWidget("content_weight", "Content strength"),
        SettingWidget("tv_weight", "Smoothness"),
        SettingWidget("style_scale", "Stroke size", (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4)),
        SettingWidget("style_shape", "Style shape", words={"own": "its own", "content": "as the photograph"}),
        SettingWidget("style_distance", "Style distance", words={"gram": "Gram", "wasserstein2": "Wasserstein"}),
        SettingWidget("variation", "Variation"),
        SettingWidget("pooling", "Pooling"),
        SettingWidget("padding", "Edges"),
        SettingWidget("network", "Network", words={"vgg19": "VGG-19", "vgg16": "VGG-16"}),
        SettingWidget("units", "Units"),
        SettingWidget("content_layers", "Content layers"),
        SettingWidget("style_layers", "Style layers"),
    ),
    "Minimiser": (
        SettingWidget("algorithm", "Algorithm", words={"adam": "Adam", "lbfgs": "L-BFGS"}),
        SettingWidget("precondition", "Large shapes first", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1)),
        SettingWidget("precondition_adapts", "Follow the curvature", shown=_LBFGS),
        SettingWidget("hands_over", "Leave grain to Adam", shown=_LBFGS),
        SettingWidget("learning_rate", "Learning rate", (0.005, 0.01, 0.02, 0.03, 0.05, 0.1), shown=_ADAM),
        SettingWidget("learning_rate_end", "Rate at the end", (0, 0.1, 0.3, 1), shown=_ADAM),
        SettingWidget("history", "History", (5, 10, 20, 50, 100), shown=_LBFGS),
        SettingWidget("average", "Averaging", (0, 0.5, 0.9, 0.95, 0.99, 0.995)),
        SettingWidget("beta1", "Beta 1", (0, 0.5, 0.8, 0.9, 0.95, 0.99), shown=_ADAM),
        SettingWidget("beta2", "Beta 2", (0.9, 0.99, 0.999, 0.9999), shown=_ADAM),
        SettingWidget("epsilon", "Epsilon", (1e-8, 1e-6, 1e-4, 1e-2, 1e-1), shown=_ADAM),
    ),
    "Schedule": (
        SettingWidget(
            "start",
            "Start from",
            words={"content": "the photograph", "fast": "the fast result", "own": "a picture of yours"},
        ),
        SettingWidget("seed", "Seed", shown=when("start", "noise")),
        SettingWidget("pyramid", "From small to large", words={"auto": "by factors of √2"}),
        SettingWidget(
            "smallest_edge_px", "Smallest size", (64, 96, 128, 192, 256, 384, 512), unit=" px", shown=_PYRAMID
        ),
        SettingWidget(
            "first_steps",
            "Steps at the smallest size",
            (25, 50, 100, 200, 300, 500, 1000, 2000),
            words={"": "as the others"},
            shown=_PYRAMID,
        ),
        SettingWidget("plateau", "End at a plateau", (0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)),
        SettingWidget("seconds", "Time limit", (10, 30, 60, 120, 300, 600, 1800, 3600), words={"": "none"}, unit=" s"),
        SettingWidget("snapshot_every", "A picture every", (1, 2, 5, 10, 20, 50, 100), unit=" steps"),
        SettingWidget("level", "Level line in the curves", words={"fast": "of the fast result"}),
    ),
    "Colour": (
        SettingWidget(
            "colour_match",
            "Colours before the run",
            words={"none": "as they are", "covariance": "the photograph's", "luminance": "light and dark only"},
        ),
        SettingWidget(
            "colour_degree",
            "How far they are matched",
            (0.25, 0.5, 0.75, 1),
            shown=when("colour_match", "covariance", "luminance"),
        ),
        SettingWidget("colour_space", "Keep colours in", words={"lab": "Lab"}),
    ),
    "Machine": (
        SettingWidget("precision", "Precision"),
        SettingWidget("convolutions", "Convolutions"),
        SettingWidget(
            "memory_mb",
            "Memory",
            (1000, 1500, 2000, 3000, 4000, 6000, 8000, 16000),
            words={"": "what is free"},
            unit=" MB",
        ),
    ),
}
"""Group -> its knobs, in order; each tab is one of the recipe's parts."""

WEIGHTS = ("content_weight", "style_weight", "tv_weight")
LAYERS = ("content_layers", "style_layers")


def panel(base: Recipe, page: str, key: str) -> dict[str, Any]:
    """All groups behind one expander, in tabs; what is chosen, by name.

    Nothing is, and nothing is drawn, before it is opened for the first time: sixty widgets that few visitors want cost
    each visit a third of a second. Then they stay, for what they are set to counts.
    """
    room = st.expander("Advanced", icon=":material/tune:", key=f"{page}_advanced", on_change="rerun")
    chosen: dict[str, Any] = {}
    if not theme.was_opened(room, f"{page}_advanced", asked=base.start == "own"):  # a picture is then asked for
        return chosen
    with room:
        for tab, (title, group) in zip(st.tabs(list(GROUPS)), GROUPS.items(), strict=True):
            with tab:
                _grid(group, base, chosen, key)
                if title == "Schedule" and chosen["start"] == "own":
                    own_start.picker(page)
    return chosen


def colour(base: Recipe, key: str) -> dict[str, Any]:
    """The knobs of colour alone, for the method that has no others."""
    chosen: dict[str, Any] = {}
    _grid(GROUPS["Colour"], base, chosen, key)
    return chosen


def _grid(group: tuple[SettingWidget, ...], base: Recipe, chosen: dict[str, Any], key: str) -> None:
    """The knobs of a group, two in a row; layers at full width."""
    place = widgets.places()
    for knob in group:
        if knob.name in LAYERS:
            known = CONVOLUTIONS[chosen["network"]]
            shares = value_of(base, knob.name)
            chosen[knob.name] = widgets.layers(knob.title, knob.name, shares, known, f"{key}_{chosen['network']}")
        elif knob.shown(chosen):
            with next(place):
                chosen[knob.name] = _turn(knob, value_of(base, knob.name), key)


def _turn(knob: SettingWidget, default: Any, key: str) -> Any:
    if knob.name in WEIGHTS:
        return widgets.times(knob.title, knob.name, default, key)
    if isinstance(default, bool):
        return widgets.switch(knob.title, knob.name, default, key)
    if recipes.choices(knob.name):
        return widgets.choose(knob.title, knob.name, default, key, words=knob.words)
    if not knob.values:
        return widgets.number(knob.title, knob.name, default, key)
    unset = (knob.words or {}).get("", "")
    return widgets.slide(knob.title, knob.name, knob.values, default, key, unit=knob.unit, unset=unset)


def value_of(recipe: Recipe, name: str) -> Any:
    """What a recipe says of a setting."""
    value: Any = recipe
    for part in recipes.path_of(name):
        value = getattr(value, part)
    return value
