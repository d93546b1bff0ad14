"""A cell at full size: an ordinary run, listed among the visitor's own."""

from __future__ import annotations

import streamlit as st

from nst_core.errors import NotYoursError, NSTError
from nst_core.sweeps.runner import Sweep, inputs_for
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.runs import job_panel, run_image, submit

_PAGE = "sweep"
"""The name under which the session remembers the run that is shown."""
REQUESTED = SessionValue[int]("sweep", "requested")
_PAINTED = SessionValue[dict[str, int]]("sweep", "painted")
"""By sweep, this visitor's runs at full size of another visitor's sweep: id -> number of its cell."""


def picked(sweep: Sweep) -> int:
    """The cell that is shown at full size; -1 if none is."""
    return _full_size_runs(sweep).get(session.current(_PAGE) or "", -1)


def _full_size_runs(sweep: Sweep) -> dict[str, int]:
    return sweep.full_size_runs | (_PAINTED.get(sweep.id) or {})


def forget() -> None:
    """Hide the run at full size; it stays among the visitor's runs."""
    session.forget(_PAGE)


def request(number: int) -> None:
    """Request a cell at full size; the page's next run calls `paint_requested`."""
    REQUESTED.put(number)


def paint_requested(sweep: Sweep, longest_edge_px: int) -> NSTError | None:
    """Show the requested cell at full size, by an earlier run or a new one; returns the error if it is refused."""
    number = REQUESTED.pop()
    if number is None or not 0 <= number < sweep.plan.count:
        return None
    if earlier := _earlier_run(sweep, number, longest_edge_px):
        _show(earlier)
        return None
    try:
        recipe = sweep.plan.full_size_recipe(number, longest_edge_px)
        inputs = inputs_for(sweep.inputs, recipe)
        job = service.get().submit(
            recipe,
            inputs.content,
            inputs.styles,
            start=inputs.start,
            **visitor.submitter(),
        )
    except NSTError as error:
        return error
    try:
        sweep.add_full_size_run(job, number, visitor.secret())
    except NotYoursError:  # another visitor's sheet is not changed
        _PAINTED.ensure(dict, sweep.id)[job] = number
    _show(job)
    return None


def _earlier_run(sweep: Sweep, number: int, longest_edge_px: int) -> str:
    """The id of a run of this cell at this size that did not end early; empty if there is none."""
    for job in [job for job, cell in _full_size_runs(sweep).items() if cell == number]:
        view = session.view(job)
        if view and view.recipe.longest_edge_px == longest_edge_px and view.state not in ("failed", "stopped"):
            return job
    return ""


def _show(job: str) -> None:
    session.remember(_PAGE, job)
    run_image.REVEAL.put(job)


def panel(sweep: Sweep, refusal: NSTError | None = None) -> None:
    """The run of the picked cell at full size, below the reason why another one was refused."""
    if refusal:
        submit.show_refusal(refusal)
    job = session.current(_PAGE)
    if not job:
        return
    view = session.view(job)
    st.space("small")
    number = _full_size_runs(sweep).get(job)
    theme.section("Large", "" if number is None else sweep.plan.label(number))
    _, middle, _ = st.columns([1, 6, 1])
    with middle:
        job_panel.panel(_PAGE, curves=view is not None and view.total_steps > 1)
