"""The visitor's other runs that have curves, each named by how it differs from one of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import service, session, visitor
from pages.parts.settings.differences import differences

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

MOST = 20
"""Runs that are offered, the newest first."""
_FRESH_SECONDS = 10.0
"""How long a list serves: not each move of a control beside it reads all runs again."""


def known(view: JobView) -> dict[str, str]:
    """Id -> title of the visitor's other runs with curves."""
    slot = f"others_{view.id}"
    found: tuple[float, dict[str, str]] | None = st.session_state.get(slot)
    if found is None or time.monotonic() - found[0] > _FRESH_SECONDS:
        found = time.monotonic(), _titles(view)
        st.session_state[slot] = found
    return found[1]


def points(job: str) -> Sequence[CurvePoint]:
    """A run's curve; of one that is over it is read once a visit, for a page that polls asks again and again."""
    from nst_core.jobs.service import FINAL

    slot = f"points_{job}"
    if slot not in st.session_state:
        view = session.view(job)
        if view is None or view.state not in FINAL:
            return view.points if view else ()
        st.session_state[slot] = view.points
    found: Sequence[CurvePoint] = st.session_state[slot]
    return found


def _titles(view: JobView) -> dict[str, str]:
    runs = [run for run in service.get().runs(visitor.name()) if run.total_steps > 1 and run.step and run.id != view.id]
    return {run.id: f"{differences(run.recipe, view.recipe)} ({run.id[-4:]})" for run in runs[:MOST]}
