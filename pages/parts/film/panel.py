"""The run of the film page: before it three frames of the clip, then the newest frame, curves and the film."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import session
from pages.parts.app.web import Html
from pages.parts.curves import panel as curves_panel
from pages.parts.curves import plot
from pages.parts.film import chosen, result, stills
from pages.parts.film.start import PAGE
from pages.parts.inputs import style_weights
from pages.parts.runs import downloads, foreign_run, job_panel
from pages.parts.runs.polling import poll

if TYPE_CHECKING:
    from nst_core.film.info import Clip
    from nst_core.jobs.service import JobView


def panel(clip: Clip | None) -> None:
    """The page's run, or a preview of the clip before the first run."""
    job_id = session.current(PAGE)
    if job_id is None:
        preview(clip)
        plot.preload(f"{PAGE}_ahead")
        return
    view = session.view(job_id)
    if view is None:
        job_panel.expired(PAGE, placeholder=lambda _: preview(clip))
        return
    with st.container():
        poll((job_id,), lambda: _run(session.view(job_id) or view))
    st.fragment(result.before_after)(view)
    curves_panel.panel(view, key=f"{PAGE}_{view.id}")


def _run(view: JobView) -> None:
    result.player(view, key=f"{PAGE}_{view.id}", max_height="min(42vh, 32rem)")
    job_panel.progress(view, PAGE)
    foreign_run.notice(view, PAGE)
    downloads.notes(view)


def preview(clip: Clip | None) -> None:
    """Three frames of the clip above its styles, so that the page is never empty."""
    film = chosen.chosen()
    html = ""
    if film is not None and clip is not None:
        times = stills.three_times(film.film.info, clip)
        frames = stills.pictures(film, times)
        html = stills.strip([("Three frames of it", frames)], times)
    styles = "".join(
        stills.image_at(style.source(), f"Style: {style.image.title}, {style.image.alt}")
        for style in style_weights.in_use()
    )
    words = "The painted film appears here." if html else "Choose a film of yours; the painted film appears here."
    st.html(Html(f'{html}<div class="nst-film-styles">{styles}</div><p class="nst-hint">{words}</p>'))
