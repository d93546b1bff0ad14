"""Polling: parts of a page that are drawn again at intervals while a run is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

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
QUEUED_SECONDS = 3.0
"""Interval while other runs are before this one: only its place and the time left change, and many may wait."""


class Stage(NamedTuple):
    """How far a run is, as far as it decides what a page shows and how often.

    Attributes:
        is_active: it may still change.
        is_painting: it is active without a result; once it has one, it may still be measured.
        is_behind_others: it waits behind another waiting run; the next in turn may begin at any moment.
    """

    is_active: bool
    is_painting: bool
    is_behind_others: bool


def stage(job_id: str | None) -> Stage:
    """The stage of a run; of an unknown run, that of one that is over."""
    view = session.view(job_id) if job_id else None
    if view is None or view.state not in ACTIVE_STATES:
        return Stage(is_active=False, is_painting=False, is_behind_others=False)
    return Stage(True, not view.result, view.state == "queued" and view.position > 1)


def is_active(job_id: str | None) -> bool:
    """Whether a run may still change."""
    return stage(job_id).is_active


def is_painting(job_id: str | None) -> bool:
    """Whether a run is active without a result; once it has one, it may still be measured."""
    return stage(job_id).is_painting


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

    def stages() -> list[Stage]:
        return list(map(stage, job_ids))

    def panel() -> None:
        rerun_on_change()  # before `show`, because a download button shown now would be outdated after the rerun
        show()
        rerun_on_change()

    def rerun_on_change() -> None:
        if stages() != before:
            st.rerun()  # the rest of the page depends on the stages, and polling must stop at the end

    before = stages()
    views = [view for view in map(session.view, job_ids) if view]
    if not any(view.total_steps > 1 for view in views):
        every = _ONE_PASS_SECONDS
    painting = [each for each in before if each.is_painting]
    if not painting:
        every = _MEASURING_SECONDS
    elif all(each.is_behind_others for each in painting):
        every = QUEUED_SECONDS
    st.fragment(panel, run_every=every if any(each.is_active for each in before) else None)()
