"""The time-lapse of a run, to watch and to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import JobError
from nst_core.runs.timelapse import MIN_PICTURES
from pages.parts.app import service, theme
from pages.parts.app.session_values import SessionValue

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

KINDS = {"MP4": ("mp4", "video/mp4"), "GIF": ("gif", "image/gif"), "WebP": ("webp", "image/webp")}
_FORMAT = SessionValue[str]("film", "format")
"""The format that was requested, by run."""


def panel(view: JobView) -> None:
    """The time-lapse of a finished run, made on request; absent for runs of one pass."""
    if view.total_steps <= 1 or len(view.snapshot_steps) < MIN_PICTURES:
        return
    with st.expander("Time-lapse", icon=":material/movie:"):
        theme.description(f"{len(view.snapshot_steps)} pictures, from the photograph to the result.")
        with st.container(horizontal=True):
            for label in KINDS:
                if st.button(f"Make {label}", key=f"film_{view.id}_{label}"):
                    _FORMAT.put(label, view.id)
        chosen = _FORMAT.get(view.id)
        if chosen in KINDS:
            _show(view, chosen)


def _show(view: JobView, label: str) -> None:
    kind, mime = KINDS[label]
    try:
        with st.spinner("Joining the pictures…"):
            film = _film(view.id, view.snapshot_steps, kind)
    except JobError as error:
        theme.notice("warning", "The film cannot be made any more", str(error))
        return
    # The button is above the film: below it, it would move when the film has loaded and its height is known.
    st.download_button(
        f"Download {label}, {len(film) / 1e6:.1f} MB",
        film,
        f"nst-{view.id[:6]}.{kind}",
        mime,
        on_click="ignore",
        icon=":material/download:",
        key=f"film_{view.id}_get_{label}",
    )
    alt = f"Time-lapse of the run, {len(view.snapshot_steps)} pictures"
    if kind == "mp4":
        st.video(film, loop=True, muted=True, autoplay=True, width=480)
    else:
        st.image(film, caption=alt, width=360)


@st.cache_resource(show_spinner=False, max_entries=4)
def _film(job_id: str, steps: tuple[int, ...], kind: str) -> bytes:
    from nst_core.runs.timelapse import time_lapse

    jobs = service.get()
    view = jobs.view(job_id)
    first = [view.content] if view.content else []
    return time_lapse([*first, *(jobs.picture_at(job_id, step) for step in steps)], kind)  # type: ignore[arg-type]
