"""Keeps a worker process alive: started, replaced when it dies or is worn, given up when it cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from nst_core.jobs.process import OnEvent, OnExit, WorkerProcess
from nst_core.jobs.views import WorkerStatus

STARTS = 3
"""Worker processes that may die one after another, before they are ready, until they are given up."""
RECYCLE_MB = 2500.0
"""A worker that still holds this much after a job is replaced: each new picture shape or set of layers leaves some."""


class WorkerHandle(Protocol):
    """A worker as it is spoken to; `Process` is one."""

    @property
    def pid(self) -> int:
        """The process id."""

    def send(self, command: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
        """Send a command, in order, without waiting."""

    def end(self) -> None:
        """End it now."""


SpawnWorker = Callable[[OnEvent, OnExit], WorkerHandle]


class WorkerSupervisor:
    """The worker, or the next one. Used under the desk's lock; what it calls back is called under it too.

    Attributes:
        status: how the worker is, without whether it is busy.
    """

    def __init__(
        self, lock: threading.Condition, hear: OnEvent, lost: OnExit, given_up: OnExit, hire: SpawnWorker | None = None
    ) -> None:
        """`hear` gets each event, `lost` why a worker died, `given_up` why there will be no other."""
        self.status = WorkerStatus()
        self._lock, self._hear, self._lost, self._given_up = lock, hear, lost, given_up
        self._spawn: SpawnWorker = hire or WorkerProcess
        self._worker: WorkerHandle | None = None
        self._deaths = 0

    @property
    def is_ready(self) -> bool:
        """Whether there is a worker that takes commands."""
        return self.status.state == "ready" and self._worker is not None

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        return self._worker.pid if self._worker else None

    def send(self, command: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
        """Send a command to the worker that is there."""
        if self._worker is not None:
            self._worker.send(command, blobs)

    def ensure_started(self) -> None:
        """Start a worker if there is none."""
        if self._worker is None and self.status.state != "failed":
            self._start()

    def retry(self) -> None:
        """Start anew after giving up."""
        if self.status.state != "failed":
            return
        worker, self._deaths = self._worker, 0
        self._start()
        if worker is not None:
            worker.end()

    def recycle(self) -> bool:
        """Replace a worker that is worn; whether it was."""
        worn = self._worker
        if worn is None or self.status.memory_mb <= RECYCLE_MB:
            return False
        self._start()
        worn.end()
        return True

    def detach(self) -> WorkerHandle | None:
        """Have no worker any more; the one there was is returned, to be ended outside the lock."""
        worker, self._worker = self._worker, None
        self.status = WorkerStatus()
        return worker

    def _start(self) -> None:
        self.status = WorkerStatus("starting")
        worker: WorkerHandle

        def hear(event: dict[str, Any], blobs: list[bytes]) -> None:
            with self._lock:
                if self._worker is worker:
                    self._heard(event, blobs)

        def gone(reason: str) -> None:
            with self._lock:
                if self._worker is worker:
                    self._died(reason)

        with self._lock:  # so that the first event waits until `worker` has a value
            try:
                worker = self._spawn(hear, gone)
            except OSError as error:  # no memory left for another process, mostly
                self._worker = None
                self._give_up(f"the process that holds the networks could not be started: {error.strerror or error}")
            else:
                self._worker = worker

    def _heard(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        memory = event["memory_mb"]
        self.status = replace(self.status, memory_mb=memory)
        if event["event"] == "ready":
            self._deaths = 0
            self.status = WorkerStatus("ready", event["device"], event["precision"], event["sources"], memory_mb=memory)
        if event["event"] == "unready":
            self._give_up(event["message"])
        else:
            self._hear(event, blobs)

    def _died(self, reason: str) -> None:
        self._worker = None
        self._deaths += 1
        self.status = WorkerStatus()
        self._lost(reason)
        if self._deaths < STARTS:
            self._start()
        else:
            self._give_up(f"the process that holds the networks could not be kept alive: {reason}")

    def _give_up(self, message: str) -> None:
        self.status = WorkerStatus("failed", message=message)
        self._given_up(message)
