"""The runs of one visitor's tab: each page's current run, also in the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import JobError
from pages.parts.app import service, visitor
from pages.parts.app.session_values import SessionValue

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_CURRENT = SessionValue[str]("session", "current")
"""The id of a run, by page and by the run's name on that page."""


def owns(view: JobView) -> bool:
    """Whether a run belongs to this visitor; only its owner may change it."""
    from nst_core.jobs.service import is_owner

    return is_owner(visitor.secret(), view.owner)


def remember(page: str, job_id: str, name: str = "job") -> None:
    """Make a run the current one of `page`, and put its id into the address, where a refresh finds it."""
    _CURRENT.put(job_id, page, name)
    st.query_params[name] = job_id


def current(page: str, name: str = "job") -> str | None:
    """The id of the page's current run: from the address, or else the last one of this tab.

    A malformed id in the address gives "", which every caller treats as an expired run.
    """
    job_id = st.query_params.get(name) or _CURRENT.get(page, name)
    if job_id and not _ID.fullmatch(job_id):
        return ""
    if job_id:
        remember(page, job_id, name)
    return job_id


def forget(page: str, *names: str) -> None:
    """Remove runs from the page and from the address; on the server they continue."""
    for name in names or ("job",):
        _CURRENT.pop(page, name)
        st.query_params.pop(name, None)


def view(job_id: str) -> JobView | None:
    """The run's present state, or None if it cannot be opened, for the reason that `why_lost` gives."""
    from pages.parts.runs import curated

    if job_id and curated.is_curated(job_id):
        return curated.view(job_id)
    try:
        return service.get().view(job_id) if job_id else None
    except JobError:
        return None


def why_lost(job_id: str | None) -> str:
    """Why a run cannot be opened, in one sentence; empty if it can."""
    if not job_id:
        return "the address names no run: its id is cut short, or has characters that no id has; check the link"
    try:
        service.get().view(job_id)
    except JobError as error:
        return str(error)
    return ""
