"""Polling: parts of a page that are drawn again at intervals while a run is active."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.app import session

ACTIVE_STATES = ("queued", "running", "paused")
CURVES_SECONDS = 0.45
"""Interval of curves."""
PICTURES_SECONDS = 0.9
"""Interval of the picture and progress of a run of many steps: they have many elements, and drawing them slows the run
down."""
_ONE_PASS_SECONDS = 0.3
_MEASURING_SECONDS = 2.0
"""Interval while a result is measured: nothing else changes."""


def is_active(job_id: str | None) -> bool:
    """Whether a run may still change."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE_STATES


def is_painting(job_id: str | None) -> bool:
    """Whether a run is active without a result; once it has one, it may still be measured."""
    view = session.view(job_id) if job_id else None
    return view is not None and view.state in ACTIVE_STATES and not view.result


def is_active_for_visitor(job_id: str | None) -> bool:
    """Whether a run of this visitor may still change.

    Another visitor's run does not keep this visitor from starting one.
    """
    view = session.view(job_id) if job_id and is_active(job_id) else None
    return view is not None and session.owns(view)


def is_painting_for_visitor(job_id: str | None) -> bool:
    """Whether a run of this visitor is active without a result."""
    return is_painting(job_id) and is_active_for_visitor(job_id)


def poll(job_ids: tuple[str, ...], show: Callable[[], None], every: float = PICTURES_SECONDS) -> None:
    """Call `show` now, and again at intervals while one of the runs is active.

    Args:
        job_ids: the runs that are shown.
        show: draws them.
        every: seconds between two calls while a run of many steps is being painted.
    """

    def states() -> list[tuple[bool, bool]]:
        return [(is_active(job_id), is_painting(job_id)) for job_id in job_ids]

    def panel() -> None:
        rerun_on_change()  # before `show`, because a download button shown now would be outdated after the rerun
        show()
        rerun_on_change()

    def rerun_on_change() -> None:
        if states() != before:
            st.rerun()  # the rest of the page depends on the states, and polling must stop at the end

    before = states()
    active = any(map(is_active, job_ids))
    views = [view for view in map(session.view, job_ids) if view]
    if not any(view.total_steps > 1 for view in views):
        every = _ONE_PASS_SECONDS
    if not any(map(is_painting, job_ids)):
        every = _MEASURING_SECONDS
    st.fragment(panel, run_every=every if active else None)()
