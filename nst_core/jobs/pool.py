"""The workers, each with its supervisor, its run and its question."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nst_core.film.spread.plan import Part
from nst_core.jobs.executor import Executor, WorkerHandle
from nst_core.jobs.heartbeat import Fault
from nst_core.jobs.messages import RunControlCommand, WorkerEvent
from nst_core.jobs.supervisor import WorkerSupervisor
from nst_core.jobs.views import WorkerStatus
from nst_core.recipe import Recipe

_LOGGER = logging.getLogger(__name__)
_BEST_FIRST = ("ready", "starting", "off", "failed")
"""The states of a worker, the best first: the best state of any worker is the state of the pool."""


@dataclass(eq=False)
class Assignment:
    """A run that a worker has, or that waits for its inputs to be read for this worker."""

    job: str
    is_sent: bool = False
    is_preempting: bool = False
    is_asked: bool = False
    """Whether it was asked for a part of its film, and has not offered one since."""
    paused_at: float = 0.0


@dataclass(eq=False)
class PartAssignment:
    """A part of a film that a worker paints for the run's own worker, by its recipe."""

    job: str
    part: Part
    recipe: Recipe
    is_sent: bool = False
    is_leaving: bool = False


@dataclass(eq=False)
class WorkerSlot:
    """The place of one worker.

    Attributes:
        supervisor: keeps the worker alive.
        number: see `Executor.start`.
        assignment: its run; None if it has none.
        part: the part of another worker's run that it paints while nobody waits; None if it has none.
        has_question: whether it has yet to answer an inspection.
    """

    supervisor: WorkerSupervisor
    number: int = 0
    assignment: Assignment | None = None
    part: PartAssignment | None = None
    has_question: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether the worker has neither a run nor a part of one."""
        return self.assignment is None and self.part is None

    @property
    def current_id(self) -> str:
        """The run that the worker has; "" if it has none."""
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
        slots: the places of the workers; at least one.
    """

    def __init__(
        self,
        executor: Executor,
        lock: threading.Condition,
        on_event: Callable[[WorkerSlot, WorkerEvent], None],
        on_lost: Callable[[WorkerSlot, Fault], None],
        on_give_up: Callable[[str], None],
    ) -> None:
        """Start no worker yet.

        Args:
            executor: where the workers are.
            lock: the job service's.
            on_event, on_lost: as those of `WorkerSupervisor`, with the worker's slot.
            on_give_up: gets the reason why the last of the workers will not be started again.
        """
        self._on_event, self._on_lost, self._on_give_up = on_event, on_lost, on_give_up
        self._executor, self._lock = executor, lock
        self.slots = [self._slot(number) for number in range(executor.capacity)]

    def _slot(self, number: int) -> WorkerSlot:
        supervisor = WorkerSupervisor(
            self._lock,
            lambda event: self._on_event(slot, event),
            lambda fault: self._on_lost(slot, fault),
            self._note_give_up,
            partial(self._executor.start, number),
        )
        slot = WorkerSlot(supervisor, number)
        return slot

    def resize(self) -> None:
        """Have as many workers as the executor has room for now: start more, or end those that have nothing to do."""
        surplus = len(self.slots) - self._executor.capacity
        idle = [slot for slot in self.slots if slot.is_idle and not slot.has_question]
        idle.sort(key=lambda slot: slot.supervisor.is_ready)  # the others have perhaps lost their machine
        for slot in idle[: max(surplus, 0)]:
            self.slots.remove(slot)
            if worker := slot.supervisor.detach():
                worker.kill()
        while surplus < 0:
            taken = {slot.number for slot in self.slots}
            self.slots.append(self._slot(next(number for number in itertools.count() if number not in taken)))
            self.slots[-1].supervisor.ensure_started()
            surplus += 1

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
        """A slot whose worker is ready and has nothing to paint."""
        return next((slot for slot in self.slots if slot.supervisor.is_ready and slot.is_idle), None)

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

    def kill(self) -> None:
        """End the workers without waiting for anything, not even for the lock."""
        for slot in self.slots:
            slot.supervisor.kill()

    @property
    def status(self) -> WorkerStatus:
        """The state of all workers as one: that of the best of them, or "busy" if each that is ready has a run."""
        statuses = [slot.supervisor.status for slot in self.slots]
        ready = [status for status in statuses if status.state == "ready"]
        busy = sum(slot.supervisor.status.state == "ready" and slot.assignment is not None for slot in self.slots)
        painting = sum(slot.supervisor.status.state == "ready" and not slot.is_idle for slot in self.slots)
        best = min(statuses, key=lambda status: _BEST_FIRST.index(status.state))
        return replace(
            best,
            state="busy" if ready and busy == len(ready) else best.state,
            device=_devices([status.device for status in ready]),
            unusable={network: why for status in reversed(ready) for network, why in status.unusable.items()},
            memory_mb=sum(status.memory_mb for status in statuses),
            workers=len(ready),
            busy_workers=painting,
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
