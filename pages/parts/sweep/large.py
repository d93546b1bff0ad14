"""A cell of a sheet at full size: an ordinary run of its own, kept among the visitor's."""

from __future__ import annotations

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import service, session, theme, visitor
from pages.parts.runs import job_panel, submit
from pages.parts.sweep.runner import Sweep, fitting

_PAGE = "sweep"
"""The page, so to speak, that it stands on."""
_WANTED = "sweep_wanted"


def picked(sweep: Sweep) -> int:
    """The cell that is shown large; -1 if none is."""
    return sweep.large.get(session.current(_PAGE) or "", -1)


def forget() -> None:
    """Show none any more; the run stays."""
    session.forget(_PAGE)


def want(number: int) -> None:
    """Ask for a cell at full size, which the page's next run will see to."""
    st.session_state[_WANTED] = number


def paint(sweep: Sweep, longest_edge_px: int) -> NSTError | None:
    """Paint the cell that was asked for as a run of its own, or show the one there is; the reason if it is refused."""
    number = st.session_state.pop(_WANTED, None)
    if number is None or not 0 <= number < sweep.plan.count:
        return None
    if known := _known(sweep, number, longest_edge_px):
        _show(known)
        return None
    try:
        recipe = sweep.plan.large(number, longest_edge_px)
        pictures = fitting(sweep.pictures, recipe)
        job = service.get().submit(
            recipe, pictures.content, pictures.styles, start=pictures.start, visitor=visitor.name()
        )
    except NSTError as error:
        return error
    sweep.has_large(job, number)
    _show(job)
    return None


def _known(sweep: Sweep, number: int, longest_edge_px: int) -> str:
    """A run of this cell at this size that did not end early; empty if there is none."""
    for job in [job for job, cell in sweep.large.items() if cell == number]:
        view = session.view(job)
        if view and view.recipe.longest_edge_px == longest_edge_px and view.state not in ("failed", "stopped"):
            return job
    return ""


def _show(job: str) -> None:
    session.remember(_PAGE, job)
    st.session_state["fresh"] = job  # scrolled into view when its picture first appears


def panel(sweep: Sweep, refusal: NSTError | None = None) -> None:
    """The cell that was picked, as the run it is, below why another one was refused."""
    if refusal:
        submit.refuse(refusal)
    job = session.current(_PAGE)
    if not job:
        return
    view = session.view(job)
    st.space("small")
    number = sweep.large.get(job)
    theme.section("Large", "" if number is None else sweep.plan.words(number))
    _, middle, _ = st.columns([1, 6, 1])
    with middle:
        job_panel.panel(_PAGE, curves=view is not None and view.total_steps > 1)
