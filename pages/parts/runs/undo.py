"""Buttons that undo a stop or a deletion, for as long as the server can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.recipe.sentence import in_one_sentence
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.session_values import SessionValue

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

_DELETED = SessionValue[tuple[str, str]]("undo", "deleted")
"""The run that this tab deleted last, and its name in the address; by page."""


def stop_button(view: JobView) -> None:
    """A button that lets a stopped run go on, for its owner."""
    if view.state != "stopped" or not session.owns(view) or not service.get().stopped.can_reopen(view):
        return
    st.button(
        "Undo the stop",
        icon=":material/undo:",
        key=f"undo_stop_{view.id}",
        help="The run goes on from where it was stopped. Possible for ten minutes.",
        on_click=service.attempt,
        args=(service.get().stopped.reopen, view.id, visitor.secret()),
    )


def note_deleted(job: str, page: str, name: str) -> None:
    """Remember that this tab deleted a run, whose id was in the page's address under a name."""
    _DELETED.put((job, name), page)


def deleted_here(page: str, job: str = "") -> bool:
    """A notice about the run that was deleted on this page, or about the hidden run `job`, with its undo.

    Returns whether there is one.
    """
    last, name = _DELETED.get(page) or ("", "result")
    wanted = job or last
    if wanted and (found := [view for view in _hidden() if view.id == wanted]):
        _row(found[0], page, name)
        return True
    return False


def deleted_lately() -> bool:
    """A notice for each run of the visitor's that is only hidden so far; returns whether there is any."""
    views = _hidden()
    for view in views:
        _row(view)
    return bool(views)


def _hidden() -> tuple[JobView, ...]:
    return service.get().trash.runs(visitor.owner()) if not service.is_unopened() else ()


def _row(view: JobView, page: str = "", name: str = "") -> None:
    theme.notice(
        "quiet",
        "This run is deleted",
        f"{in_one_sentence(view.recipe, view.total_steps)}. Nobody can open it any more. "
        "Its files go for good ten minutes after the deletion.",
    )
    with st.container(horizontal=True):
        st.button(
            "Undo the deletion",
            icon=":material/undo:",
            key=f"undo_delete_{view.id}",
            on_click=_unhide,
            args=(view.id, page, name),
        )
        st.button(
            "Remove it now",
            icon=":material/delete_forever:",
            key=f"remove_{view.id}",
            on_click=service.attempt,
            args=(service.get().trash.delete, view.id, visitor.secret()),
        )


def _unhide(job: str, page: str, name: str) -> None:
    service.attempt(service.get().trash.restore, job, visitor.secret())
    if page:
        session.remember(page, job, name)
        _DELETED.pop(page)
