"""The visitor's other runs with curves, each titled by how it differs from the shown run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pages.parts.app import service, session, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.settings.descriptions import differences

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

MAX_OFFERED = 20
"""Number of runs that are offered, the newest first."""
_FRESH_SECONDS = 10.0
"""Lifetime of a list of titles: a change of another control must not read all runs again."""
_TITLES = SessionValue["tuple[float, dict[str, str]]"]("comparable_runs", "titles")
"""By shown run, the time of reading and the titles by id."""
_POINTS = SessionValue["Sequence[CurvePoint]"]("comparable_runs", "points")
"""By run, the points of a finished run."""


def titles(view: JobView) -> dict[str, str]:
    """Titles of the visitor's other runs with curves, by id."""
    read = _TITLES.get(view.id)
    if read is None or time.monotonic() - read[0] > _FRESH_SECONDS:
        read = time.monotonic(), _read_titles(view)
        _TITLES.put(read, view.id)
    return read[1]


def points(job: str) -> Sequence[CurvePoint]:
    """A run's points; those of a finished run are read once a visit, because a page requests them at every poll."""
    from nst_core.jobs.service import FINAL

    stored = _POINTS.get(job)
    if stored is not None:
        return stored
    view = session.view(job)
    if view is None:
        return ()
    if view.state in FINAL:
        _POINTS.put(view.points, job)
    return view.points


def _read_titles(view: JobView) -> dict[str, str]:
    runs = [
        run for run in service.get().runs(visitor.owner()) if run.total_steps > 1 and run.step and run.id != view.id
    ]
    return {run.id: f"{differences(run.recipe, view.recipe)} ({run.id[-4:]})" for run in runs[:MAX_OFFERED]}
