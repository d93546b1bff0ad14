"""A page whose result follows its settings: after its first run, every change paints anew by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe import Recipe
from pages.parts.app import service, session
from pages.parts.compare import measures
from pages.parts.inputs.style_weights import Style
from pages.parts.runs import submit

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

RUNNING_SECONDS = 1.5
"""How long a page waits for a run that has begun: most are done in a third of it. Then it polls."""
IN_LINE_SECONDS = 0.4
"""How long for one in line: behind the visitor's own last pass it begins at once, behind others it takes its time."""


def start(page: str, recipe: Recipe, name: str = "job", styles: Sequence[Style] | None = None) -> bool:
    """Paint in the place of what the page shows, and wait a moment for the result; False if refused."""
    before = session.current(page, name)
    view = session.view(before) if before else None
    if view and view.state == "queued":
        service.get().stop(view.id)
    if not submit.submit(page, {name: recipe}, styles=styles, measure=False):
        return False
    st.session_state[_asked(page, name)] = submit.run_request(recipe, styles)
    job_id = session.current(page, name) or ""
    _keep_colours(page, before, job_id)
    _wait(job_id)
    return True


def repaint_on_change(page: str, recipe: Recipe) -> None:
    """Paint anew if something has changed since this page was last asked to paint, or a cell was picked."""
    before = st.session_state.get(_asked(page, "job"))
    wanted = st.session_state.pop(_wanted(page), False)
    if wanted or (before is not None and before != submit.run_request(recipe)):
        start(page, recipe)


def is_current(page: str, recipe: Recipe, name: str, styles: Sequence[Style]) -> bool:
    """Whether what stands on the page under this name was asked for with just this."""
    return bool(st.session_state.get(_asked(page, name)) == submit.run_request(recipe, styles))


def request(page: str) -> None:
    """Have the page paint at its next run, whether or not it has painted before."""
    st.session_state[_wanted(page)] = True


def with_last_picture(page: str, view: JobView, name: str = "job") -> JobView:
    """A run as it is shown: until it has a picture, with the last one of this page, if of the same photograph."""
    slot = f"{page}_{name}_standing"
    if view.snapshot is not None:
        st.session_state[slot] = view
        return view
    last: JobView | None = st.session_state.get(slot)
    if last is None or last.recipe.content != view.recipe.content:
        return view
    return replace(view, snapshot=last.snapshot, content=last.content, snapshot_step=last.snapshot_step)


def measures_panel(view: JobView, page: str) -> None:
    """The yardstick's figures of the result, or a button that asks for them: measuring takes longer than painting."""
    if view.report is None:
        return
    if "measures" in view.report:
        with st.expander("Measures", icon=":material/straighten:", expanded=True):
            measures.table({view.recipe.method.capitalize(): measures.figures(view.report)})
        return
    before = st.session_state.get(_asked(page, "job"))
    if before is None:
        return
    pressed = st.button(
        "Measure",
        icon=":material/straighten:",
        key=f"measure_{page}_{view.id}",
        help="Judge this result by the yardstick, which takes some seconds.",
    )
    if pressed and submit.submit(page, {"job": before[0]}, measure=True):
        _keep_colours(page, view.id, session.current(page) or "")
        st.rerun()


def _wait(job_id: str) -> None:
    """Give a run the moment it needs, so that its picture comes with the very run of the page that asked for it."""
    view = session.view(job_id)
    if view and not service.is_waking():
        service.get().wait(job_id, RUNNING_SECONDS if view.state == "running" else IN_LINE_SECONDS)


def _keep_colours(page: str, before: str | None, now: str) -> None:
    """Leave the slider for the photograph's colours where it stands."""
    degree = st.session_state.get(f"kept_{page}_{before}")
    if degree is not None:
        st.session_state[f"kept_{page}_{now}"] = degree


def _asked(page: str, name: str) -> str:
    return f"{page}_{name}_asked"


def _wanted(page: str) -> str:
    return f"{page}_wanted"
