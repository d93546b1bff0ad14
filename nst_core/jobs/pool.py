"""The workers, each with its supervisor, its run and its question."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from nst_core.jobs.heartbeat import Fault
from nst_core.jobs.messages import RunControlCommand, WorkerEvent
from nst_core.jobs.supervisor import SpawnWorker, WorkerHandle, WorkerSupervisor
from nst_core.jobs.views import WorkerStatus

_LOGGER = logging.getLogger(__name__)
_BEST_FIRST = ("ready", "starting", "off", "failed")
"""The states of a worker, the best first: the best state of any worker is the state of the pool."""


@dataclass(eq=False)
class Assignment:
    """A run that a worker has, or that waits for its inputs to be read for this worker."""

    job: str
    is_sent: bool = False
    is_preempting: bool = False
    paused_at: float = 0.0


@dataclass(eq=False)
class WorkerSlot:
    """The place of one worker.

    Attributes:
        supervisor: keeps the worker alive.
        assignment: its run; None if it is free.
        has_question: whether it has yet to answer an inspection.
    """

    supervisor: WorkerSupervisor
    assignment: Assignment | None = None
    has_question: bool = False

    @property
    def current_id(self) -> str:
        """The run that the worker has; "" if it is free."""
        return self.assignment.job if self.assignment else ""

    def control(self, command: RunControlCommand) -> bool:
        """Send a command about the worker's run.

        Returns False if the run is not sent yet: its `RunCommand` will then contain the change.
        """
        if self.assignment is None or not self.assignment.is_sent:
            return False
        self.supervisor.send(command)
        return True


class WorkerPool:
    """All workers. Used under the job service's lock, as are its callbacks.

    Attributes:
        slots: the places of the workers; at least one, and always the same.
    """

    def __init__(  # noqa: PLR0913 - the callbacks
        self,
        lock: threading.Condition,
        on_event: Callable[[WorkerSlot, WorkerEvent], None],
        on_lost: Callable[[WorkerSlot, Fault], None],
        on_give_up: Callable[[str], None],
        environments: Sequence[Mapping[str, str]],
        spawn: SpawnWorker | None = None,
    ) -> None:
        """Start no worker yet.

        Args:
            lock: the job service's.
            on_event, on_lost: as those of `WorkerSupervisor`, with the worker's slot.
            on_give_up: gets the reason why the last of the workers will not be started again.
            environments: variables of each worker beside the server's.
            spawn: starts a worker; None starts the usual one.
        """
        self._on_event, self._on_lost, self._on_give_up = on_event, on_lost, on_give_up
        self.slots = tuple(self._slot(lock, spawn, environment) for environment in environments)

    def _slot(self, lock: threading.Condition, spawn: SpawnWorker | None, environment: Mapping[str, str]) -> WorkerSlot:
        supervisor = WorkerSupervisor(
            lock,
            lambda event: self._on_event(slot, event),
            lambda fault: self._on_lost(slot, fault),
            self._note_give_up,
            spawn,
            environment,
        )
        slot = WorkerSlot(supervisor)
        return slot

    def _note_give_up(self, message: str) -> None:
        if self.has_failed:
            self._on_give_up(message)
        else:
            _LOGGER.warning("One of %d workers is given up: %s", len(self.slots), message)

    @property
    def running(self) -> frozenset[str]:
        """The runs that workers have."""
        return frozenset(slot.current_id for slot in self.slots if slot.assignment)

    @property
    def has_failed(self) -> bool:
        """Whether all workers were given up, so that only `retry` starts one."""
        return all(slot.supervisor.has_failed for slot in self.slots)

    def slot_of(self, job: str) -> WorkerSlot | None:
        """The slot of the worker that has a run; None if none has it."""
        return next((slot for slot in self.slots if slot.assignment and slot.assignment.job == job), None)

    def free_slot(self) -> WorkerSlot | None:
        """A slot whose worker is ready and has no run."""
        return next((slot for slot in self.slots if slot.supervisor.is_ready and slot.assignment is None), None)

    def slot_for_question(self) -> WorkerSlot | None:
        """A slot whose worker can answer a question, preferably one without a run, which answers at once."""
        return self.free_slot() or next((slot for slot in self.slots if slot.supervisor.is_ready), None)

    def ensure_started(self) -> None:
        """Start each worker that is not running and was not given up."""
        for slot in self.slots:
            slot.supervisor.ensure_started()

    def retry(self) -> None:
        """Start the workers that were given up."""
        for slot in self.slots:
            slot.supervisor.retry()

    def detach(self) -> tuple[WorkerHandle, ...]:
        """Let go of the workers for good and return them, so that the caller can end them outside the lock."""
        workers = [slot.supervisor.detach() for slot in self.slots]
        return tuple(worker for worker in workers if worker is not None)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        return tuple(pid for slot in self.slots if (pid := slot.supervisor.pid) is not None)

    @property
    def status(self) -> WorkerStatus:
        """The state of all workers as one: that of the best of them, or "busy" if each that is ready has a run."""
        statuses = [slot.supervisor.status for slot in self.slots]
        ready = [status for status in statuses if status.state == "ready"]
        busy = sum(slot.supervisor.status.state == "ready" and slot.assignment is not None for slot in self.slots)
        best = min(statuses, key=lambda status: _BEST_FIRST.index(status.state))
        return replace(
            best,
            state="busy" if ready and busy == len(ready) else best.state,
            device=_devices([status.device for status in ready]),
            unusable={network: why for status in reversed(ready) for network, why in status.unusable.items()},
            memory_mb=sum(status.memory_mb for status in statuses),
            workers=len(ready),
            busy_workers=busy,
        )


def end_all(workers: Sequence[WorkerHandle]) -> None:
    """End workers in parallel, and wait for all of them."""
    endings = []
    for worker in workers:
        ending = threading.Thread(target=worker.end, name="nst-worker-end")
        try:
            ending.start()
        except RuntimeError:  # the system has no room for another thread
            worker.end()
        else:
            endings.append(ending)
    for ending in endings:
        ending.join()


def _devices(titles: Sequence[str]) -> str:
    """The devices of the ready workers in words."""
    counted = [title if count == 1 else f"{count} workers on {title}" for title, count in Counter(titles).items()]
    return " and ".join(counted)
