"""Keeps a worker process alive: replaces one that died, hangs or uses too much memory.

Gives up after several failures.
"""

from __future__ import annotations

import errno
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nst_core.jobs import failure_messages
from nst_core.jobs.executor import Leave, MachineLost, OnEvent, OnExit, StartWorker, UnreachableError, WorkerHandle
from nst_core.jobs.heartbeat import Fault, HeartbeatMonitor
from nst_core.jobs.messages import Beat, Command, LoadFailed, Ready, WorkerEvent
from nst_core.jobs.views import WorkerStatus
from nst_core.settings import Settings
from nst_core.system.host_profile import host_profile

_LOGGER = logging.getLogger(__name__)

MAX_STARTS = 3
"""The number of workers that may die in a row before they are ready; then the supervisor gives up."""

SHORTAGE = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""Errors of starting a process that end by themselves, when other programs return memory, threads or file handles."""
SHORTAGE_SECONDS = 30.0
"""How long the supervisor tries again to start a worker after such an error, until it gives up."""

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 60.0, 3_600.0
"""After giving up on workers that died or could not be started, the supervisor tries again by itself: after the first
time, which doubles up to the second one, since loading the networks again and again would keep a processor busy."""


class WorkerSupervisor:
    """Owns a worker and its replacements. Used under the job service's lock, as are its callbacks.

    Attributes:
        status: the worker's state, without whether it is busy.
    """

    def __init__(
        self,
        lock: threading.Condition,
        on_event: OnEvent,
        on_lost: Callable[[Fault], None],
        on_give_up: OnExit,
        start: StartWorker,
    ) -> None:
        """Start no worker yet.

        Args:
            lock: the job service's.
            on_event: gets each event of the current worker, except `LoadFailed` and `Beat`.
            on_lost: gets the reason why a worker died or was replaced because it hung.
            on_give_up: gets the reason why no other worker will be started.
            start: starts a worker.
        """
        self.status = WorkerStatus()
        self._lock, self._on_event, self._on_lost, self._on_give_up = lock, on_event, on_lost, on_give_up
        self._start_worker = start
        self._worker: WorkerHandle | None = None
        settings = Settings.read()
        self._recycle_mb = min(settings.worker_mb, host_profile(settings).worker_mb)
        self._generation = 0  # of the current worker: events of earlier ones are ignored
        self._deaths = 0
        self._short_since: float | None = None  # when a start first failed for a shortage, in monotonic seconds
        self._retry_seconds, self._retry_at = FIRST_RETRY_SECONDS, math.inf
        self._heartbeat, self._is_closed = HeartbeatMonitor(), False

    @property
    def is_ready(self) -> bool:
        """Whether there is a worker that takes commands."""
        return self.status.state == "ready" and self._worker is not None

    @property
    def has_failed(self) -> bool:
        """Whether the supervisor has given up; then only `retry` starts a worker."""
        return self.status.state == "failed"

    @property
    def pid(self) -> int | None:
        """The worker's process id on this machine; None if there is none."""
        return self._worker.pid if self._worker else None

    @property
    def leave(self) -> Leave:
        """When the current worker is to be replaced."""
        return self._worker.leave if self._worker else Leave.NEVER

    def send(self, command: Command) -> None:
        """Send a command to the current worker, if there is one."""
        if self._worker is not None:
            self._worker.send(command)

    def kill(self) -> None:
        """End the current worker, without waiting: the server is about to end by force."""
        worker = self._worker  # it may be replaced meanwhile: the caller cannot wait for the lock
        if worker is not None:
            worker.kill()

    def ensure_started(self) -> None:
        """Start a worker if there is none."""
        if self._worker is None and not self.has_failed:
            self._start()

    def retry(self) -> None:
        """Start a worker after giving up."""
        if not self.has_failed:
            return
        worker, self._deaths, self._short_since, self._retry_at = self._worker, 0, None, math.inf
        self._start()
        if worker is not None:
            worker.end()

    def watch(self, silence_seconds: float, *, is_busy: bool) -> None:
        """Replace a worker that hangs; called regularly. See `HeartbeatMonitor.fault` for the arguments."""
        if time.monotonic() >= self._retry_at:
            self.retry()
            return
        if self._worker is None and self._short_since is not None:
            self.ensure_started()
            return
        is_loading = self.status.state == "starting"
        fault = self._heartbeat.fault(silence_seconds, is_busy=is_busy or is_loading, is_loading=is_loading)
        if fault is None or self._worker is None or self.has_failed:
            return
        _LOGGER.warning("The worker is replaced: %s", fault.reason)
        self._worker.end()  # first, to make room for the next one
        self._replace_dead(self._generation, fault)

    def recycle(self) -> bool:
        """Replace a worker without a run if it should leave, or uses more memory than the operator allows.

        Returns whether it did.
        """
        worker = self._worker
        if worker is None or (worker.leave is Leave.NEVER and self.status.memory_mb <= self._recycle_mb):
            return False
        self._start()
        worker.end()
        return True

    def detach(self) -> WorkerHandle | None:
        """Let go of the worker for good and return it, so that the caller can end it outside the lock."""
        worker, self._worker, self._is_closed = self._worker, None, True
        self._generation += 1
        self.status = WorkerStatus()
        return worker

    def _start(self) -> None:
        """Start a worker in place of the current one, whose later events are ignored."""
        if self._is_closed:
            return
        self._generation += 1
        generation = self._generation
        self.status = WorkerStatus("starting")
        self._worker, self._heartbeat = None, HeartbeatMonitor()
        try:
            self._worker = self._start_worker(partial(self._receive, generation), partial(self._on_exit, generation))
        except OSError as error:  # mostly: no memory left for another process
            if not self._may_pass(error):
                self._give_up_for_now(f"could not be started: {error.strerror or error}")
        else:
            self._short_since = None

    def _may_pass(self, error: OSError) -> bool:
        """Whether a start that failed is worth another attempt, which `watch` then makes."""
        now = time.monotonic()
        if self._short_since is None:
            self._short_since = now
            _LOGGER.warning("The worker cannot be started now: %s", error.strerror or error)
        if isinstance(error, UnreachableError):
            return True
        return error.errno in SHORTAGE and now - self._short_since < SHORTAGE_SECONDS

    def _receive(self, generation: int, event: WorkerEvent) -> None:
        """Update the status from an event of the current worker, and pass the event to the scheduler."""
        with self._lock:
            if generation != self._generation:
                return
            self._heartbeat.on_event(event)
            memory = event.memory_mb
            self.status = replace(self.status, memory_mb=memory)
            match event:
                case LoadFailed():
                    self._give_up(event.message)
                    return
                case Beat():
                    return
                case Ready():
                    self._deaths, self._retry_seconds = 0, FIRST_RETRY_SECONDS
                    self.status = WorkerStatus(
                        "ready", event.device, event.precision, event.sources, event.unusable, memory_mb=memory
                    )
            self._on_event(event)

    def _on_exit(self, generation: int, reason: str) -> None:
        if isinstance(reason, MachineLost):
            self._replace_dead(generation, Fault(reason, failure_messages.MACHINE_LOST, blames_run=False))
        else:
            self._replace_dead(generation, Fault(reason, failure_messages.LOST))

    def _replace_dead(self, generation: int, fault: Fault) -> None:
        """Start another worker after the current one died, or give up after MAX_STARTS deaths in a row."""
        with self._lock:
            if generation != self._generation:
                return
            self._worker = None
            self._deaths += fault.blames_run
            self.status = WorkerStatus()
            self._on_lost(fault)
            if self._deaths < MAX_STARTS:
                self._start()
            else:
                self._give_up_for_now(f"could not be kept alive: {fault.reason}")

    def _give_up_for_now(self, reason: str) -> None:
        """Give up until `watch` tries again: a machine that is short of memory or threads may recover."""
        self._retry_at = time.monotonic() + self._retry_seconds
        self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)
        self._give_up(f"the process that holds the networks {reason}")

    def _give_up(self, message: str) -> None:
        self.status = WorkerStatus("failed", message=message)
        self._on_give_up(message)
