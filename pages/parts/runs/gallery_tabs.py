"""The gallery's two tabs, and hints where a tab is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, theme, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.runs import curated, own_photo, undo
from pages.parts.runs.run_grid import run_grid

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

PAGE = 24
"""Pictures in a tab before "Show more"."""
_COUNT = SessionValue[int]("gallery", "count")
"""The number of pictures shown, by tab."""


def listed() -> None:
    """The runs that their owners have listed."""
    views = service.get().runs()
    if views:
        _grid(views, "listed")
        return
    theme.notice(
        "quiet", "Nothing is listed yet", "Open a result of yours and list it here. Until then only its link shows it."
    )
    _links()


def examples() -> None:
    """The finished runs that come with the app, each with a button that takes its style for a photo."""
    if views := curated.views():
        theme.section("Painted by this app", "each opens with its curves")
        run_grid(views, key="wall_curated", action=own_photo.USE_STYLE, on_action=_use)


def _use(job_id: str) -> None:
    own_photo.use_style(curated.style_key(job_id))


def own() -> None:
    """The visitor's own runs, finished or not."""
    has_deleted = undo.deleted_lately()
    views = tuple(view for view in service.get().runs(visitor.owner()) if view.snapshot or view.content)
    if views:
        _grid(views, "own")
        return
    if not has_deleted:
        theme.notice(
            "quiet", "You have painted nothing yet", "Your runs appear here as soon as they begin, for you alone."
        )
    _links()


def _grid(views: tuple[JobView, ...], name: str) -> None:
    count = _COUNT.ensure(lambda: PAGE, name)
    run_grid(views[:count], key=f"wall_{name}")
    if len(views) > count and st.button("Show more", key=f"more_{name}"):
        _COUNT.put(count + PAGE, name)
        st.rerun()


def _links() -> None:
    with st.container(horizontal=True):
        st.page_link("pages/fast.py", label="Paint in a second", icon=":material/bolt:")
        st.page_link("pages/slow.py", label="Paint step by step", icon=":material/hourglass_empty:")
