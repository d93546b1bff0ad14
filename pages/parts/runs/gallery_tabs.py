"""The gallery's two walls, and what stands there while they are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, theme, visitor
from pages.parts.runs.run_grid import run_grid

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

PAGE = 24
"""Pictures on a wall before "Show more"."""


def listed() -> None:
    """Runs that their owners list."""
    views = service.get().runs()
    if views:
        _wall(views, "listed")
        return
    theme.notice(
        "quiet", "Nothing is listed yet", "Open a result of yours and list it here. Until then only its link shows it."
    )
    _ways()


def own() -> None:
    """The visitor's own runs, finished or not."""
    views = tuple(view for view in service.get().runs(visitor.name()) if view.snapshot or view.content)
    if views:
        _wall(views, "own")
        return
    theme.notice("quiet", "You have painted nothing yet", "Your runs stand here as soon as they begin, for you alone.")
    _ways()


def _wall(views: tuple[JobView, ...], name: str) -> None:
    most = st.session_state.setdefault(f"shelf_{name}", PAGE)
    run_grid(views[:most], key=f"wall_{name}")
    if len(views) > most and st.button("Show more", key=f"more_{name}"):
        st.session_state[f"shelf_{name}"] = most + PAGE
        st.rerun()


def _ways() -> None:
    with st.container(horizontal=True):
        st.page_link("pages/fast.py", label="Paint in a second", icon=":material/bolt:")
        st.page_link("pages/slow.py", label="Paint step by step", icon=":material/hourglass_empty:")
