"""The book of runs: those under way in memory, all of them in the store, written behind by a thread of its own.

What is under way changes under the desk's lock; the store is read and written outside it.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from nst_core.errors import JobError
from nst_core.jobs import failure_messages
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.snapshots import nearest
from nst_core.jobs.store import RunDelta, Store
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs.inputs import RunInputs

WRITE_SECONDS = 0.4
"""The least time between two rounds of writing: what happens meanwhile is written together."""
MAX_RECENT = 8
"""Runs that are over and kept in memory whole, since their pages ask for them at every click ..."""
MAX_SUMMARIES = 200
"""... and those kept with one picture each, for the gallery; also the most that `runs` tells of."""
MAX_UNSAVED = 12
"""Runs that are over and could not be written, kept in memory until there is room."""
_STORE_ERRORS = (OSError, sqlite3.Error)


class RunRepository:
    """Runs by id.

    Attributes:
        live: those under way, and those that are over and not written yet.
        trouble: why the newest could not be written, in words; empty where all is well.
    """

    def __init__(self, store: Store, lock: threading.Condition) -> None:
        """Of what is in the store; `lock` is the desk's, and told of every change."""
        self.active: dict[str, ActiveRun] = {}
        self.last_error = ""
        self.store = store
        self._lock = lock
        self._changed: set[str] = set()
        self._recent: OrderedDict[str, JobView] = OrderedDict()
        self._summaries: OrderedDict[str, JobView] = OrderedDict()
        self._wake, self._closing = threading.Event(), False
        self._writer = threading.Thread(target=self._write_behind, name="nst-store", daemon=True)
        with lock:
            self._restore()
        self._writer.start()

    def _restore(self) -> None:
        """Take up the runs that an earlier server left under way."""
        for job in self.store.pending():
            try:
                run = self.active[job] = ActiveRun.from_view(self.store.view(job), self.store.content_size(job))
            except JobError:  # it says so when it is looked at
                continue
            run.interrupted = failure_messages.RESTARTED
            if not self.store.has_inputs(job):
                message = "the server ended before the pictures of this run were kept; start it again"
                self.update(job, state="failed", error=message, ended=time.time())
            elif run.view.state != "paused":
                self.update(job, state="queued")

    def close(self) -> None:
        """Write what is new and let go of the store."""
        self._closing = True
        self._wake.set()
        self._writer.join(10)
        self.store.close()

    # What follows, down to `forget`, runs under the lock.

    def add(self, run: ActiveRun) -> None:
        """Put a new run in. Its row is there when this returns, unless the disk is in trouble."""
        self.active[run.view.id] = run
        try:
            self.store.begin(run.view)
            run.is_new = False
        except _STORE_ERRORS as error:
            self._note_error(error)
        self.mark_dirty(run.view.id)

    def update(self, job: str, **changes: Any) -> None:
        """Change how a live run stands."""
        run = self.active[job]
        run.view = replace(run.view, **changes)
        self.mark_dirty(job)

    def mark_dirty(self, job: str) -> None:
        """A live run has changed: whoever waits is told, and it is written soon."""
        self._changed.add(job)
        self._lock.notify_all()
        self._wake.set()

    def evict(self, job: str) -> None:
        """Take a run out of memory."""
        self.active.pop(job, None)
        self._changed.discard(job)
        self._recent.pop(job, None)
        self._summaries.pop(job, None)

    # What follows runs outside it.

    def load(self, job: str) -> JobView:
        """A run that is not live, whole. Raises JobError if it is unknown or damaged."""
        with self._lock:
            if job in self._recent:
                self._recent.move_to_end(job)
                return self._recent[job]
        view = self.store.view(job)
        with self._lock:
            _remember(self._recent, view, MAX_RECENT)
        return view

    def summaries(self, visitor: str) -> list[JobView]:
        """Runs of a visitor, or those listed, the newest first, without points, content and result."""
        with self._lock:
            unsaved = [
                job for job, run in self.active.items() if run.is_new and visitor and run.view.visitor == visitor
            ]
        views = [self._summary(job) for job in [*reversed(unsaved), *self.store.runs(visitor, MAX_SUMMARIES)]]
        return [view for view in views if view is not None]

    def _summary(self, job: str) -> JobView | None:
        with self._lock:
            if job in self.active:
                return self.active[job].view
            if job in self._summaries:
                self._summaries.move_to_end(job)
                return self._summaries[job]
        try:
            view = self.store.summary(job)
        except JobError:  # a damaged run costs itself alone
            return None
        with self._lock:
            _remember(self._summaries, view, MAX_SUMMARIES)
        return view

    def picture(self, job: str, number: int) -> bytes:
        """The kept picture nearest to a step, as JPEG. Raises JobError."""
        with self._lock:
            run = self.active.get(job)
            kept = list(run.kept) if run else []
            if run and kept and (near := nearest(kept, number)) in run.pending:
                return run.pending[near]
        if run is None:
            kept = list(self.load(job).snapshot_steps)
        found = self.store.picture(job, nearest(kept, number)) if kept else None
        if found is None:
            raise JobError("this run has kept no picture yet; wait for its first step")
        return found

    def inputs(self, job: str) -> RunInputs:
        """What a run is made of. Raises JobError if it is unknown or that is damaged."""
        with self._lock:
            run = self.active.get(job)
            if run and run.inputs is not None:
                return run.inputs
        return self.store.inputs(job)

    def publish(self, job: str, *, listed: bool) -> None:
        """List a run or not. Raises JobError if it is unknown."""
        with self._lock:
            if job in self.active:
                self.update(job, listed=listed)
                return
        self.store.publish(job, listed=listed)
        with self._lock:
            self.evict(job)

    def delete(self, job: str) -> None:
        """Remove a run for good."""
        with self._lock:
            self.evict(job)
        self.store.delete(job)
        with self._lock:
            self.evict(job)  # whoever looked meanwhile

    def _write_behind(self) -> None:
        while not self._closing or self._changed:
            self._wake.wait()
            self._wake.clear()
            failed = self._write_all()
            if failed and self._closing:
                return
            if not self._closing:
                time.sleep(WRITE_SECONDS)

    def _write_all(self) -> bool:
        """Write all that changed; whether some of it could not be."""
        with self._lock:
            changes = [self.active[job].pending_changes() for job in self._changed if job in self.active]
            self._changed.clear()
        failed = False
        for change in changes:
            try:
                self._write(change)
            except Exception as error:  # noqa: BLE001 - a run that cannot be written must not cost the others
                failed = True
                with self._lock:
                    self._note_error(error)
                    self._changed.add(change.view.id)  # with the next change of any run
                    self._drop_unsaved()
            else:
                with self._lock:
                    self._mark_saved(change)
        if changes and not failed:  # one that can be written says nothing of another that cannot
            with self._lock:
                self.last_error = ""
        return failed

    def _write(self, change: RunDelta) -> None:
        """Write a change; where that fails, once more after making room."""
        try:
            self.store.write(change)
        except OSError:
            if self._is_gone(change):
                return
            if not self.store.make_room(at_least=3):
                raise
            self.store.write(change)
        if change.view.state in FINAL:
            for job in self.store.make_room(spared=[change.view.id]):
                with self._lock:
                    self._recent.pop(job, None)
                    self._summaries.pop(job, None)

    def _is_gone(self, change: RunDelta) -> bool:
        """Whether a run was deleted while it was written, which broke the writing off; what it left is cleared."""
        with self._lock:
            is_gone = change.view.id not in self.active
        if is_gone:
            self.store.delete(change.view.id)
        return is_gone

    def _mark_saved(self, change: RunDelta) -> None:
        job = change.view.id
        run = self.active.get(job)
        if run is None:
            return
        run.mark_saved(change)
        if run.view.state in FINAL and job not in self._changed:
            _remember(self._recent, run.current_view(), MAX_RECENT)
            del self.active[job]

    def _note_error(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if not self.last_error:
            print(f"runs cannot be kept: {reason}", file=sys.stderr)
        self.last_error = reason

    def _drop_unsaved(self) -> None:
        over = [job for job, run in self.active.items() if run.view.state in FINAL]
        for job in over[: max(0, len(over) - MAX_UNSAVED)]:
            self.evict(job)


def _remember(views: OrderedDict[str, JobView], view: JobView, most: int) -> None:
    views[view.id] = view
    while len(views) > most:
        views.popitem(last=False)
