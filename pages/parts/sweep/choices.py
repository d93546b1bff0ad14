"""The form of a sweep: the method, and for each side of the sheet a setting with its values."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe
from nst_core.recipe.display import SettingDisplay
from nst_core.sweeps import axes
from nst_core.sweeps.axes import Axis, SweepMethod
from nst_core.sweeps.plan import SweepPlan, make_plan
from pages.parts.app import theme
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import selected
from pages.parts.settings import descriptions

_OVERHEAD_SECONDS = 0.15
"""Time of a cell besides painting: sending it to the worker and back."""
_METHODS: dict[SweepMethod, str] = {"fast": "Fast", "slow": "Slow"}
_FIRST: dict[SweepMethod, tuple[str, str]] = {
    "fast": ("strength", "style_scale"),
    "slow": ("style_weight", "content_weight"),
}


def choices(page: str, recipes: Mapping[str, Recipe]) -> SweepPlan | None:
    """The form; returns the plan, or None, with the reason on the page, if the settings make no sheet."""
    left, middle, right = st.columns([3, 7, 7], gap="medium")
    with left:
        method: SweepMethod = st.segmented_control(
            "Method",
            list(_METHODS),
            default="fast",
            required=True,
            format_func=lambda name: _METHODS[name],
            key=f"{page}_sweep_method",
            persist_state="session",
        )
    base = style_weights.with_styles(recipes[method], style_weights.in_use())
    try:
        with middle:
            across = _side(page, "across", "From left to right", base, method)
        with right:
            down = _side(page, "down", "From top to bottom", base, method)
        return make_plan(base, across, down)
    except RecipeError as error:
        theme.notice("warning", "These settings make no sheet", str(error))
        return None


def _side(page: str, side: str, title: str, base: Recipe, method: SweepMethod) -> Axis:
    """The setting of one side, and those of its values that the side shows."""
    known = {setting.name: setting for setting in axes.settings_for(base)}
    key = f"{page}_sweep_{side}_{method}"
    if st.session_state.get(key) not in known:
        st.session_state.pop(key, None)  # the chosen setting has no longer an effect with the page's settings
    first = _FIRST[method][side == "down"]
    name = st.selectbox(
        title,
        known,
        list(known).index(first),
        format_func=lambda known_name: known[known_name].title,
        key=key,
        filter_mode=None,  # without text input, so that a phone shows no keyboard
        persist_state="session",
    )
    return _values(known[name], base, key)


def _values(setting: SettingDisplay, base: Recipe, key: str) -> Axis:
    labels = list(axes.options(setting, base))
    picked = st.pills(
        f"Values of {setting.title}",
        labels,
        selection_mode="multi",
        default=axes.default_labels(setting, base),
        key=f"{key}_{setting.name}_{len(labels)}",
        label_visibility="collapsed",
        wrap=True,
        persist_state="session",
    )
    return axes.axis(setting, base, tuple(picked))


def cost(plan: SweepPlan) -> str:
    """The number of pictures, with the estimated time and memory where this machine was measured."""
    from nst_core.runs import cost as runs_cost

    content = selected("content").load()
    size, styles = (content.width, content.height), max(1, len(plan.base.styles))
    each = [runs_cost.of(plan.cell_recipe(number), size, styles) for number in range(plan.count)]
    pictures = f"{plan.count} pictures"
    if not all(one.calibrated for one in each):
        return pictures
    seconds = sum(one.seconds + _OVERHEAD_SECONDS for one in each)
    return f"{pictures}, {descriptions.cost_text(seconds, max(one.peak_mb for one in each))}"
