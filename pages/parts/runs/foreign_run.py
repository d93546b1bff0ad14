"""A notice about another visitor's run: what is possible with it, and a button to run its settings again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, session, theme
from pages.parts.settings import imported

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

TITLE = "You are looking at somebody's run"
_TEXT = (
    "You can watch it and use its settings. Only the browser that started it can pause, stop, steer, list or delete "
    "it. If that was this browser, its cookie for this app is gone, and the run cannot be changed from here any more."
)


def notice(view: JobView, page: str, *names: str) -> None:
    """Say that a run is another visitor's, and offer a new run with its settings; nothing for the visitor's own.

    Args:
        view: the run.
        page: the page that shows it.
        names: the query parameters of the page's runs, which the new run replaces; "job" by default.
    """
    if session.owns(view):
        return
    theme.notice("quiet", TITLE, _TEXT)
    stays = imported.page_of(view.recipe) == page
    pressed = st.button(
        "Run again with these settings",
        icon=":material/replay:",
        key=f"run_again_{page}_{view.id}",
        help="Opens its settings with its pictures, for a run of your own.",
        # On the page of these settings it is a callback, which sets them before the page's widgets are drawn.
        on_click=service.attempt if stays else None,
        args=(_open, view, page, names) if stays else None,
    )
    if pressed and stays:
        st.rerun()  # the whole page, of which this is a fragment
    elif pressed:
        service.attempt(_open, view, page, names)


def _open(view: JobView, page: str, names: tuple[str, ...]) -> None:
    pictures = service.get().inputs(view.id)
    session.forget(page, *names)
    imported.open_with_pictures(view.recipe, pictures, stay=imported.page_of(view.recipe) == page)
