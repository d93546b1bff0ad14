"""A page that paints automatically: after its first run, every change of a setting starts another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe
from pages.parts.app import service, session, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.compare import measures
from pages.parts.inputs import uploads
from pages.parts.inputs.style_weights import Style
from pages.parts.runs import colour_preservation, submit
from pages.parts.runs.submit import RunRequest

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

RUNNING_SECONDS = 1.5
"""How long a page waits for a running run before it polls; most are done in a third of this time."""
QUEUED_SECONDS = 0.4
"""How long a page waits for a queued run, which starts at once unless other visitors are ahead."""
_REQUEST = SessionValue[RunRequest]("auto_run", "request")
"""The last request, by page and name."""
_IS_REQUESTED = SessionValue[bool]("auto_run", "is_requested")
"""Whether the page is to paint at its next run, by page."""
_LAST_SHOWN = SessionValue["JobView"]("auto_run", "last_shown")
"""The last run that had a picture, by page and name."""


def start(page: str, recipe: Recipe, name: str = "job", styles: Sequence[Style] | None = None) -> bool:
    """Start a run in place of the one that the page shows, and wait briefly for its result; False if refused."""
    before = session.current(page, name)
    view = session.view(before) if before else None
    if view and view.state == "queued" and session.owns(view):
        service.get().stop(view.id, visitor.secret())
    if not submit.submit(page, {name: recipe}, styles=styles, measure=False):
        return False
    _REQUEST.put(submit.run_request(recipe, styles), page, name)
    job_id = session.current(page, name) or ""
    colour_preservation.copy_strength(page, before, job_id)
    _wait(job_id)
    return True


def repaint_on_change(page: str, recipe: Recipe) -> None:
    """Start a run if the request has changed since the page's last run, or `request` was called."""
    before = _REQUEST.get(page, "job")
    if _IS_REQUESTED.pop(page) or (before is not None and before != submit.run_request(recipe)):
        start(page, recipe)


def paint_new_photograph(page: str) -> None:
    """Let the page paint a photograph that the visitor has just given, even if it has not painted before."""
    if uploads.NEW_PHOTOGRAPH.pop():
        request(page)


def is_current(page: str, recipe: Recipe, name: str, styles: Sequence[Style]) -> bool:
    """Whether the page's run of this name was requested with exactly this recipe and these styles."""
    return _REQUEST.get(page, name) == submit.run_request(recipe, styles)


def request(page: str) -> None:
    """Let the page paint at its next script run, even if it has not painted before."""
    _IS_REQUESTED.put(True, page)


def with_last_picture(page: str, view: JobView, name: str = "job") -> JobView:
    """The run to show: before it has a picture, a copy with the page's last picture of that photograph."""
    if view.snapshot is not None:
        _LAST_SHOWN.put(view, page, name)
        return view
    last = _LAST_SHOWN.get(page, name)
    if last is None or last.recipe.content != view.recipe.content:
        return view
    return replace(view, snapshot=last.snapshot, content=last.content, snapshot_step=last.snapshot_step)


def measures_panel(view: JobView, page: str) -> None:
    """The measures of the result, or a button that requests them, since measuring takes longer than painting."""
    if view.report is None:
        return
    if "measures" in view.report:
        with st.expander("Measures", icon=":material/straighten:", expanded=True):
            measures.table({view.recipe.method.capitalize(): measures.figures(view.report)})
        return
    before = _REQUEST.get(page, "job")
    if before is None:
        return
    pressed = st.button(
        "Measure",
        icon=":material/straighten:",
        key=f"measure_{page}_{view.id}",
        help="Measure this result by the yardstick, which takes some seconds.",
    )
    if pressed and submit.submit(page, {"job": before[0]}, measure=True):
        colour_preservation.copy_strength(page, view.id, session.current(page) or "")
        st.rerun()


def _wait(job_id: str) -> None:
    """Wait briefly for a run, so that its picture usually appears in the same script run that started it."""
    view = session.view(job_id)
    if view and not service.is_loading():
        service.get().wait(job_id, RUNNING_SECONDS if view.state == "running" else QUEUED_SECONDS)
