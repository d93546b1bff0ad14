"""The settings of a film's run: method, its settings, how frames follow one another, and keyframes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, change
from pages.parts.app import theme
from pages.parts.app.segments import segments
from pages.parts.film import keyframes, picker
from pages.parts.settings import advanced, controls, imported

if TYPE_CHECKING:
    from nst_core.film.info import Clip

METHODS = {"fast": "Fast", "slow": "Slow"}
_USUAL: dict[str, dict[str, Any]] = {
    "fast": {"longest_edge_px": 512},
    "slow": {"longest_edge_px": 256, "steps": 100},
}
"""By method, initial values that differ from those of a picture, since each frame takes its time."""
_METHOD_KEY = "film_method"


def panel(clip: Clip | None) -> Recipe | None:
    """The recipe of a film's run; None without a clip, or if the settings do not go together, which the page says."""
    method = segments(
        "Method",
        METHODS,
        key=_METHOD_KEY,
        first="fast",
        format_func=METHODS.__getitem__,
        help="Fast: about a second a frame. Slow: every frame is repainted step by step, from the one before.",
    )
    page = f"film_{method}"
    recipe = controls.fast(page, _USUAL[method]) if method == "fast" else controls.slow(page, _USUAL[method])
    if recipe is None:
        return None
    chosen = _over_time(recipe, page)
    if clip is None:
        return None
    trim = {"trim_start_seconds": clip.start_seconds, "trim_end_seconds": clip.end_seconds}
    try:
        return change(recipe, {"medium": "film", **trim, **chosen})
    except RecipeError as error:
        theme.notice("error", "These settings do not go together", str(error))
        return None


def open_film_settings(recipe: Recipe) -> None:
    """Show the method and the clip of opened settings; to be called before the page draws its widgets."""
    st.session_state[_METHOD_KEY] = "fast" if recipe.method == "fast" else "slow"
    picker.open_clip(recipe.film.trim_start_seconds, recipe.film.trim_end_seconds)


def _over_time(recipe: Recipe, page: str) -> dict[str, Any]:
    """The settings that only films have."""
    key = f"{imported.widget_prefix(page)}_over_time"
    with st.expander("Over time", icon=":material/movie:"):
        chosen = advanced.film(recipe, key)
    container = st.expander("Keyframes", icon=":material/timeline:", key=f"{key}_keyframes", on_change="rerun")
    if theme.was_opened(container, f"{key}_keyframes", asked=bool(recipe.film.keyframes)):
        with container:
            chosen["keyframes"] = keyframes.editor(recipe, key)
    return chosen
