"""Submit runs of the chosen pictures to the job service, and explain refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nst_core.errors import NSTError, QueueFullError
from nst_core.recipe import Recipe
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import approximate_duration
from pages.parts.inputs import mask_brush, own_start, style_weights
from pages.parts.inputs.selection import selected
from pages.parts.inputs.style_weights import Style
from pages.parts.runs import run_image
from pages.parts.runs.run_grid import title

RunRequest = tuple[Recipe, str, tuple[str, ...]]
"""A run's recipe, and the hashes of its photograph and styles: two equal requests give the same result."""


def run_request(recipe: Recipe, styles: Sequence[Style] | None = None) -> RunRequest:
    """The request of a run of this recipe with the pictures that are chosen now, on a page with a brush."""
    complete, used, _ = mask_brush.with_regions(recipe, style_weights.in_use() if styles is None else styles)
    return complete, selected("content").load().sha256, tuple(style.image.load().sha256 for style in used)


def submit(
    page: str, jobs: Mapping[str, Recipe], *, styles: Sequence[Style] | None = None, measure: bool = True
) -> bool:
    """Submit each recipe for the chosen pictures; False, with the reason on the page, if one is refused.

    Args:
        page: the page that shows the runs.
        jobs: query parameter -> recipe.
        styles: the styles; by default those of the page that are in use.
        measure: whether the results are measured by the yardstick.
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
    """The reason why a run was refused; if the queue is full, also the time to wait and links to the visitor's runs."""
    if not isinstance(error, QueueFullError):
        theme.notice("error", "This run could not be started", str(error))
        return
    taken = "Your places in line are taken" if error.own else "The line is full"
    theme.notice(
        "warning", f"{taken}; try again in about {approximate_duration(error.retry_after_seconds)}", str(error)
    )
    waiting = [view for view in service.get().runs(visitor.owner()) if view.state == "queued"] if error.own else []
    for view in reversed(waiting):
        st.page_link(
            "pages/result.py",
            label=f"{title(view)}, number {view.position} in line",
            icon=":material/schedule:",
            query_params={"result": view.id},
        )


def _one(page: str, name: str, recipe: Recipe, styles: Sequence[Style], measure: bool) -> None:
    start = own_start.picture(page) if recipe.start == "own" else None
    with_regions = mask_brush.with_regions(recipe, styles) if page in mask_brush.PAGES else None
    complete, used, masks = with_regions or (style_weights.with_styles(recipe, styles), styles, ())
    job_id = service.get().submit(
        complete,
        selected("content").load(),
        [style.image.load() for style in used],
        start=start,
        masks=masks,
        **visitor.submitter(),
        measure=measure,
    )
    session.remember(page, job_id, name)
    run_image.REVEAL.put(job_id)
