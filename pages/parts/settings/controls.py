"""Settings of a run as widgets: what matters first, the rest behind Advanced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.errors import RecipeError
from nst_core.recipe import PRESETS, Recipe
from pages.parts.app import theme
from pages.parts.settings import advanced, imported, widgets

_SIZES_PX = (128, 192, 256, 384, 512, 640, 768, 1024, 1536, 2048)
_FAST_SIZES_PX = (*_SIZES_PX, 3072, 4096)
_STEPS = (10, 25, 50, 100, 150, 200, 300, 500, 1000, 2000, 5000)
_READ_AT_PX = (128, 192, 256, 384, 512)
_PAINTED_AT_PX = (256, 384, 512, 768, 1024)
_SCALES = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4)


def slow(page: str, settings: Mapping[str, Any] | None = None) -> Recipe | None:
    """The slow method's settings; None, with the reason on the page, if they do not go together.

    Args:
        page: whose widgets these are.
        settings: what stands there at first in place of what the preset says.
    """
    preset = _preset(page)
    base = imported.base(page) if preset == imported.PRESET else recipes.make(preset, settings)
    key = imported.prefix(page) if preset == imported.PRESET else f"{page}_{preset}"
    left, middle, right = st.columns(3)
    chosen = {}
    with left:
        chosen["longest_edge_px"] = widgets.slide(
            "Size", "longest_edge_px", _SIZES_PX, base.longest_edge_px, key, unit=" px"
        )
    with middle:
        chosen["steps"] = widgets.slide("Steps", "steps", _STEPS, base.steps, key)
    with right:
        chosen["style_weight"] = widgets.times("Strength", "style_weight", base.objective.style_weight, key)
    chosen |= advanced.panel(base, page, key)
    try:
        return recipes.change(base, chosen)
    except RecipeError as error:
        theme.notice("error", "These settings do not go together", str(error))
        return None


def fast(page: str) -> Recipe:
    """The fast method's settings."""
    base = imported.base(page) or recipes.make(settings={"method": "fast"})
    key = imported.prefix(page)
    chosen: dict[str, Any] = {}
    place = widgets.places()
    with next(place):
        chosen["longest_edge_px"] = widgets.slide(
            "Size", "longest_edge_px", _FAST_SIZES_PX, base.longest_edge_px, key, unit=" px"
        )
    with next(place):
        chosen["strength"] = widgets.degree("Strength", "strength", base.strength, key)
    with next(place):
        chosen["render_edge_px"] = widgets.slide(
            "Painted at", "render_edge_px", _PAINTED_AT_PX, base.render_edge_px, key, unit=" px", unset="as the size"
        )
    with next(place):
        chosen["style_scale"] = widgets.slide("Stroke size", "style_scale", _SCALES, base.style_scale, key)
    with st.expander("Advanced", icon=":material/tune:"):
        chosen["style_edge_px"] = widgets.slide(
            "Style read at", "style_edge_px", _READ_AT_PX, base.style_edge_px, key, unit=" px"
        )
        chosen |= advanced.colour(base, key)
    return recipes.change(base, chosen)


def _preset(page: str) -> str:
    """One of the presets, with what it does and where it comes from; settings that were opened are one of them."""
    came = imported.base(page)
    key = str(
        st.selectbox(
            "Preset",
            [*([imported.PRESET] if came else []), *PRESETS],
            format_func=lambda key: PRESETS[key].title if key in PRESETS else "As opened",
            key=f"{page}_preset",
            filter_mode=None,  # nothing to type: no keyboard on a phone
            persist_state="session",
        )
    )
    if came and key == imported.PRESET:
        theme.about("The settings that you opened.", imported.in_words(came))
        return key
    theme.about(PRESETS[key].text, f"After {PRESETS[key].source}" if PRESETS[key].source else "")
    return key
