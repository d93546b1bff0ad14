"""The settings of a run as widgets: the most important ones first, the rest behind Advanced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nst_core import recipe as recipes
from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe
from nst_core.settings import Settings
from nst_core.system.host_profile import HostProfile, host_profile, profile_of
from pages.parts.app import theme
from pages.parts.app.shared import shared
from pages.parts.app.web import Html
from pages.parts.settings import advanced, descriptions, imported, widgets

_SIZES_PX = (128, 192, 256, 384, 512, 640, 768, 1024, 1536, 2048)
_FAST_SIZES_PX = (*_SIZES_PX, 3072, 4096)
_STEPS = (10, 25, 50, 100, 150, 200, 300, 500, 1000, 2000, 5000)
_STYLE_SIZES_PX = (128, 192, 256, 384, 512)
_PASSES = (1, 2, 4, 8, 16)
_RENDER_SIZES_PX = (256, 384, 512, 768, 1024)
_STYLE_SCALES = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4)


_FOLD = Html('<details class="nst-more"><summary>Settings</summary></details>')
"""On a narrow screen the style block hides the settings while this is closed; elsewhere it hides this."""


def slow(page: str, settings: Mapping[str, Any] | None = None, *, can_fold: bool = False) -> Recipe | None:
    """The slow method's settings; None, with the reason on the page, if they do not go together.

    Args:
        page: prefix of the widget keys.
        settings: initial values that override the preset's.
        can_fold: whether a narrow screen shows only the preset, with the rest behind "Settings".
    """
    preset = _preset(page)
    opened = imported.opened_recipe(page) if preset == imported.PRESET else None
    base = opened or recipes.make(preset, settings)
    key = imported.widget_prefix(page) if opened else f"{page}_{preset}"
    chosen: dict[str, Any] = {}
    with _room(page, can_fold):
        left, middle, right = st.columns(3)
        with left:
            chosen["longest_edge_px"] = _size(base, _SIZES_PX, key, is_opened=opened is not None)
        with middle:
            chosen["steps"] = widgets.value_slider("Steps", "steps", _STEPS, base.steps, key)
        with right:
            weight = base.objective.style_weight
            chosen["style_weight"] = widgets.multiple_slider("Strength", "style_weight", weight, key)
        chosen |= advanced.panel(base, page, key)
    try:
        return recipes.change(base, chosen)
    except RecipeError as error:
        theme.notice("error", "These settings do not go together", str(error))
        return None


def fast(page: str, settings: Mapping[str, Any] | None = None, *, can_fold: bool = False) -> Recipe:
    """The fast method's settings.

    Args:
        page: prefix of the widget keys.
        settings: initial values that override the usual ones.
        can_fold: whether a narrow screen shows them behind "Settings".
    """
    opened = imported.opened_recipe(page)
    base = opened or recipes.make(settings={"method": "fast", **(settings or {})})
    key = imported.widget_prefix(page)
    chosen: dict[str, Any] = {}
    with _room(page, can_fold):
        cells = widgets.grid_cells()
        with next(cells):
            chosen["longest_edge_px"] = _size(base, _FAST_SIZES_PX, key, is_opened=opened is not None)
        with next(cells):
            chosen["strength"] = widgets.share_slider("Strength", "strength", base.strength, key)
        with next(cells):
            chosen["render_edge_px"] = widgets.value_slider(
                "Painted at",
                "render_edge_px",
                _RENDER_SIZES_PX,
                base.render_edge_px,
                key,
                unit=" px",
                unset="as the size",
            )
        with next(cells):
            chosen["style_scale"] = widgets.value_slider(
                "Stroke size", "style_scale", _STYLE_SCALES, base.style_scale, key
            )
        with st.expander("Advanced", icon=":material/tune:"):
            chosen["style_edge_px"] = widgets.value_slider(
                "Style read at", "style_edge_px", _STYLE_SIZES_PX, base.style_edge_px, key, unit=" px"
            )
            chosen["shifted_passes"] = widgets.value_slider(
                "Shifted passes", "shifted_passes", _PASSES, base.shifted_passes, key
            )
            chosen |= advanced.colour(base, key)
    return recipes.change(base, chosen)


def _room(page: str, can_fold: bool) -> DeltaGenerator:
    """The container of the settings that fold on a narrow screen."""
    room = st.container(key=f"settings_{page}")
    if can_fold:
        room.html(_FOLD)
    return room


@shared(4)
def _host(memory_mb: float | None) -> HostProfile:
    """The profile of this host, whose files are read once for each setting of its memory."""
    return profile_of(memory_mb) if memory_mb else host_profile()


def _size(base: Recipe, sizes_px: Sequence[int], key: str, *, is_opened: bool) -> int:
    """Choose a size among those that fit into this host's memory.

    A size from a link that does not fit is shown, and refused.
    """
    most = _host(Settings.read().memory_mb).edge_px(base.method)
    fitting = [size for size in sizes_px if size <= most]
    default = base.longest_edge_px if is_opened else min(base.longest_edge_px, most)
    chosen = int(widgets.value_slider("Size", "longest_edge_px", fitting, default, key, unit=" px"))
    if chosen > most:
        st.caption(f"This server's memory has room for {most:,} px at most: choose a smaller size.")
    elif len(fitting) < len(sizes_px):
        st.caption(f"This server's memory has room for {most:,} px at most.")
    return chosen


def _preset(page: str) -> str:
    """Choose a preset, shown with its effect and source; opened settings are offered as a preset too."""
    opened = imported.opened_recipe(page)
    key = str(
        st.selectbox(
            "Preset",
            [*([imported.PRESET] if opened else []), *PRESETS],
            format_func=lambda key: PRESETS[key].title if key in PRESETS else "As opened",
            key=imported.preset_key(page),
            filter_mode=None,  # without text input, so that a phone shows no keyboard
            persist_state="session",
        )
    )
    if opened and key == imported.PRESET:
        theme.description("The settings that you opened.", descriptions.in_words(opened))
        return key
    theme.description(PRESETS[key].text, f"After {PRESETS[key].source}" if PRESETS[key].source else "")
    return key
