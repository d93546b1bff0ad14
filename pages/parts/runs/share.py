"""Sharing a run: its own link, its settings as a link, and a switch to list it in the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.web import app_address
from pages.parts.runs import undo
from pages.parts.settings import imported

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView


def button(view: JobView, page: str) -> None:
    """A popover with the links of a finished run; its owner can also list or delete the run there."""
    with st.popover("Share", icon=":material/ios_share:", key=f"share_{page}_{view.id}"):
        st.markdown("**This result**")
        shown = "film" if view.recipe.medium == "film" else "picture"
        st.caption(
            f"Anyone with this link sees the {shown}, its curves and its settings, while this server keeps them."
        )
        st.code(app_address() + f"/result?result={view.id}", language=None, wrap_lines=True)
        st.markdown("**Its settings**")
        without = "Pictures of your own and painted regions are" if view.recipe.regions else "Pictures of your own are"
        st.caption(f"Works on any host and for ever. {without} not in it; bundled ones are named.")
        st.code(app_address() + "/" + imported.address(view.recipe), language=None, wrap_lines=True)
        if session.owns(view):
            _owner(view, page)


def _owner(view: JobView, page: str) -> None:
    key = f"listed_{page}_{view.id}"
    st.toggle(
        "List it in the gallery",
        view.listed,
        key=key,
        help="Off: only those who have its link can see it, and a preview of the link in a chat shows no picture.",
        on_change=lambda: service.attempt(_publish, view.id, bool(st.session_state[key])),
    )
    can_be_undone = "It is gone from every list and link at once. You can undo that for ten minutes."
    if st.button("Delete", icon=":material/delete:", help=can_be_undone, key=f"delete_{page}_{view.id}"):
        delete(view, page)


def _publish(job_id: str, listed: bool) -> None:
    service.get().publish(job_id, visitor.secret(), listed=listed)


def delete(view: JobView, page: str) -> None:
    """Delete a run in a way that can be undone for a while, and remove it from the page."""
    try:
        service.get().trash.put(view.id, visitor.secret())
    except NSTError as error:
        theme.notice("warning", "This run could not be deleted", str(error))
        return
    for name in [name for name, value in st.query_params.items() if value == view.id]:
        session.forget(page, name)
        undo.note_deleted(view.id, page, name)
    st.toast("Deleted. You can undo it for ten minutes, here or in the gallery.")
    st.rerun()
