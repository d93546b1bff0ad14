"""The blend map: one sheet of all mixes of the styles, or of all strengths of one, to pick from by a click."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe, change
from nst_core.recipe.style_grid import MAX_STRENGTH, StyleMix
from nst_core.recipe.style_grid import grid as sheet_of
from pages.parts.app import session, theme
from pages.parts.app.web import asset
from pages.parts.inputs import style_weights
from pages.parts.inputs.style_weights import Style
from pages.parts.runs import auto_run, downloads, polling, run_image
from pages.parts.runs.before_after import data_url
from pages.parts.settings import imported

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

EDGE_PX = 1280
"""Longest edge of a sheet: its cells are looked at, and painted anew at full size when picked."""
CELLS = (3, 5, 7)
_USUAL = 5
_NAME = "map"
_NEAR = 0.012
"""Shares this close are the same: sliders have them in whole percent, and cells are further apart."""

_HTML = """<figure><div class="ends top"></div><div class="sheet"><img><div role="radiogroup"></div></div>
<div class="ends bottom"></div></figure>"""

_sheet = st.components.v2.component("nst_blend_map", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def panel(page: str, recipe: Recipe) -> None:
    """A toggle; switched on, the sheet of what is on the page, which follows its settings. Nothing more while off."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_map_bar"):
        on = st.toggle(
            "Blend map",
            key=f"{page}_map_on",
            help="All mixes of the styles on one sheet, or all strengths of one style. Click what you like.",
            persist_state="session",
        )
        cells = _cells(page) if on else _USUAL
    if not on:
        return
    styles = style_weights.equally_weighted(style_weights.styles())
    order = map_recipe(recipe, cells)
    if not auto_run.is_current(page, order, _NAME, styles):
        auto_run.start(page, order, _NAME, styles)
    job_id = session.current(page, _NAME) or ""
    view = session.view(job_id)
    if view is None:
        theme.notice("quiet", "The map is not there yet", "It is drawn as soon as there is room.")
    elif view.state in polling.ACTIVE_STATES:
        polling.poll((job_id,), lambda: _drawn(page, session.view(job_id) or view, styles, recipe))
    else:
        _drawn(page, view, styles, recipe)


def map_recipe(recipe: Recipe, cells: int) -> Recipe:
    """The run of a sheet: the page's settings but its size, and no colours put back, which needs a single picture."""
    match = recipe.colour.colour_match
    return change(
        recipe,
        {
            "style_grid_size": cells,
            "longest_edge_px": EDGE_PX,
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
            default=_USUAL,
            required=True,
            key=f"{page}_style_grid_size",
            label_visibility="collapsed",
            persist_state="session",
        )
    )


def _drawn(page: str, view: JobView, styles: Sequence[Style], recipe: Recipe) -> None:
    shown = auto_run.with_last_picture(page, view, _NAME)
    if view.state == "failed":
        theme.notice("error", "The map could not be drawn", view.error or "")
    if shown.snapshot is None:
        if view.state in polling.ACTIVE_STATES:
            st.progress(0.0, text=run_image.status_line(view, waking=False))
        return
    rows = sheet_of(len(styles), view.recipe.style_grid_size)
    cells = list(itertools.chain(*rows))
    names = [_words(cell, styles) for cell in cells]
    key = f"{page}_sheet"
    _sheet(
        key=key,
        data={
            "src": data_url(shown.snapshot),
            "alt": f"A sheet of {len(cells)} pictures: {names[0]} to {names[-1]}",
            "label": "Blend map",
            "ratio": round(run_image.aspect_ratio(shown.snapshot), 4),
            "tall": "min(56vh, 38rem)",
            "across": len(rows[0]),
            "cells": names,
            "ends": _ends(styles),
            "picked": current_cell(cells, styles, recipe.strength, st.session_state.get(f"{page}_cell", 0)),
            "waiting": view.snapshot is None,
        },
        on_picked_change=_picking(page, key, cells, styles),
    )
    downloads.notes(view)


def _picking(page: str, key: str, cells: Sequence[StyleMix], styles: Sequence[Style]) -> Callable[[], None]:
    """What a click does: the page's weights and strength become the cell's, and it is painted at full size."""

    def picking() -> None:
        index = st.session_state[key].get("picked")
        if isinstance(index, int) and 0 <= index < len(cells):
            st.session_state[f"{page}_cell"] = index
            apply_cell(page, cells[index], styles)

    return picking


def apply_cell(page: str, cell: StyleMix, styles: Sequence[Style]) -> None:
    """Set the page to a cell; to be called before its widgets are drawn."""
    st.session_state[f"{imported.widget_prefix(page)}_strength"] = cell.strength
    if len(styles) > 1:
        style_weights.set_weights(
            {style.slot: round(share, 2) for style, share in zip(styles, cell.shares, strict=True)}
        )
    auto_run.request(page)


def current_cell(cells: Sequence[StyleMix], styles: Sequence[Style], strength: float, last: int = 0) -> int:
    """The cell that the page is set to, or -1; of several that are the same mix the one picked last."""
    weights = {style.slot: style.weight for style in style_weights.in_use()}
    total = sum(weights.values())
    shares = [weights.get(style.slot, 0.0) / total for style in styles]

    def is_it(cell: StyleMix) -> bool:
        near = all(math.isclose(a, b, abs_tol=_NEAR) for a, b in zip(cell.shares, shares, strict=True))
        return near and math.isclose(cell.strength, strength, abs_tol=_NEAR)

    if last < len(cells) and is_it(cells[last]):
        return last
    return next((index for index, cell in enumerate(cells) if is_it(cell)), -1)


def _words(cell: StyleMix, styles: Sequence[Style]) -> str:
    if len(styles) == 1:
        return f"Strength {cell.strength:.0%}"
    parts = [f"{style.image.title} {share:.0%}" for style, share in zip(styles, cell.shares, strict=True) if share]
    return ", ".join(parts)


def _ends(styles: Sequence[Style]) -> list[dict[str, str]]:
    """What stands at the ends of a strip or the corners of a map, in reading order."""
    if len(styles) == 1:
        (style,) = styles
        most = {"title": f"{style.image.title}, {MAX_STRENGTH:.0%}", "src": style.source()}
        return [{"title": "The photograph, 0 %", "src": ""}, most]
    ends = [{"title": style.image.title, "src": style.source()} for style in styles]
    return [*ends, {"title": "All three alike", "src": ""}] if len(styles) == 3 else ends
