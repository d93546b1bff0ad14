"""Runs under way, and the parts of a page that are drawn again and again while they are."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.app import session

ACTIVE_STATES = ("queued", "running", "paused")
CURVES_SECONDS = 0.45
"""How often curves are drawn again: more than twice a second."""
PICTURES_SECONDS = 0.9
"""How often the picture of a run of many steps is, with how far the run is. They hold many small parts, each of which
takes its time from the run."""
_ONE_PASS_SECONDS = 0.3
_MEASURING_SECONDS = 2.0
"""Nothing moves any more."""


def is_active(job_id: str | None) -> bool:
    """Whether a run may still change."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE_STATES


def is_painting(job_id: str | None) -> bool:
    """Whether a run has no result yet; with one, it may still be measured."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE_STATES and not view.result


def poll(job_ids: tuple[str, ...], show: Callable[[], None], every: float = PICTURES_SECONDS) -> None:
    """Run `show` now, and again and again while one of the runs is under way.

    Args:
        job_ids: the runs that are shown.
        show: draws them.
        every: seconds between two drawings while a run of many steps is being painted.
    """

    def standing() -> list[tuple[bool, bool]]:
        return [(is_active(job_id), is_painting(job_id)) for job_id in job_ids]

    def panel() -> None:
        learn()  # before a download is shown, which is made on a click and has another file in the page's next run
        show()
        learn()

    def learn() -> None:
        if standing() != before:
            st.rerun()  # the whole page learns that there is a result, or that the run has ended and polling stops

    before = standing()
    active = any(map(is_active, job_ids))
    views = [view for view in map(session.view, job_ids) if view]
    if not any(view.total_steps > 1 for view in views):
        every = _ONE_PASS_SECONDS
    if not any(map(is_painting, job_ids)):
        every = _MEASURING_SECONDS
    st.fragment(panel, run_every=every if active else None)()
