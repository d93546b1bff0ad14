"""Stored runs as pages read them: each is read from the store once, and again when it has changed."""

from __future__ import annotations

import time
from dataclasses import replace

from nst_core.errors import JobError
from nst_core.jobs.store import Store
from nst_core.jobs.views import FINAL, JobView
from nst_core.system.bounded_cache import BoundedCache

MAX_RECENT = 8
"""Finished runs that are cached with all their values, since their pages ask for them at every click."""
MAX_SUMMARIES = 200
"""Finished runs that are cached with one picture each, for the gallery."""
CURRENT_SECONDS = 0.4
"""How long a run that another server paints is taken to be as it was read."""


class RunCache:
    """The runs of a store that were read lately. Any thread may call; `view` and `summary` read from a disk."""

    def __init__(self, store: Store) -> None:
        """Cache the runs of `store`."""
        self._store = store
        self._recent: BoundedCache[str, JobView] = BoundedCache(MAX_RECENT)
        self._summaries: BoundedCache[str, JobView] = BoundedCache(MAX_SUMMARIES)
        self._elsewhere: BoundedCache[str, tuple[float, JobView]] = BoundedCache(MAX_RECENT)

    def put(self, view: JobView) -> None:
        """Cache a finished run with all its values."""
        self._recent.put(view.id, view)

    def forget(self, job: str) -> None:
        """Read a run anew the next time."""
        self._recent.pop(job)
        self._summaries.pop(job)
        self._elsewhere.pop(job)

    def view(self, job: str) -> JobView:
        """A run with all its values. Raises JobError if it cannot be opened."""
        view = self._recent.get(job)
        if view is None or not self._is_current(view):
            if self._store.claims is not None:
                return self._view_of_shared(job)
            view = self._store.view(job)
            if view.state not in FINAL:  # the run could not be read when the server started
                return replace(
                    view,
                    state="failed",
                    error="this run was interrupted; it continues when the server starts the next time",
                )
            self._recent.put(job, view)
        return view

    def _view_of_shared(self, job: str) -> JobView:
        """A run that other servers may change, as it was a moment ago."""
        known = self._elsewhere.get(job)
        if known is not None and time.monotonic() - known[0] < CURRENT_SECONDS:
            return known[1]
        view = self._store.view(job)
        if view.state in FINAL:
            self._recent.put(job, view)
        else:
            self._elsewhere.put(job, (time.monotonic(), view))
        return view

    def summary(self, job: str) -> JobView | None:
        """A run with its newest snapshot, without points, content and result; None if it cannot be opened."""
        try:
            view = self._summaries.get(job)
            if view is None or not self._is_current(view):
                view = self._store.summary(job)
                self._summaries.put(job, view)
        except JobError:  # a damaged run must not hide the others
            return None
        return view

    def _is_current(self, view: JobView) -> bool:
        """Whether a run that was read before is still like that. Raises StorageError if a shared store cannot say."""
        if self._store.claims is None:
            return True
        row, ended = self._store.row(view.id), view.ended or view.created
        now = row and (row.state, row.listed, row.hidden_at, row.ended)
        return view.state in FINAL and now == (view.state, view.listed, view.hidden_at, ended)
