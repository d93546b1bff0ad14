"""What a sheet is made of, to be chosen: the method, a setting for each side, and the values it takes there."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe
from nst_core.recipe.display import SettingDisplay
from pages.parts.app import theme
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import selected
from pages.parts.settings import estimates
from pages.parts.sweep import plan as sweep_plan
from pages.parts.sweep.plan import Axis, Method, SweepPlan

_OVERHEAD_SECONDS = 0.15
"""What a cell costs beside its painting: on its way to the worker and back."""
_METHODS: dict[Method, str] = {"fast": "Fast", "slow": "Slow"}
_FIRST: dict[Method, tuple[str, str]] = {
    "fast": ("strength", "style_scale"),
    "slow": ("style_weight", "content_weight"),
}


def choices(page: str, recipes: Mapping[str, Recipe]) -> SweepPlan | None:
    """The method and both sides; None, with the reason on the page, if they make no sheet."""
    left, middle, right = st.columns([3, 7, 7], gap="medium")
    with left:
        method: Method = st.segmented_control(
            "Method",
            list(_METHODS),
            default="fast",
            required=True,
            format_func=lambda name: _METHODS[name],
            key=f"{page}_sweep_method",
            persist_state="session",
        )
    base = style_weights.named_in(recipes[method], style_weights.in_use())
    try:
        with middle:
            across = _side(page, "across", "From left to right", base, method)
        with right:
            down = _side(page, "down", "From top to bottom", base, method)
        return sweep_plan.plan(base, across, down)
    except RecipeError as error:
        theme.notice("warning", "These settings make no sheet", str(error))
        return None


def _side(page: str, side: str, title: str, base: Recipe, method: Method) -> Axis:
    """A setting, and those of its values that one side shows."""
    known = {knob.name: knob for knob in sweep_plan.offered(base)}
    key = f"{page}_sweep_{side}_{method}"
    if st.session_state.get(key) not in known:
        st.session_state.pop(key, None)  # it means nothing any more beside the page's settings
    first = _FIRST[method][side == "down"]
    name = st.selectbox(
        title,
        known,
        list(known).index(first),
        format_func=lambda setting: known[setting].title,
        key=key,
        filter_mode=None,  # nothing to type: no keyboard on a phone
        persist_state="session",
    )
    return _values(known[name], base, key)


def _values(knob: SettingDisplay, base: Recipe, key: str) -> Axis:
    labels = list(sweep_plan.values(knob, base))
    picked = st.pills(
        f"Values of {knob.title}",
        labels,
        selection_mode="multi",
        default=sweep_plan.usual(knob, base),
        key=f"{key}_{knob.name}_{len(labels)}",
        label_visibility="collapsed",
        wrap=True,
        persist_state="session",
    )
    return sweep_plan.axis(knob, base, tuple(picked))


def cost(plan: SweepPlan) -> str:
    """How many pictures, and about how long they take where this machine was measured."""
    from nst_core.runs import cost as runs_cost

    content = selected("content").load()
    size, styles = (content.width, content.height), max(1, len(plan.base.styles))
    each = [runs_cost.of(plan.small(number), size, styles) for number in range(plan.count)]
    pictures = f"{plan.count} pictures"
    if not all(one.calibrated for one in each):
        return pictures
    seconds = sum(one.seconds + _OVERHEAD_SECONDS for one in each)
    return f"{pictures}, {estimates.in_words(seconds, max(one.peak_mb for one in each))}"
