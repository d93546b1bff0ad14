"""Who is told what happens to runs: metrics and traces of the server, and benchmarks. By default nobody is."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nst_core.jobs.messages import RunEvent
from nst_core.jobs.views import JobView

_LOGGER = logging.getLogger(__name__)


class RunObserver:
    """Does nothing; an observer overrides the methods that it needs.

    They are called under the job service's lock, except `on_refusal`, which any thread may call: they must return at
    once, and must not call the service.
    """

    def on_state(self, view: JobView) -> None:
        """A run was submitted, or has changed its state."""

    def on_event(self, view: JobView, event: RunEvent) -> None:
        """A run's worker has reported something. Called before `view` changes, and before `on_state`."""

    def on_gone(self, job: str) -> None:
        """A run was removed from memory: it is over and stored, or was deleted."""

    def on_worker_lost(self, job: str) -> None:
        """A worker died or hung. `job`: the run that it had, or ""."""

    def on_refusal(self, code: str) -> None:
        """A run was refused. `code`: that of the error's class."""


class Observers:
    """Passes each call on to all observers. An observer's bug is logged, and costs no run."""

    def __init__(self) -> None:
        self._observers: tuple[RunObserver, ...] = ()

    def add(self, observer: RunObserver) -> None:
        """Tell an observer from now on."""
        self._observers = (*self._observers, observer)

    def state(self, view: JobView) -> None:
        """See `RunObserver.on_state`."""
        self._tell(lambda observer: observer.on_state(view))

    def event(self, view: JobView, event: RunEvent) -> None:
        """See `RunObserver.on_event`."""
        self._tell(lambda observer: observer.on_event(view, event))

    def gone(self, job: str) -> None:
        """See `RunObserver.on_gone`."""
        self._tell(lambda observer: observer.on_gone(job))

    def worker_lost(self, job: str) -> None:
        """See `RunObserver.on_worker_lost`."""
        self._tell(lambda observer: observer.on_worker_lost(job))

    def refusal(self, code: str) -> None:
        """See `RunObserver.on_refusal`."""
        self._tell(lambda observer: observer.on_refusal(code))

    def _tell(self, call: Callable[[RunObserver], None]) -> None:
        for observer in self._observers:
            try:
                call(observer)
            except Exception:  # a fault in what only watches must not end a run
                _LOGGER.exception("An observer of runs failed")
