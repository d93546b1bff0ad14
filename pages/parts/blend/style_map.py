"""The style map: a grid of all mixes of the styles, or of all strengths of a single one; a click applies a cell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe, change
from nst_core.recipe.style_grid import MAX_STRENGTH, StyleMix
from nst_core.recipe.style_grid import grid as sheet_of
from nst_core.system.host_profile import host_profile
from pages.parts.app import session, theme
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import asset
from pages.parts.inputs import style_weights
from pages.parts.inputs.style_weights import Style
from pages.parts.runs import auto_run, downloads, polling, run_image
from pages.parts.runs.before_after import data_url
from pages.parts.settings import imported

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

EDGE_PX = 1280
"""Longest edge of the grid; a picked cell is painted at full size."""
CELLS = (3, 5, 7)
_DEFAULT_CELLS = 5
_NAME = "map"
"""The query parameter of the map's run."""
_TOLERANCE = 0.012
"""Shares that differ by less than this are equal: sliders round them to whole percent, and cells differ by more."""
_PICKED = SessionValue[int]("blend", "picked")
"""The cell that was picked last, by page."""

_HTML = """<figure><div class="ends top"></div><div class="sheet"><img><div role="radiogroup"></div></div>
<div class="ends bottom"></div></figure>"""

_sheet = st.components.v2.component("nst_blend_map", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def panel(page: str, recipe: Recipe) -> None:
    """Show a toggle and, if it is on, the map of the page's styles, which is painted anew when the settings change."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_map_bar"):
        on = st.toggle(
            "Style map",
            key=f"{page}_map_on",
            help="All mixes of the styles on one sheet, or all strengths of one style. Click what you like.",
            persist_state="session",
        )
        cells = _cells(page) if on else _DEFAULT_CELLS
    if not on:
        return
    styles = style_weights.equally_weighted(style_weights.styles())
    complete = map_recipe(recipe, cells)
    if not auto_run.is_current(page, complete, _NAME, styles):
        auto_run.start(page, complete, _NAME, styles)
    job_id = session.current(page, _NAME) or ""
    view = session.view(job_id)
    if view is None:
        theme.notice("quiet", "The map is not there yet", "It is drawn as soon as there is room.")
    elif view.state in polling.ACTIVE_STATES:
        polling.poll((job_id,), lambda: _draw(page, session.view(job_id) or view, styles, recipe))
    else:
        _draw(page, view, styles, recipe)


def map_recipe(recipe: Recipe, cells: int) -> Recipe:
    """The recipe of the map: the page's settings at the map's size, without colour preservation."""
    match = recipe.colour.colour_match
    return change(
        recipe,
        {
            "style_grid_size": cells,
            "longest_edge_px": min(EDGE_PX, host_profile().fast_edge_px),
            "render_edge_px": None,
            "strength": 1.0,
            "colour_preservation": 0.0,
            "colour_match": "none" if match == "luminance" else match,
        },
    )


def _cells(page: str) -> int:
    return int(
        st.segmented_control(
            "Cells a side",
            CELLS,
            default=_DEFAULT_CELLS,
            required=True,
            key=f"{page}_style_grid_size",
            label_visibility="collapsed",
            persist_state="session",
        )
    )


def _draw(page: str, view: JobView, styles: Sequence[Style], recipe: Recipe) -> None:
    shown = auto_run.with_last_picture(page, view, _NAME)
    if view.state == "failed":
        theme.notice("error", "The map could not be drawn", view.error or "")
    if shown.snapshot is None:
        if view.state in polling.ACTIVE_STATES:
            st.progress(0.0, text=run_image.status_line(view, waking=False))
        return
    rows = sheet_of(len(styles), view.recipe.style_grid_size)
    cells = list(itertools.chain(*rows))
    names = [_label(cell, styles) for cell in cells]
    key = f"{page}_sheet"
    _sheet(
        key=key,
        data={
            "src": data_url(shown.snapshot),
            "alt": f"A sheet of {len(cells)} pictures: {names[0]} to {names[-1]}",
            "label": "Style map",
            "ratio": round(run_image.aspect_ratio(shown.snapshot), 4),
            "tall": "min(56vh, 38rem)",
            "across": len(rows[0]),
            "cells": names,
            "ends": _ends(styles),
            "picked": current_cell(cells, styles, recipe.strength, _PICKED.get(page) or 0),
            "waiting": view.snapshot is None,
        },
        on_picked_change=_on_pick(page, key, cells, styles),
    )
    downloads.notes(view)


def _on_pick(page: str, key: str, cells: Sequence[StyleMix], styles: Sequence[Style]) -> Callable[[], None]:
    """The click handler: it applies the cell's weights and strength to the page, which then paints at full size."""

    def picking() -> None:
        index = st.session_state[key].get("picked")
        if isinstance(index, int) and 0 <= index < len(cells):
            _PICKED.put(index, page)
            apply_cell(page, cells[index], styles)

    return picking


def apply_cell(page: str, cell: StyleMix, styles: Sequence[Style]) -> None:
    """Apply a cell's mix to the page; to be called before its widgets are drawn."""
    st.session_state[f"{imported.widget_prefix(page)}_strength"] = cell.strength
    if len(styles) > 1:
        style_weights.set_weights(
            {style.slot: round(share, 2) for style, share in zip(styles, cell.shares, strict=True)}
        )
    auto_run.request(page)


def current_cell(cells: Sequence[StyleMix], styles: Sequence[Style], strength: float, last: int = 0) -> int:
    """The cell that matches the page's settings, or -1; among equal mixes, the one that was picked last."""
    weights = {style.slot: style.weight for style in style_weights.in_use()}
    total = sum(weights.values())
    shares = [weights.get(style.slot, 0.0) / total for style in styles]

    def matches(cell: StyleMix) -> bool:
        near = all(math.isclose(a, b, abs_tol=_TOLERANCE) for a, b in zip(cell.shares, shares, strict=True))
        return near and math.isclose(cell.strength, strength, abs_tol=_TOLERANCE)

    if last < len(cells) and matches(cells[last]):
        return last
    return next((index for index, cell in enumerate(cells) if matches(cell)), -1)


def _label(cell: StyleMix, styles: Sequence[Style]) -> str:
    if len(styles) == 1:
        return f"Strength {cell.strength:.0%}"
    parts = [f"{style.image.title} {share:.0%}" for style, share in zip(styles, cell.shares, strict=True) if share]
    return ", ".join(parts)


def _ends(styles: Sequence[Style]) -> list[dict[str, str]]:
    """The titles and thumbnails at the ends of a strip or the corners of a grid, in reading order."""
    if len(styles) == 1:
        (style,) = styles
        most = {"title": f"{style.image.title}, {MAX_STRENGTH:.0%}", "src": style.source()}
        return [{"title": "The photograph, 0 %", "src": ""}, most]
    ends = [{"title": style.image.title, "src": style.source()} for style in styles]
    return [*ends, {"title": "All three alike", "src": ""}] if len(styles) == 3 else ends
