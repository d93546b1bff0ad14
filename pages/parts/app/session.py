"""What one visitor's tab remembers: which run stands on which page and in the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import JobError
from pages.parts.app import service, visitor

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")


def owns(run: JobView) -> bool:
    """Whether a run is this visitor's."""
    return run.visitor == visitor.name()


def remember(page: str, job_id: str, name: str = "job") -> None:
    """Make a run the one that `page` shows, and put it into the address, where a refresh finds it."""
    st.session_state[f"{page}_{name}"] = job_id
    st.query_params[name] = job_id


def current(page: str, name: str = "job") -> str | None:
    """The run of this page: from the address, or else the one this tab last saw here."""
    job_id = st.query_params.get(name) or st.session_state.get(f"{page}_{name}")
    if job_id and not _ID.fullmatch(job_id):
        return ""  # asked for, and never one of ours: the same as expired
    if job_id:
        remember(page, job_id, name)
    return job_id


def forget(page: str, *names: str) -> None:
    """Take runs off the page and out of the address; they go on living on the server."""
    for name in names or ("job",):
        st.session_state.pop(f"{page}_{name}", None)
        st.query_params.pop(name, None)


def view(job_id: str) -> JobView | None:
    """The run as it is now, or None if it is unknown or has expired."""
    try:
        return service.get().view(job_id) if job_id else None
    except JobError:
        return None
