"""Handing runs to the desk, with the chosen pictures; and refusals in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nst_core.errors import NSTError, QueueFullError
from nst_core.recipe import Recipe
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import roughly
from pages.parts.inputs import mask_brush, own_start, style_weights
from pages.parts.inputs.selection import selected
from pages.parts.inputs.style_weights import Style
from pages.parts.runs.run_grid import title

RunRequest = tuple[Recipe, str, tuple[str, ...]]
"""What a run was asked for with: its recipe, and the hashes of its photograph and styles."""


def run_request(recipe: Recipe, styles: Sequence[Style] | None = None) -> RunRequest:
    """What a run of this recipe would be asked for with now, on a page with a brush."""
    order, used, _ = mask_brush.with_regions(recipe, style_weights.in_use() if styles is None else styles)
    return order, selected("content").load().sha256, tuple(style.image.load().sha256 for style in used)


def submit(
    page: str, jobs: Mapping[str, Recipe], *, styles: Sequence[Style] | None = None, measure: bool = True
) -> bool:
    """Hand in each recipe for the chosen pictures, by its name in the address; False, with the reason, if refused.

    Args:
        page: whose runs these are.
        jobs: name -> recipe.
        styles: those on the page that are in use, unless told otherwise.
        measure: whether the results are judged by the yardstick.
    """
    styles = style_weights.in_use() if styles is None else styles
    try:
        for name, recipe in jobs.items():
            _one(page, name, recipe, styles, measure)
    except NSTError as error:
        show_refusal(error)
        return False
    return True


def show_refusal(error: NSTError) -> None:
    """Why the desk would not have a run; without room, when to come back, and the way to the runs that take it up."""
    if not isinstance(error, QueueFullError):
        theme.notice("error", "This run could not be started", str(error))
        return
    taken = "Your places in line are taken" if error.own else "The line is full"
    theme.notice("warning", f"{taken}; try again in about {roughly(error.retry_after_seconds)}", str(error))
    waiting = [view for view in service.get().runs(visitor.name()) if view.state == "queued"] if error.own else []
    for view in reversed(waiting):
        st.page_link(
            "pages/result.py",
            label=f"{title(view)}, number {view.position} in line",
            icon=":material/schedule:",
            query_params={"result": view.id},
        )


def _one(page: str, name: str, recipe: Recipe, styles: Sequence[Style], measure: bool) -> None:
    start = own_start.picture(page) if recipe.start == "own" else None
    painted = mask_brush.with_regions(recipe, styles) if page in mask_brush.PAGES else None
    order, used, regions = painted or (style_weights.with_styles(recipe, styles), styles, ())
    job_id = service.get().submit(
        order,
        selected("content").load(),
        [style.image.load() for style in used],
        start=start,
        masks=regions,
        visitor=visitor.name(),
        measure=measure,
    )
    session.remember(page, job_id, name)
    st.session_state["fresh"] = job_id
