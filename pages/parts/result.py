"""A run under its own link."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import curves, desk, film, job_panel, kept, look, measures, opened, outcome, session, stage
from pages.parts.spelling import since
from pages.parts.wall import title
from pages.parts.watching import is_active, watch

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

_PAGE = "result"


def panel() -> None:
    """The run that the address names; without one, or when it has expired, the ways on."""
    job_id = session.current(_PAGE, "result")
    if job_id is None:
        look.notice("quiet", "No result is named in this address", "Open one from the gallery, or paint one.")
        _ways()
        return
    view = session.view(job_id)
    if view is None:
        look.notice(
            "warning",
            "This result is not here any more",
            "It was deleted, or made room for newer ones. If you have its PNG, drop it on the photo picker: "
            "it carries all settings.",
        )
        _ways()
        return
    with st.container():
        watch((job_id,), lambda: _shown(session.view(job_id) or view))
    if view.of > 1 and (view.points or is_active(job_id)):
        curves.panel(view, key=f"result_{view.id}")
    st.fragment(_below)(view)


def _shown(view: JobView) -> None:
    picture, words = st.columns([7, 5], gap="large")
    with picture:
        degree = kept.degree_of(view, _PAGE)
        stage.picture(view, key=f"result_{view.id}", tall="min(70vh, 46rem)", newest=kept.shown(view, degree))
    with words:
        look.section(title(view), since(view.created) if view.created else "")
        job_panel.progress(view, _PAGE)
        if view.result:
            again(view)
        outcome.notes(view)
        _settings(view)


def _below(view: JobView) -> None:
    if view.result:
        film.panel(view)
    if view.report and "measures" in view.report:
        with st.expander("Measures", icon=":material/straighten:"):
            measures.table({view.recipe.method.capitalize(): measures.figures(view.report)})


def again(view: JobView) -> None:
    """The two ways to use a run's settings."""
    with st.container(horizontal=True, key=f"again_{view.id}"):
        if st.button("Open these settings", icon=":material/tune:", key=f"open_{view.id}", help="With its pictures."):
            opened.use_with_pictures(view.recipe, desk.get().inputs(view.id))
        if st.button(
            "Same settings, my photo",
            icon=":material/add_a_photo:",
            key=f"mine_{view.id}",
            help="Its styles and settings, for a photograph of yours.",
        ):
            opened.use_styles(view.recipe, desk.get().inputs(view.id))


def _settings(view: JobView) -> None:
    """What was set, as a list: the preset, and all that differs from it."""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in opened.told(view.recipe)
    )
    st.html(f'<dl class="nst-recipe">{rows}</dl>')


def _ways() -> None:
    with st.container(horizontal=True):
        st.page_link("pages/gallery.py", label="Gallery", icon=":material/photo_library:")
        st.page_link("pages/fast.py", label="Paint in a second", icon=":material/bolt:")
