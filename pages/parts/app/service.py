"""The one desk of this server, and the light that tells how its networks are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import theme

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, WorkerStatus

_WAKING = ("off", "starting")

START_SECONDS = 15
"""About what the first load of the networks takes; said, never relied on."""


@st.cache_resource(show_spinner=False)
def get() -> JobService:
    """The desk that every visitor shares; nothing heavy starts here."""
    from nst_core.jobs.service import JobService

    return JobService()


def ask(what: Callable[..., object], *about: object) -> None:
    """Ask the desk for something in answer to a click; a refusal is told in passing."""
    try:
        what(*about)
    except NSTError as error:
        st.toast(theme.plain(str(error)))


def worker_status() -> None:
    """A quiet line about the networks. It also wakes the worker, but only after the page has been painted."""
    waiting = is_unopened() or is_waking()
    st.fragment(_light, run_every=1.5 if waiting else None)(waiting)


def _light(waiting: bool) -> None:
    painted = "light_seen" in st.session_state  # a later tick: the browser asks for it, so it has painted
    st.session_state["light_seen"] = True
    if painted and is_waking():
        get().warm()
        from pages.parts.inputs import selection

        selection.preload()
    status = None if is_unopened() else get().status()
    if waiting and status and status.state not in _WAKING:
        st.rerun()
    with st.container(key="engine_light"):
        show_status(status)


def is_unopened() -> bool:
    """Whether nobody has needed the desk since the server began: its import must not delay the very first paint."""
    return "nst_core.jobs.service" not in sys.modules


def show_status(status: WorkerStatus | None) -> None:
    """The worker's state in words; with a Retry where there are no networks."""
    if status is None or status.state in _WAKING:
        st.caption(f":material/hourglass_top: The networks are being loaded; this takes about {START_SECONDS} s.")
    elif status.state == "failed":
        theme.notice("error", "The networks could not be loaded", status.message)
        if st.button("Try again", icon=":material/refresh:", key="retry_worker"):
            get().retry()
            st.rerun()
    else:
        where = theme.credit(status.device, status.precision)
        st.caption(f":material/check_circle: Networks ready · {theme.plain(where)}")
        if status.forgets:
            st.caption(f":material/history_toggle_off: {theme.plain(status.forgets)}")


def is_waking() -> bool:
    """Whether a run would first have to wait for the networks."""
    return get().status().state in _WAKING
