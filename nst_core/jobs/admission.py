"""Lets runs into the queue: this server's own, or the one of all servers that share the store."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from nst_core.errors import NSTError, StorageError, WorkerError
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.scheduler import Scheduler

if TYPE_CHECKING:
    from nst_core.jobs.shared.sharing import RunSharing

LEFT_WITHIN_SECONDS = 5.0
"""The longest wait until the server that stopped a run has given up its place in the queue of all servers."""
LOOK_SECONDS = 0.1


class Admission:
    """New runs, and stopped ones that go on, enter the queue here, or are refused."""

    def __init__(
        self,
        repository: RunRepository,
        scheduler: Scheduler,
        sharing: RunSharing | None,
        closing: threading.Event,
        lock: threading.Condition,
    ) -> None:
        """`sharing`: None if this server is alone; `closing` is set when the server is about to end."""
        self._repository, self._scheduler, self._sharing = repository, scheduler, sharing
        self._closing, self._lock = closing, lock

    def check_worker(self) -> None:
        """Refuse what needs a worker, if there will be none. Called under the lock. Raises WorkerError."""
        if self._closing.is_set():
            raise WorkerError("a run needs a server that stays, and this one is being restarted; try again in a minute")
        if self._scheduler.pool.has_failed:
            raise WorkerError(self._scheduler.pool.status.message)

    def check_room(self, owner: str, address: str = "") -> None:
        """Refuse a run of this visitor if `JobService.submit` would refuse it for lack of room.

        Called before its pictures are opened.

        Raises QueueFullError, WorkerError.
        """
        try:
            with self._lock:
                self.check_worker()
                if self._sharing is None:
                    self._scheduler.waiting.check_room(owner, address)
            if self._sharing is not None:
                self._sharing.check_room(owner, address)
        except NSTError as error:
            self._repository.observers.refusal(error.code)
            raise

    def admit(self, run: ActiveRun, address: str) -> None:
        """Put a new run in the queue and store it. Raises as `JobService.submit`, and then leaves nothing of it."""
        job, is_added, sharing = run.view.id, False, self._sharing
        try:
            with self._lock:
                self.check_worker()
            if sharing is not None and not sharing.admit(run, address):
                return  # another server was sooner with a run that must not be submitted twice
            with self._lock:
                if sharing is None:
                    self._scheduler.waiting.admit(job, run.view.owner, address)
                self._repository.add(run)
                is_added = True
                if sharing is not None:
                    sharing.admitted(job)
            self._repository.begin(run)  # not under the lock: a disk may be slow
        except NSTError as error:
            self._repository.observers.refusal(error.code)
            if is_added:
                with self._lock:
                    self._repository.evict(job)
                    self._scheduler.discard(job)
                if sharing is not None:
                    sharing.refused(job)
            self._repository.store.disown(job)
            raise
        if sharing is not None:
            sharing.begin(job, run.view.owner)
            return
        with self._lock:
            self._scheduler.pool.ensure_started()
            self._scheduler.dispatch()

    def readmit(self, run: ActiveRun) -> None:
        """Put a run that `RunRepository.reopen` gave in the queue, unless another click was sooner.

        Raises QueueFullError, WorkerError, StorageError.
        """
        job = run.view.id
        with self._lock:
            self.check_worker()
            if job in self._repository.active:
                return
        if self._sharing is not None and not self._has_place_again(run, self._sharing):
            return
        with self._lock:
            if self._sharing is None:
                self._scheduler.waiting.admit(job, run.view.owner)
            self._repository.add_reopened(run)
            if self._sharing is not None:
                self._sharing.admitted(job)  # it is given to all when it is stored
            else:
                self._scheduler.pool.ensure_started()
                self._scheduler.dispatch()

    def _has_place_again(self, run: ActiveRun, sharing: RunSharing) -> bool:
        """Give a stopped run a place in the queue of all servers; False if another click was sooner.

        A run that another server stopped just now keeps its old place there for a moment.
        """
        until = time.monotonic() + LEFT_WITHIN_SECONDS
        while not sharing.admit(run, ""):
            row = self._repository.store.row(run.view.id)
            if row is None or row.state != "stopped":
                return False
            if time.monotonic() > until:
                raise StorageError("the server that stopped this run does not answer; try again in some seconds")
            time.sleep(LOOK_SECONDS)
        return True
