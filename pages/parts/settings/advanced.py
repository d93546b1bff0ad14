"""Widgets for all settings of a recipe that a page does not show first, grouped as in the recipe."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.recipe import CONVOLUTIONS, Recipe, value_of
from nst_core.recipe.display import FILM, GROUPS, LAYERS, WEIGHTS, SettingDisplay
from pages.parts.app import theme
from pages.parts.inputs import own_start
from pages.parts.settings import widgets


def panel(base: Recipe, page: str, key: str) -> dict[str, Any]:
    """Show all groups in tabs behind an expander; returns the chosen values by setting.

    The widgets are drawn once the expander has been opened; before that the result is empty. Drawing sixty widgets that
    few visitors use would cost each visit a third of a second. Once drawn they stay, because their values count.
    """
    container = st.expander("Advanced", icon=":material/tune:", key=f"{page}_advanced", on_change="rerun")
    chosen: dict[str, Any] = {}
    # the page then asks for a picture
    if not theme.was_opened(container, f"{page}_advanced", asked=base.start == "own"):
        return chosen
    with container:
        for tab, (title, group) in zip(st.tabs(list(GROUPS)), GROUPS.items(), strict=True):
            with tab:
                _grid(group, base, chosen, key)
                if title == "Schedule" and chosen["start"] == "own":
                    own_start.picker(page)
    return chosen


def colour(base: Recipe, key: str) -> dict[str, Any]:
    """Show the settings of colour alone, for the fast method; returns the chosen values by setting."""
    chosen: dict[str, Any] = {}
    _grid(GROUPS["Colour"], base, chosen, key)
    return chosen


def film(base: Recipe, key: str) -> dict[str, Any]:
    """Show the settings that only films of the recipe's method have; returns the chosen values by setting."""
    chosen: dict[str, Any] = {"method": base.method}
    _grid(FILM, base, chosen, key)
    return {name: value for name, value in chosen.items() if name != "method"}


def _grid(group: tuple[SettingDisplay, ...], base: Recipe, chosen: dict[str, Any], key: str) -> None:
    """Show a group's widgets, two in a row; those of layers at full width. The values go into `chosen`."""
    cells = widgets.grid_cells()
    for setting in group:
        if setting.name in LAYERS:
            available = CONVOLUTIONS[chosen["network"]]
            shares = value_of(base, setting.name)
            chosen[setting.name] = widgets.layer_shares(
                setting.title, setting.name, shares, available, f"{key}_{chosen['network']}"
            )
        elif setting.applies(chosen):
            with next(cells):
                chosen[setting.name] = _widget(setting, value_of(base, setting.name), key)


def _widget(setting: SettingDisplay, default: Any, key: str) -> Any:
    """Show the widget of a setting's type; returns the chosen value."""
    title, name = setting.title, setting.name
    if name in WEIGHTS:
        return widgets.multiple_slider(title, name, default, key)
    if isinstance(default, bool):
        return widgets.toggle(title, name, default, key)
    if recipes.choices(name):
        return widgets.choice(title, name, default, key, words=setting.choice_labels)
    if not setting.values:
        return widgets.number_input(title, name, default, key)
    unset = (setting.choice_labels or {}).get("", "")
    return widgets.value_slider(title, name, setting.values, default, key, unit=setting.unit, unset=unset)
