"""Every knob of a recipe that is not on the page's face, grouped as the recipe groups them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.recipe import CONVOLUTIONS, Recipe, value_of
from nst_core.recipe.display import GROUPS, LAYERS, WEIGHTS, SettingDisplay
from pages.parts.app import theme
from pages.parts.inputs import own_start
from pages.parts.settings import widgets


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


def _grid(group: tuple[SettingDisplay, ...], base: Recipe, chosen: dict[str, Any], key: str) -> None:
    """The knobs of a group, two in a row; layers at full width."""
    place = widgets.places()
    for knob in group:
        if knob.name in LAYERS:
            known = CONVOLUTIONS[chosen["network"]]
            shares = value_of(base, knob.name)
            chosen[knob.name] = widgets.layers(knob.title, knob.name, shares, known, f"{key}_{chosen['network']}")
        elif knob.applies(chosen):
            with next(place):
                chosen[knob.name] = _turn(knob, value_of(base, knob.name), key)


def _turn(knob: SettingDisplay, default: Any, key: str) -> Any:
    if knob.name in WEIGHTS:
        return widgets.times(knob.title, knob.name, default, key)
    if isinstance(default, bool):
        return widgets.switch(knob.title, knob.name, default, key)
    if recipes.choices(knob.name):
        return widgets.choose(knob.title, knob.name, default, key, words=knob.choice_labels)
    if not knob.values:
        return widgets.number(knob.title, knob.name, default, key)
    unset = (knob.choice_labels or {}).get("", "")
    return widgets.slide(knob.title, knob.name, knob.values, default, key, unit=knob.unit, unset=unset)
