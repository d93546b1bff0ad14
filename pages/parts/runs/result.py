"""The result page: one run under its own link."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, session, theme
from pages.parts.app.formatting import time_ago
from pages.parts.compare import measures
from pages.parts.curves import panel as curves_panel
from pages.parts.film import result as film_result
from pages.parts.runs import (
    colour_preservation,
    curated,
    downloads,
    film,
    foreign_run,
    job_panel,
    own_photo,
    run_image,
    undo,
)
from pages.parts.runs.polling import is_active, poll
from pages.parts.runs.run_grid import title
from pages.parts.settings import descriptions, imported

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from nst_core.runs.inputs import RunInputs

_PAGE = "result"


def panel() -> None:
    """The run in the address; without one, or if it cannot be opened, a notice with links."""
    job_id = session.current(_PAGE, "result")
    if job_id is None:
        if not undo.deleted_here(_PAGE):
            theme.notice("quiet", "No result is named in this address", "Open one from the gallery, or paint one.")
        _links()
        return
    view = session.view(job_id)
    if view is None:
        if not undo.deleted_here(_PAGE, job_id):
            theme.notice("warning", "This result cannot be shown", session.why_lost(job_id))
        _links()
        return
    with st.container():
        poll((job_id,), lambda: _shown(session.view(job_id) or view))
    if view.total_steps > 1 and (view.points or is_active(job_id)):
        curves_panel.panel(view, key=f"result_{view.id}")
    st.fragment(_below)(view)


def _shown(view: JobView) -> None:
    picture, words = st.columns([7, 5], gap="large")
    with picture:
        run_image.settings_line(view)
        if run_image.is_film(view):
            film_result.player(view, key=f"result_{view.id}", max_height="min(70vh, 46rem)")
        else:
            _picture(view)
    with words:
        theme.section(title(view), time_ago(view.created) if view.created else "")
        job_panel.progress(view, _PAGE)
        if curated.is_curated(view.id):
            _use_style(view)
        else:
            foreign_run.notice(view, _PAGE, "result")
        if view.result:
            reuse_buttons(view)
        downloads.notes(view)
        _settings(view)


def _picture(view: JobView) -> None:
    strength = colour_preservation.strength_of(view, _PAGE)
    run_image.picture(
        view,
        key=f"result_{view.id}",
        max_height="min(70vh, 46rem)",
        newest=colour_preservation.preview(view, strength),
    )


def _below(view: JobView) -> None:
    if run_image.is_film(view):
        film_result.before_after(view)
    elif view.result:
        film.panel(view)
    if view.report and "measures" in view.report:
        with st.expander("Measures", icon=":material/straighten:"):
            measures.table({view.recipe.method.capitalize(): measures.figures(view.report)})


def reuse_buttons(view: JobView) -> None:
    """Two buttons that open a run's settings: with its pictures, or for the visitor's own photograph."""
    with st.container(horizontal=True, key=f"again_{view.id}"):
        if st.button("Open these settings", icon=":material/tune:", key=f"open_{view.id}", help="With its pictures."):
            imported.open_with_pictures(view.recipe, _inputs(view))
        own = "film" if run_image.is_film(view) else "photo"
        if st.button(
            f"Same settings, my {own}",
            icon=":material/add_a_photo:",
            key=f"mine_{view.id}",
            help=f"Its styles and settings, for a {own} of yours.",
        ):
            imported.open_styles(view.recipe, _inputs(view))


def _inputs(view: JobView) -> RunInputs:
    return curated.inputs(view.id) if curated.is_curated(view.id) else service.get().inputs(view.id)


def _use_style(view: JobView) -> None:
    if st.button(own_photo.USE_STYLE, type="primary", icon=":material/add_a_photo:", key=f"style_{view.id}"):
        own_photo.use_style(curated.style_key(view.id))


def _settings(view: JobView) -> None:
    """The settings as a list: the preset, and the differences from it."""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in descriptions.changed_settings(view.recipe)
    )
    st.html(f'<dl class="nst-recipe">{rows}</dl>')


def _links() -> None:
    with st.container(horizontal=True):
        st.page_link("pages/gallery.py", label="Gallery", icon=":material/photo_library:")
        st.page_link("pages/fast.py", label="Paint in a second", icon=":material/bolt:")
