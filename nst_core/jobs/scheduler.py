"""Assigns runs to the workers, and updates the runs when a worker reports an event or ends.

Used under the job service's lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from nst_core.errors import JobError
from nst_core.jobs import failure_messages, run_updates
from nst_core.jobs.executor import Executor, Leave
from nst_core.jobs.heartbeat import Fault
from nst_core.jobs.inspections import InspectionQueue
from nst_core.jobs.messages import (
    Failed,
    Finished,
    Inspected,
    Pause,
    Preempt,
    Preempted,
    Ready,
    Resume,
    RunEvent,
    Steer,
    Stop,
    WorkerEvent,
)
from nst_core.jobs.part_scheduler import PartScheduler
from nst_core.jobs.pool import Assignment, WorkerPool, WorkerSlot
from nst_core.jobs.queue import QueueLimits
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.temporary_files import remove_temporary_files_of
from nst_core.jobs.views import FINAL
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.jobs.waiting import WaitingRuns
from nst_core.runs.inputs import RunInputs

MAX_ATTEMPTS = 2
"""The most times that a run is continued after its worker died."""
PREEMPT_SECONDS = 20.0
"""How long a paused run may occupy a worker while other runs wait; then it is preempted, and continues later from its
checkpoint."""
_FREES_WORKER = (Finished, Failed, Preempted)
"""Events after which a worker is free."""


class Scheduler:
    """The queue and the workers.

    Attributes:
        pool: the workers.
        waiting: the queue.
        parts: parts of films for workers that have no run.
        inspections: questions that a worker answers between two steps.
    """

    def __init__(
        self,
        repository: RunRepository,
        limits: QueueLimits,
        lock: threading.Condition,
        executor: Executor,
        wait_times: WaitEstimator,
    ) -> None:
        """Queue the runs of the repository that wait; the executor's workers will perform them."""
        self.inspections = InspectionQueue()
        self._repository, self._lock, self._wait_times = repository, lock, wait_times
        self._executor = executor
        self.pool = WorkerPool(executor, lock, self._on_event, self._on_worker_lost, self._fail_waiting)
        self.waiting = WaitingRuns(repository, limits, wait_times, self.pool)
        self.parts = PartScheduler(repository, lock, self.pool, self.waiting, self._on_free)
        self._is_closing = False

    # Requests about an active run.

    def stop(self, job: str) -> None:
        """End a run with the picture it has."""
        run = self._repository.active[job]
        if run.view.state in FINAL or run.ending:
            return
        if slot := self.pool.slot_of(job):
            run.ending = True
            slot.control(Stop(job=job))
            self.parts.dispatch()
            return
        self.waiting.remove(job)
        can_continue = not self.pool.has_failed and self._repository.store.has_checkpoint(job)
        if run.view.step > 0 and can_continue:
            run.ending = True
            self.waiting.requeue(
                job, has_begun=True
            )  # a worker makes the result from its checkpoint, without further steps
            self.dispatch()
        else:
            self._repository.update(job, state="stopped", ended=time.time())

    def discard(self, job: str) -> None:
        """Drop a run that was deleted from the repository."""
        self.waiting.remove(job)
        slot = self.pool.slot_of(job)
        if slot and not slot.control(Stop(job=job)):  # the worker does not know the run, and will not report its end
            self._wait_times.end(job, None)
            slot.assignment = None
        self.dispatch()

    def pause(self, job: str) -> None:
        """Hold a run: at its step if a worker has it, else in the queue."""
        slot = self.pool.slot_of(job)
        if slot and slot.assignment and self._repository.active[job].view.state == "running":
            slot.assignment.paused_at = time.monotonic()
            self._repository.update(job, state="paused")
            slot.control(Pause(job=job))
            self.parts.dispatch()
        elif not slot and not self._repository.active[job].ending:
            self.waiting.hold(job)

    def resume(self, job: str) -> None:
        """Continue a paused run. A run held in the queue is served in its turn; a preempted run is queued again."""
        if self._repository.active[job].view.state != "paused":
            return
        if slot := self.pool.slot_of(job):
            self._repository.update(job, state="running")
            slot.control(Resume(job=job))
            self.parts.dispatch()
            return
        if not self.waiting.release(job):
            self.waiting.requeue(job, has_begun=True)
        self.dispatch()

    def steer(self, job: str, settings: Mapping[str, Any]) -> bool:
        """Send changed settings to the run's worker; False if it has none."""
        slot = self.pool.slot_of(job)
        if slot:
            slot.control(Steer(job=job, settings=settings))
        return slot is not None

    def reap_idle(self, unseen_minutes: float) -> None:
        """End runs that no page asks for, and preempt runs that are paused while others wait; called regularly."""
        now = time.monotonic()
        for job, run in list(self._repository.active.items()):
            if 0 < unseen_minutes * 60 < now - run.last_seen and run.view.state not in FINAL and not run.ending:
                note = failure_messages.unseen(unseen_minutes, begun=run.view.step > 0)
                self._repository.update(job, notes=(*run.view.notes, note))
                self.stop(job)
        wanted = len(self.waiting) - sum(bool(s.assignment and s.assignment.is_preempting) for s in self.pool.slots)
        due = [slot for slot in self.pool.slots if self._is_paused_for(slot, now) > PREEMPT_SECONDS]
        for slot in due[: max(wanted, 0)]:
            self._preempt(slot)

    def _preempt(self, slot: WorkerSlot) -> None:
        """Let a worker save its run, if it has one and there is a disk, and give it back."""
        if slot.assignment is None or slot.assignment.is_preempting:
            return
        if self._repository.store.checkpoint(slot.current_id) and slot.control(Preempt(job=slot.current_id)):
            slot.assignment.is_preempting = True

    def _is_paused_for(self, slot: WorkerSlot, now: float) -> float:
        """The seconds for which a worker's run has been paused without being preempted; 0 if it is not paused."""
        run = self._repository.active.get(slot.current_id)
        if slot.assignment is None or run is None or run.view.state != "paused" or slot.assignment.is_preempting:
            return 0.0
        return now - slot.assignment.paused_at

    def close(self) -> frozenset[str]:
        """Send no more runs, and ask the workers to save theirs.

        Returns the runs whose saving the workers will report.
        """
        self._is_closing = True
        return frozenset(slot.current_id for slot in self.pool.slots if self._is_saving(slot))

    def _is_saving(self, slot: WorkerSlot) -> bool:
        run = self._repository.active.get(slot.current_id)
        if run is None or slot.assignment is None or not self._repository.store.checkpoint(slot.current_id):
            return False
        if not run.ending and not slot.assignment.is_preempting:
            return slot.control(Preempt(job=slot.current_id))
        return slot.assignment.is_sent

    def fail_all(self, message: str) -> None:
        """Fail the runs that workers have and all that wait."""
        for slot in self.pool.slots:
            self._fail(slot.current_id, message)
            slot.assignment = slot.part = None
        self._fail_waiting(message)

    # To the workers.

    def dispatch(self) -> None:
        """Send the next runs to the workers that are ready and free; parts of films to those that are left."""
        if self._is_closing:
            return
        while len(self.waiting) and (slot := self.pool.free_slot()):
            self._assign(slot, self.waiting.pop())
        self.parts.dispatch()

    def _assign(self, slot: WorkerSlot, job: str) -> None:
        assignment = slot.assignment = Assignment(job)
        self._wait_times.begin(self._repository.active[job])
        self._repository.update(job, state="running")
        inputs = self._repository.active[job].inputs
        if inputs is not None:
            self._send_run(slot, assignment, inputs)
        else:  # not under the lock: large pictures take a while to read
            loading = threading.Thread(target=self._load_and_send, args=(slot, assignment), daemon=True)
            try:
                loading.start()
            except RuntimeError:  # the system has no room for another thread; the run must not wait for one for ever
                self._load_and_send(slot, assignment)

    def _load_and_send(self, slot: WorkerSlot, assignment: Assignment) -> None:
        """Read the inputs of a run from the store, and send it unless the worker has another one by then."""
        inputs, message = None, ""
        try:
            inputs = self._repository.inputs(assignment.job)
            self._repository.store.fetch_progress(assignment.job)
        except Exception as error:  # noqa: BLE001 - otherwise the queue would wait for this run for ever
            message = str(error) if isinstance(error, JobError) else failure_messages.bug(error)
        with self._lock:
            if slot.assignment is not assignment:
                return
            if inputs is None:
                self._fail(assignment.job, message)
                self._release(slot)
            else:
                self._send_run(slot, assignment, inputs)

    def _send_run(self, slot: WorkerSlot, assignment: Assignment, inputs: RunInputs) -> None:
        job = assignment.job
        try:
            run, store = self._repository.active[job], self._repository.store
            film = store.film_files(job, inputs.film, run.view.recipe.film.film_format) if inputs.film else None
            command = run.command(inputs, store.checkpoint(job), film, self.parts.taken(job))
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(job, failure_messages.bug(error))
            self._release(slot)
            return
        slot.supervisor.send(command)
        assignment.is_sent = True
        self.parts.dispatch()

    def dispatch_inspection(self) -> None:
        """Send the next question to a worker that is ready, whether or not it has a run."""
        if (slot := self.pool.slot_for_question()) and (command := self.inspections.next()):
            slot.has_question = True
            slot.supervisor.send(command)

    # From the workers.

    def _on_event(self, slot: WorkerSlot, event: WorkerEvent) -> None:
        """Handle an event; a bug here fails the event's run alone."""
        try:
            match event:
                case Ready():
                    self.dispatch()
                case Inspected():
                    slot.has_question = False
                    self.inspections.on_answer(event)
                case RunEvent() if self.parts.on_event(slot, event):
                    return
                case RunEvent() if event.job == slot.current_id:
                    run = self._repository.active.get(event.job)
                    if run is not None and run.view.state not in FINAL:  # neither deleted nor failed meanwhile
                        run_updates.apply(self._repository, run, event)
                        if isinstance(event, Preempted) and (run.view.state == "running" or run.ending):
                            self.waiting.requeue(event.job, has_begun=True)  # resumed or stopped meanwhile
        except Exception as error:  # noqa: BLE001 - a bug must cost one run, not the service
            self._fail_event(slot, event, failure_messages.bug(error))
        if isinstance(event, _FREES_WORKER) and event.job == slot.current_id:
            self._release(slot)
        if isinstance(event, Ready | Inspected):
            self.dispatch_inspection()

    def _fail_event(self, slot: WorkerSlot, event: WorkerEvent, message: str) -> None:
        """Fail the run or the question of an event whose handling failed, and stop the run in the worker."""
        if isinstance(event, Inspected):
            self.inspections.on_answer(Inspected(error=message))
        elif isinstance(event, RunEvent):
            self._fail(event.job, message)
            if not isinstance(event, _FREES_WORKER):
                slot.control(Stop(job=event.job))

    def _fail(self, job: str, message: str) -> None:
        run_updates.fail(self._repository, job, message)

    def _release(self, slot: WorkerSlot) -> None:
        """Free a worker of its run."""
        job, slot.assignment = slot.current_id, None
        self._wait_times.end(job, self._repository.active.get(job))
        self._on_free(slot)

    def _on_free(self, slot: WorkerSlot) -> None:
        """Give a worker that has become free something to do, or replace it."""
        self._lock.notify_all()
        if self._is_closing:
            return
        if slot.supervisor.recycle():
            self._ask_again(slot)
        self.dispatch()

    def _ask_again(self, slot: WorkerSlot) -> None:
        """Give the question of a lost worker to another one."""
        if slot.has_question:
            slot.has_question = False
            self.inspections.on_worker_lost()
            self.dispatch_inspection()

    def watch_workers(self, silence_seconds: float) -> None:
        """Replace workers that hang, that are silent for longer than `silence_seconds`, or that should leave.

        Called regularly. Also fits the number of workers to the room that there is.
        """
        self._executor.want(len(self.waiting) + len(self.pool.running))
        self.pool.resize()
        for slot in self.pool.slots:
            run = self._repository.active.get(slot.current_id)
            is_paused = run is not None and run.view.state == "paused" and not run.ending
            has_run = slot.assignment is not None and slot.assignment.is_sent and not is_paused
            has_part = slot.part is not None and slot.part.is_sent
            is_waiting = bool(self.parts.taken(slot.current_id))  # perhaps: a film may have come to another's part
            is_busy = (has_run and not is_waiting) or has_part or slot.has_question
            slot.supervisor.watch(silence_seconds, is_busy=is_busy)
            self._let_leave(slot)
        if not self._is_closing:
            self.parts.dispatch()

    def _let_leave(self, slot: WorkerSlot) -> None:
        """Replace a worker that should leave, and save its run before if its machine is about to go."""
        if slot.supervisor.leave is Leave.NEVER:
            return
        if slot.supervisor.leave is Leave.NOW:
            self._preempt(slot)
            self.parts.end(slot)
        if slot.is_idle and slot.supervisor.recycle():
            self._ask_again(slot)

    def _on_worker_lost(self, slot: WorkerSlot, fault: Fault) -> None:
        """Requeue the run of a worker that died or hung, up to MAX_ATTEMPTS times; a paused run stays paused."""
        self.parts.on_worker_lost(slot, fault)
        job, slot.assignment = slot.current_id, None
        self._repository.observers.worker_lost(job)
        self._wait_times.end(job, None)
        self._ask_again(slot)
        if job and (checkpoint := self._repository.store.checkpoint(job)):
            remove_temporary_files_of(checkpoint)
        run = self._repository.active.get(job)
        if run is None or run.view.state in FINAL:
            return
        run.attempts, run.interrupted = run.attempts + fault.blames_run, fault.note
        if run.attempts > MAX_ATTEMPTS:
            self._fail(job, failure_messages.died(run.attempts, fault.reason))
        elif run.view.state != "paused" or run.ending:
            self.waiting.requeue(job, has_begun=True)
            self.dispatch()

    def _fail_waiting(self, message: str) -> None:
        """Fail all runs that wait: no worker will be started for them."""
        for job in self.waiting.jobs():
            self.waiting.remove(job)
            self._fail(job, message)
