"""Lets workers that have nothing to do paint parts of films, and lets these give way to any run that waits.

Used under the job service's lock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nst_core.errors import JobError
from nst_core.film.spread.plan import Part
from nst_core.jobs import failure_messages
from nst_core.jobs.heartbeat import Fault
from nst_core.jobs.messages import (
    AskForPart,
    Failed,
    PartEnded,
    PartLeft,
    PartOffered,
    PartStepped,
    Preempt,
    RunEvent,
)
from nst_core.jobs.pool import PartAssignment, WorkerPool, WorkerSlot
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.waiting import WaitingRuns
from nst_core.runs.inputs import RunInputs

MOST_LOSSES = 2
"""The number of workers that may die while they paint a part; then the run's own worker paints it in order."""
_LOGGER = logging.getLogger(__name__)


class PartScheduler:
    """Which worker paints which part of a film; the runs themselves are the scheduler's."""

    def __init__(
        self,
        repository: RunRepository,
        lock: threading.Condition,
        pool: WorkerPool,
        waiting: WaitingRuns,
        on_free: Callable[[WorkerSlot], None],
    ) -> None:
        """No part is painted yet.

        Args:
            repository: the runs.
            lock: the job service's.
            pool: the workers.
            waiting: the runs that wait, before which every part gives way.
            on_free: called with a worker that has left a part.
        """
        self._repository, self._lock, self._pool, self._waiting = repository, lock, pool, waiting
        self._on_free = on_free

    def taken(self, job: str) -> tuple[Part, ...]:
        """The parts of a run that workers paint now, beside the run's own worker."""
        return tuple(slot.part.part for slot in self._pool.slots if slot.part and slot.part.job == job)

    def dispatch(self) -> None:
        """End as many parts as runs wait, and those whose run needs them no more; else find parts for free workers."""
        for slot in self._pool.slots:
            if slot.part and not self._is_wanted(slot.part.job):
                self._end(slot)
        painting = [slot for slot in self._pool.slots if slot.part and not slot.part.is_leaving]
        leaving = sum(slot.part is not None and slot.part.is_leaving for slot in self._pool.slots)
        for slot in painting[: max(len(self._waiting) - leaving, 0)]:
            self._end(slot)
        if not len(self._waiting) and self._pool.free_slot():
            self._ask()

    def end(self, slot: WorkerSlot) -> None:
        """Let a worker leave its part, if it has one, since its machine is about to go."""
        if slot.part:
            self._end(slot)

    def _end(self, slot: WorkerSlot) -> None:
        if slot.part is None or slot.part.is_leaving:
            return
        slot.part.is_leaving = True
        if slot.part.is_sent:
            slot.supervisor.send(Preempt(job=slot.part.job))

    def _is_wanted(self, job: str) -> bool:
        """Whether parts of a run may be painted: it is under way, or its own worker was lost and another one comes."""
        run = self._repository.active.get(job)
        return run is not None and run.view.state in ("running", "queued") and not run.ending

    def _ask(self) -> None:
        """Ask all runs of films for a part, once each; those with the fewest other workers first."""
        leaders = [slot for slot in self._pool.slots if self._can_be_asked(slot)]
        for slot in sorted(leaders, key=lambda slot: len(self.taken(slot.current_id))):
            if slot.assignment and slot.control(AskForPart(job=slot.current_id)):
                slot.assignment.is_asked = True

    def _can_be_asked(self, slot: WorkerSlot) -> bool:
        has = slot.assignment
        if has is None or has.is_asked or has.is_preempting:
            return False
        run = self._repository.active.get(has.job)
        return run is not None and run.view.recipe.medium == "film" and run.view.state == "running" and not run.ending

    def on_event(self, slot: WorkerSlot, event: RunEvent) -> bool:
        """Handle an event about parts; returns False if it is about something else."""
        match event:
            case PartOffered() if event.job == slot.current_id:
                self._on_offer(slot, event)
            case PartStepped() if event.job in (slot.current_id, slot.part and slot.part.job):
                if run := self._repository.active.get(event.job):
                    run.ahead[event.first] = event.steps
            case PartEnded() if slot.part and event.job == slot.part.job:
                if event.message:
                    _LOGGER.warning("Frames of run %s are painted in order: %s", event.job, event.message)
                self._leave(slot, is_whole=event.is_whole, is_refused=event.is_refused)
            case Failed() if slot.part and event.job == slot.part.job:  # a bug
                self._leave(slot, is_refused=True)
            case _:
                return isinstance(event, PartOffered | PartStepped | PartEnded)
        return True

    def _on_offer(self, slot: WorkerSlot, event: PartOffered) -> None:
        if slot.assignment:
            slot.assignment.is_asked = False
        free = None if len(self._waiting) or not self._is_wanted(event.job) else self._pool.free_slot()
        if free is None:
            slot.control(PartLeft(job=event.job, first=event.part.first, is_whole=False))
            return
        free.part = PartAssignment(event.job, event.part, event.recipe)
        inputs = self._repository.active[event.job].inputs
        if inputs is not None:
            self._send(free, free.part, inputs)
        else:  # not under the lock: large pictures take a while to read
            loading = threading.Thread(target=self._load_and_send, args=(free, free.part), daemon=True)
            try:
                loading.start()
            except RuntimeError:  # the system has no room for another thread
                self._leave(free)
        self.dispatch()

    def _load_and_send(self, slot: WorkerSlot, assignment: PartAssignment) -> None:
        inputs = None
        try:
            inputs = self._repository.inputs(assignment.job)
        except JobError as error:
            _LOGGER.warning("A part of run %s cannot begin: %s", assignment.job, error)
        except Exception:
            _LOGGER.exception("A part of run %s cannot begin", assignment.job)
        with self._lock:
            if slot.part is not assignment:
                return
            if inputs is None or assignment.is_leaving:
                self._leave(slot, is_refused=inputs is None)
            else:
                self._send(slot, assignment, inputs)

    def _send(self, slot: WorkerSlot, assignment: PartAssignment, inputs: RunInputs) -> None:
        job = assignment.job
        try:
            run, store = self._repository.active[job], self._repository.store
            if inputs.film is None:
                raise JobError("only the run of a film has parts")
            film = store.film_files(job, inputs.film, assignment.recipe.film.film_format)
            command = run.command(inputs, None, film)
        except Exception as error:  # noqa: BLE001 - otherwise the worker would wait for this part for ever
            _LOGGER.warning("A part of run %s cannot begin: %s", job, failure_messages.bug(error))
            self._leave(slot, is_refused=True)
            return
        changes = {"part": assignment.part, "recipe": assignment.recipe, "stop": False, "paused": False}
        slot.supervisor.send(command.model_copy(update=changes))
        assignment.is_sent = True

    def on_worker_lost(self, slot: WorkerSlot, fault: Fault) -> None:
        """Note that the worker of a part died or hung: what it has stored of the part is kept."""
        if slot.part is None:
            return
        run = self._repository.active.get(slot.part.job)
        if run is not None:
            run.part_losses[slot.part.part.first] += fault.blames_run
        losses = run.part_losses[slot.part.part.first] if run else 0
        self._note_left(slot, is_refused=losses >= MOST_LOSSES)

    def _leave(self, slot: WorkerSlot, *, is_whole: bool = False, is_refused: bool = False) -> None:
        self._note_left(slot, is_whole=is_whole, is_refused=is_refused)
        self._on_free(slot)

    def _note_left(self, slot: WorkerSlot, *, is_whole: bool = False, is_refused: bool = False) -> None:
        """Free a worker of its part, and tell the run's own worker. Without one, the part's folder tells the next."""
        left, slot.part = slot.part, None
        if left and (leader := self._pool.slot_of(left.job)):
            leader.control(PartLeft(job=left.job, first=left.part.first, is_whole=is_whole, is_refused=is_refused))
