"""What a job service does regularly: it watches workers, ends idle runs, empties the trash and returns memory."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from nst_core.errors import StorageError
from nst_core.jobs.scheduler import Scheduler
from nst_core.jobs.store import Store
from nst_core.settings import Settings
from nst_core.system import allocator, mapped_files

_LOGGER = logging.getLogger(__name__)
ROUND_SECONDS = 2.0
"""Interval at which the workers are watched, idle runs are ended and long pauses preempted."""
TRIM_SECONDS = 22.0
"""Interval at which memory freed by visitors' pictures is returned to the system. Pages stand still meanwhile: up to
0.4 s with a hundred visitors."""


class Housekeeping:
    """One round after another, in a thread of its own, until `closing` is set."""

    def __init__(  # noqa: PLR0913 - what there is to be kept
        self,
        scheduler: Scheduler,
        store: Store,
        remove: Callable[[str], None],
        settings: Settings,
        closing: threading.Event,
        lock: threading.Condition,
    ) -> None:
        """Begin; `remove` deletes a run for good, or raises StorageError."""
        self._scheduler, self._store, self._remove = scheduler, store, remove
        self._unseen_minutes, self._silence_seconds = settings.unseen_minutes, settings.worker_silence_seconds
        self._closing, self._lock = closing, lock
        self._trimmed = time.monotonic()
        threading.Thread(target=self._work, name="nst-jobs", daemon=True).start()

    def _work(self) -> None:
        while not self._closing.wait(ROUND_SECONDS):
            try:
                self._round()
            except StorageError as error:  # a shared store that does not answer; `JobService.status` says so
                _LOGGER.debug("Runs cannot be removed now: %s", error)
            except Exception:
                _LOGGER.exception("A round of housekeeping failed; the next one may succeed")

    def _round(self) -> None:
        with self._lock:
            self._scheduler.watch_workers(self._silence_seconds)
            self._scheduler.reap_idle(self._unseen_minutes)
        self._store.stops.end_old()
        for job in self._store.hidden_too_long():
            self._remove(job)
        if time.monotonic() - self._trimmed > TRIM_SECONDS:
            self._trimmed = time.monotonic()
            allocator.release_freed()
            mapped_files.release_pages()
