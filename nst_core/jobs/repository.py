"""All runs: the active ones in memory, and all of them in the store. A thread writes changes to the store.

Active runs change under the job service's lock; the store is read and written outside the lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nst_core.errors import JobError, LostRunError, StorageError
from nst_core.film.reading import Film
from nst_core.jobs import failure_messages, storage_errors
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.eviction import Evictor
from nst_core.jobs.film_files import FilmResult
from nst_core.jobs.observers import Observers
from nst_core.jobs.run_cache import RunCache
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.snapshots import nearest
from nst_core.jobs.storage_health import StorageHealth
from nst_core.jobs.store import Store
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs.inputs import RunInputs
from nst_core.system.bounded_cache import BoundedCache

WRITE_SECONDS = 0.4
"""The least time between two writes to the store; changes in between are written together."""
MAX_LISTED = 200
"""The most runs that `summaries` returns, and the most reasons for which runs were removed from memory."""
MAX_UNSAVED = 12
"""Finished runs that could not be written, and stay in memory until there is room on the disk."""
_LOGGER = logging.getLogger(__name__)


class RunRepository:
    """Runs by id.

    Attributes:
        active: the runs that are not over, and those that are over but not written yet.
        health: whether runs can be stored now.
        observers: who is told of changes of active runs.
        store: where runs are written.
    """

    def __init__(self, store: Store, lock: threading.Condition) -> None:
        """Take over the store's runs; `lock` is the job service's, and is notified of every change."""
        self.active: dict[str, ActiveRun] = {}
        self.observers = Observers()
        self.store = store
        self.health = StorageHealth(store.probe, "" if store.why_in_memory else store.fault)
        self._lock = lock
        self._evictor = Evictor(store, self.health)
        self._changed: set[str] = set()
        self._beginning: set[str] = set()  # runs whose first record is being written
        self._writing: set[str] = set()
        self._lost: BoundedCache[str, str] = BoundedCache(MAX_LISTED)  # why a run was removed from memory
        self._cache = RunCache(store)
        self._wake, self._closing = threading.Event(), False
        self._writer = threading.Thread(target=self._write_changes, name="nst-store", daemon=True)
        with lock:
            self._restore()
        self._writer.start()

    def _restore(self) -> None:
        """Take over the runs that an earlier server left unfinished; from a shared store, each run is claimed later."""
        if self.store.claims is not None:
            return
        for job in self.store.pending():
            try:
                run = self.active[job] = ActiveRun.from_view(self.store.view(job), self.store.content_size(job))
            except JobError:  # its page will show the error
                continue
            run.interrupted = failure_messages.RESTARTED
            if not self.store.has_inputs(job):
                self.update(job, state="failed", error=failure_messages.NO_PICTURES, ended=time.time())
            elif run.view.state != "paused":
                self.update(job, state="queued")

    def close(self, seconds: float = 10.0, when_written: Callable[[], None] = lambda: None) -> None:
        """Write all changes, for at most `seconds`, call `when_written`, and close the store."""
        self._closing = True
        self._wake.set()
        self._writer.join(seconds)
        when_written()
        self.store.close()

    # The methods down to `evict` are called under the lock.

    def add(self, run: ActiveRun) -> None:
        """Add a new run, which `begin` has to store."""
        self.active[run.view.id] = run
        method, edge_px = run.view.recipe.method, run.view.recipe.longest_edge_px
        _LOGGER.info("Run %s is queued: %s, %d px", run.view.id, method, edge_px, extra={"run": run.view.id})
        self.observers.state(run.view)
        self._beginning.add(run.view.id)
        self.mark_dirty(run.view.id)

    def update(self, job: str, **changes: Any) -> None:
        """Change fields of an active run's view."""
        run = self.active[job]
        before, run.view = run.view.state, replace(run.view, **changes)
        if run.view.state != before:
            why = f": {run.view.error}" if run.view.state == "failed" else ""
            _LOGGER.info("Run %s is %s%s", job, run.view.state, why, extra={"run": job, "state": run.view.state})
            self.observers.state(run.view)
        self.mark_dirty(job)

    def mark_dirty(self, job: str) -> None:
        """Note that an active run has changed: wake waiting threads, and write it soon."""
        self._changed.add(job)
        self._lock.notify_all()
        self._wake.set()

    def is_stored(self, job: str) -> bool:
        """Whether all changes of a run are stored."""
        return job not in self._changed | self._beginning | self._writing

    def evict(self, job: str) -> None:
        """Remove a run from memory."""
        self.active.pop(job, None)
        self.observers.gone(job)
        self.health.forget(job)
        self._changed.discard(job)
        self._cache.forget(job)

    # The methods from here on are called outside the lock.

    def check_health(self, run: ActiveRun) -> None:
        """Refuse a new run while none can be stored. Raises StorageError."""
        self._forget(self._evictor.probe(run.pending_changes()))
        if self.health.problem:
            self._wake.set()
        if self.health.fault:
            raise StorageError(_refusal(self.health.fault))

    def adopt(self, job: str, film: Film) -> Film:
        """Copy the film of a new run into the store.

        Raises StorageError; until `begin`, the caller must `disown` it if the run is refused.
        """
        try:
            return self.store.adopt(job, film)
        except OSError as error:
            self.health.note_fault(error)
            raise StorageError(_refusal(storage_errors.in_words(error))) from None

    def begin(self, run: ActiveRun) -> None:
        """Store the record of a new run before its id is shown.

        Raises StorageError; the caller must then remove the run.
        """
        job = run.view.id
        with self._lock:
            change = run.pending_changes()
        try:
            self._forget(self._evictor.attempt(lambda: self.store.begin(change.view), change))
        except OSError as error:
            self.health.note_fault(error)
            raise StorageError(_refusal(storage_errors.in_words(error))) from None
        finally:
            with self._lock:
                run.is_new = False
                self._beginning.discard(job)
                if job in self.active:
                    self.mark_dirty(job)

    def load(self, job: str) -> JobView:
        """A run that is not active, with all its values. Raises JobError if it cannot be opened."""
        if reason := self._lost.get(job):
            raise LostRunError(reason)
        return self._cache.view(job)

    def load_claimed(self, job: str) -> ActiveRun:
        """A run that this server has claimed, as an active one. Raises JobError if it cannot be opened."""
        run = ActiveRun.from_view(self.store.view(job), self.store.content_size(job))
        if run.view.state not in FINAL and not self.store.has_inputs(job):
            run.view = replace(run.view, state="failed", error=failure_messages.NO_PICTURES, ended=time.time())
        return run

    def leave(self, job: str) -> None:
        """Forget a run that another server has now, or may have."""
        with self._lock:
            self.evict(job)
        self.store.leave(job)

    def summaries(self, owner: str) -> list[JobView]:
        """An owner's runs, or the listed ones if `owner` is empty, newest first; no points, content and results."""
        with self._lock:
            unsaved = [job for job, run in self.active.items() if run.is_new and owner and run.view.owner == owner]
        views = [self.summary(job) for job in [*reversed(unsaved), *self.store.runs(owner, MAX_LISTED)]]
        return [view for view in views if view is not None and not view.hidden_at]

    def hidden(self, owner: str) -> list[JobView]:
        """An owner's hidden runs as `summaries` gives them, the last hidden first."""
        views = [self.summary(job) for job in self.store.hidden(owner)]
        return [view for view in views if view is not None and view.hidden_at]

    def hidden_since(self, job: str) -> float:
        """When a run was hidden, in seconds since 1970; 0 if it is not, or is unknown."""
        with self._lock:
            if job in self.active:
                return self.active[job].view.hidden_at
        return self.store.hidden_since(job)

    def hide(self, job: str, at: float) -> None:
        """Hide a run from `at` on, or show it again if that is 0. Raises JobError as `Store.hide`."""
        with self._lock:
            if job in self.active:
                self.update(job, hidden_at=at)
                return
        self.store.hide(job, at)
        with self._lock:
            self.evict(job)

    def reopen(self, job: str) -> ActiveRun:
        """A stopped run as an active one, without the result of its stop; `add_reopened` makes it known."""
        view = self.load(job)
        view = replace(view, state="queued", result=None, report=None, error=None, ended=0.0)
        return ActiveRun.from_view(view, self.store.content_size(job))

    def add_reopened(self, run: ActiveRun) -> None:
        """Add a run that `reopen` gave, which is stored soon. Called under the lock."""
        job = run.view.id
        self._cache.forget(job)
        self.store.stops.forget(job)
        self.active[job] = run
        self.observers.state(run.view)
        self.mark_dirty(job)

    def summary(self, job: str) -> JobView | None:
        """A run with its newest snapshot, without points, content and result; None if it cannot be opened."""
        with self._lock:
            if job in self.active:
                return self.active[job].view
        return self._cache.summary(job)

    def snapshot(self, job: str, step: int) -> bytes:
        """The snapshot nearest to a step, as JPEG. Raises JobError if the run is unknown or has none."""
        with self._lock:
            run = self.active.get(job)
            steps = list(run.snapshot_steps) if run else []
            if run and steps and (closest := nearest(steps, step)) in run.pending:
                return run.pending[closest]
        if run is None:
            steps = list(self.load(job).snapshot_steps)
        jpeg = self.store.snapshot(job, nearest(steps, step)) if steps else None
        if jpeg is None:
            raise JobError("this run has stored no picture yet; wait for its first step")
        return jpeg

    def inputs(self, job: str) -> RunInputs:
        """A run's pictures and masks. Raises JobError if the run is unknown, or they are absent or damaged."""
        with self._lock:
            run = self.active.get(job)
            if run and run.inputs is not None:
                return run.inputs
        return self.store.inputs(job)

    def film_result(self, job: str) -> FilmResult:
        """The finished film of a run. Raises JobError if the run is unknown, or has none."""
        with self._lock:
            run = self.active.get(job)
            view = run.view if run else None
        view = view or self.load(job)
        if view.recipe.medium != "film":
            raise JobError("only the run of a film has a film, and this one is of a picture")
        if view.result is None:
            raise JobError("this run has no film yet; it is written when the run ends or is stopped")
        result = self.store.film_result(job, view.recipe.film.film_format)
        if result is None:
            raise JobError("the film of this run is missing on the server's disk; start the run again")
        return result

    def publish(self, job: str, *, listed: bool) -> None:
        """List a run in the gallery, or remove it from there. Raises JobError if it is unknown."""
        with self._lock:
            if job in self.active:
                self.update(job, listed=listed)
                return
        self.store.publish(job, listed=listed)
        with self._lock:
            self.evict(job)

    def delete(self, job: str) -> None:
        """Delete a run. Raises StorageError if its files cannot be removed now."""
        with self._lock:
            self.evict(job)
        self.store.delete(job)
        with self._lock:
            self.evict(job)  # a page may have loaded it meanwhile

    def _write_changes(self) -> None:
        self.store.remove_temporary_files()
        while not self._closing or self._changed:
            with self._lock:
                seconds = self.health.seconds_to_retry(self._changed)
            self._wake.wait(seconds)
            self._wake.clear()
            try:
                self.health.recovers()
                failed = self._write_due()
            except Exception:
                _LOGGER.exception("A round of writing runs failed; the next one may succeed")
                failed = True
                self._wake.set()
            if failed and self._closing:
                return
            if not self._closing:
                time.sleep(WRITE_SECONDS)

    def _write_due(self) -> bool:
        """Write all changes, except those of runs whose write failed just now; returns whether any write failed."""
        with self._lock:
            due = {job for job in self._changed - self._beginning if self._closing or self.health.is_due(job)}
            changes = [self.active[job].pending_changes() for job in due if job in self.active]
            self._changed -= due
            self._writing = {change.view.id for change in changes}
        failed = False
        for change in changes:
            try:
                self._write(change)
            except Exception as error:  # noqa: BLE001 - a run that cannot be written must not stop the others
                failed = True
                with self._lock:
                    self._changed.add(change.view.id)
                    self.health.note_failure(change.view.id, error)
                    self._drop_unsaved()
            else:
                with self._lock:
                    self.health.note_success(change.view.id)
                    self._mark_saved(change)
            finally:
                self._writing.discard(change.view.id)
        return failed

    def _write(self, change: RunDelta) -> None:
        """Write a change, making room for it if the disk is full. Raises OSError."""
        try:
            self._forget(self._evictor.attempt(lambda: self.store.write(change), change))
        except OSError:
            if self._is_gone(change):
                return
            raise
        if change.view.state in FINAL:
            self._forget(self.store.make_room(spared=[change.view.id]))

    def _forget(self, removed: list[str]) -> None:
        with self._lock:
            for job in removed:
                self._cache.forget(job)

    def _is_gone(self, change: RunDelta) -> bool:
        """Whether a write failed because the run was deleted meanwhile; if so, removes its remains."""
        with self._lock:
            is_gone = change.view.id not in self.active
        if is_gone and not self._lost.get(change.view.id) and self.store.claims is None:
            self.store.delete(change.view.id)
        return is_gone

    def _mark_saved(self, change: RunDelta) -> None:
        job = change.view.id
        run = self.active.get(job)
        if run is None:
            return
        run.mark_saved(change)
        if run.view.state in FINAL and job not in self._changed:
            self._cache.put(run.current_view())
            del self.active[job]
            self.observers.gone(job)

    def _drop_unsaved(self) -> None:
        finished = [job for job, run in self.active.items() if run.view.state in FINAL]
        for job in finished[: max(0, len(finished) - MAX_UNSAVED)]:
            self._lost.put(job, f"this run could not be stored, because {self.health.problem}; start it again")
            self.evict(job)


def _refusal(fault: str) -> str:
    return (
        f"a new run must be stored before it starts, but {fault}; finished runs can still be opened, so try again in a "
        "few minutes"
    )
