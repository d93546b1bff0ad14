"""The one job service of this server, and the status line about its networks on each page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.settings import problems
from pages.parts.app import theme
from pages.parts.app.session_values import has_painted

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, WorkerStatus

_LOADING = ("off", "starting")
_POLL_SECONDS = 1.5

LOADING_SECONDS = 15
"""Typical duration of the first load of the networks; shown to visitors, used for nothing else."""

STATUS_LINE = "worker_status"
"""The container's key, and the fragment's name, of the line about the networks."""


@st.cache_resource(show_spinner=False)
def get() -> JobService:
    """The job service that all visitors share. Opening it starts no worker."""
    from nst_core.jobs.service import JobService

    return JobService()


def attempt(action: Callable[..., object], *arguments: object) -> None:
    """Call the job service after a click; its refusal is shown as a toast."""
    try:
        action(*arguments)
    except NSTError as error:
        st.toast(theme.escape_markdown(str(error)))


def worker_status() -> None:
    """Show a quiet line about the networks, and start the worker once the page has been painted."""
    loading = is_unopened() or is_loading()
    st.fragment(_poll_status, run_every=_POLL_SECONDS if loading else None)(loading)


def _poll_status(loading: bool) -> None:
    if has_painted(STATUS_LINE) and is_loading():
        get().warm()
        from pages.parts.inputs import selection

        selection.preload()
    status = None if is_unopened() else get().status()
    if loading and status and status.state not in _LOADING:
        st.rerun()
    with st.container(key=STATUS_LINE):
        show_status(status)


def is_unopened() -> bool:
    """Whether the job service has not been opened since the server started; its import must not delay a first paint."""
    return "nst_core.jobs.service" not in sys.modules


def show_status(status: WorkerStatus | None) -> None:
    """Show the worker's state in words, with a button to try again if the networks could not be loaded."""
    if status is None or status.state in _LOADING:
        st.caption(f":material/hourglass_top: The networks are being loaded; this takes about {LOADING_SECONDS} s.")
    elif status.state == "failed":
        theme.notice("error", "The networks could not be loaded", status.message)
        if st.button("Try again", icon=":material/refresh:", key="retry_worker"):
            get().retry()
            st.rerun()
    else:
        where = theme.join_known(status.device, status.precision)
        st.caption(f":material/check_circle: Networks ready · {theme.escape_markdown(where)}")
        for words in filter(None, (status.memory_only, status.storage_fault)):
            st.caption(f":material/history_toggle_off: {theme.escape_markdown(words)}")
        for sentence in status.unusable.values():
            st.caption(f":material/warning: {theme.escape_markdown(sentence)}")
        for problem in problems():
            st.caption(f":material/warning: A setting of this server has no effect: {theme.escape_markdown(problem)}")
    if status and status.place_fault:
        st.caption(f":material/cloud_off: {theme.escape_markdown(status.place_fault)}")


def warn_of_replaced(network: str) -> None:
    """Warn at the top of a page if a network uses other weights than those that the operator named."""
    if not is_unopened() and (sentence := get().status().unusable.get(network)):
        theme.notice("warning", "This page paints with another network than the operator chose", sentence)


def is_loading() -> bool:
    """Whether a run would have to wait until the networks are loaded."""
    return get().status().state in _LOADING
