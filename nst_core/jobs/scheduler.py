"""Assigns runs to the worker, and updates the runs when the worker reports an event or ends.

Used under the job service's lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.errors import JobError
from nst_core.jobs import failure_messages, run_updates
from nst_core.jobs.heartbeat import Fault
from nst_core.jobs.inspections import InspectionQueue
from nst_core.jobs.leftovers import remove_parts_of
from nst_core.jobs.messages import (
    Event,
    Failed,
    Finished,
    Inspected,
    Pause,
    Preempt,
    Preempted,
    Ready,
    Resume,
    RunControlCommand,
    RunEvent,
    Steer,
    Stop,
)
from nst_core.jobs.queue import FairQueue, QueueEntry, QueueLimits, QueueLoad
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.run_addresses import RunAddresses
from nst_core.jobs.supervisor import SpawnWorker, WorkerSupervisor
from nst_core.jobs.views import FINAL
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.runs.inputs import RunInputs

MAX_ATTEMPTS = 2
"""The most times that a run is continued after its worker died."""
PREEMPT_SECONDS = 20.0
"""How long a paused run may keep the worker from runs that wait; then it continues later, from its checkpoint."""
_FREES_WORKER = (Finished, Failed, Preempted)
"""Events after which the worker is free."""


@dataclass
class _Assignment:
    """A run that the worker has, or is about to get while its inputs are read."""

    job: str
    is_sent: bool = False
    is_preempting: bool = False
    paused_at: float = 0.0


class Scheduler:
    """The queue and the worker.

    Attributes:
        supervisor: keeps the worker alive.
        inspections: questions that the worker answers between two steps.
    """

    def __init__(
        self,
        repository: RunRepository,
        limits: QueueLimits,
        lock: threading.Condition,
        spawn: SpawnWorker | None,
        wait_times: WaitEstimator,
    ) -> None:
        """Queue the runs of the repository that wait; `spawn` starts another worker than the usual one."""
        self.inspections = InspectionQueue()
        self.supervisor = WorkerSupervisor(lock, self._on_event, self._on_worker_lost, self._fail_waiting, spawn)
        self._repository, self._lock = repository, lock
        self._queue, self._wait_times = FairQueue(limits), wait_times
        self._current: _Assignment | None = None
        self._is_closing = False
        self._addresses = RunAddresses(self._is_under_way)
        for job, run in repository.active.items():
            if run.view.state == "queued":
                self._requeue(job, has_begun=run.view.step > 0)

    @property
    def current_id(self) -> str:
        """The run that the worker has; "" if it is free."""
        return self._current.job if self._current else ""

    # The queue.

    @property
    def has_waiting(self) -> bool:
        """Whether any run waits."""
        return len(self._queue) > 0

    @property
    def load(self) -> QueueLoad:
        """How full the queue is."""
        return self._queue.load

    def admit(self, job: str, owner: str, address: str = "") -> None:
        """Put a new run in the queue. Raises QueueFullError. `address`: a hash; if "", that of the last run."""
        address = address or self._addresses.last_of(owner)
        begun = self._addresses.begun(address, self._queue.jobs())
        entry = QueueEntry(job, owner, address=address)
        self._queue.admit(entry, lambda blocking: self._seconds_until_room(entry, blocking), begun_of_address=begun)
        self._addresses.note(job, owner, address)

    def _seconds_until_room(self, entry: QueueEntry, blocking: Sequence[str]) -> float:
        """When a refused run would have a place: when the worker is free, or takes the first of the `blocking` runs."""
        if blocking and self._addresses.of(self.current_id) != entry.address:
            return self.queue_position(blocking[0])[1]
        return self._remaining() or self._wait_times.typical_seconds

    def _is_under_way(self, job: str) -> bool:
        run = self._repository.active.get(job)
        return run is not None and run.view.state not in FINAL

    def queue_position(self, job: str) -> tuple[int, float]:
        """A run's place in the queue, from 1, and its estimated wait in seconds; zeros if it is not in the queue."""
        waiting = self._queue.jobs()
        if job not in waiting:
            return 0, 0.0
        before = waiting[: waiting.index(job)]
        return len(before) + 1, self._remaining() + sum(
            self._wait_times.remaining(self._repository.active[other]) for other in before
        )

    def _requeue(self, job: str, *, has_begun: bool) -> None:
        owner, address = self._repository.active[job].view.owner, self._addresses.of(job)
        self._queue.requeue(QueueEntry(job, owner, has_begun, address))
        self._repository.update(job, state="queued")

    def _remaining(self) -> float:
        return self._wait_times.remaining_now(self._repository.active.get(self.current_id))

    # Requests about an active run.

    def stop(self, job: str) -> None:
        """End a run with the picture it has."""
        run = self._repository.active[job]
        if run.view.state in FINAL or run.ending:
            return
        if job == self.current_id:
            run.ending = True
            self._send(Stop(job=job))
            return
        self._queue.remove(job)
        can_continue = self.supervisor.status.state != "failed" and self._repository.store.has_checkpoint(job)
        if run.view.step > 0 and can_continue:
            run.ending = True
            self._requeue(job, has_begun=True)  # the worker makes a result of its checkpoint, without further steps
            self.dispatch()
        else:
            self._repository.update(job, state="stopped", ended=time.time())

    def discard(self, job: str) -> None:
        """Drop a run that was deleted from the repository."""
        self._queue.remove(job)
        if job != self.current_id:
            return
        if not self._send(Stop(job=job)):  # the worker does not know the run, and will not report its end
            self._current = None
            self.dispatch()

    def pause(self, job: str) -> None:
        """Hold the run that the worker has."""
        if self._current and job == self._current.job and self._repository.active[job].view.state == "running":
            self._current.paused_at = time.monotonic()
            self._repository.update(job, state="paused")
            self._send(Pause(job=job))

    def resume(self, job: str) -> None:
        """Continue a paused run; a run that was preempted returns to the queue."""
        if self._repository.active[job].view.state != "paused":
            return
        if job == self.current_id:
            self._repository.update(job, state="running")
            self._send(Resume(job=job))
        else:
            self._requeue(job, has_begun=True)
            self.dispatch()

    def steer(self, job: str, settings: Mapping[str, Any]) -> bool:
        """Send changed settings to the worker; False if it does not have the run."""
        if job != self.current_id:
            return False
        self._send(Steer(job=job, settings=settings))
        return True

    def _send(self, command: RunControlCommand) -> bool:
        """Send a command about the current run; False before the run is sent: its `RunCommand` will hold the change."""
        if self._current is None or not self._current.is_sent:
            return False
        self.supervisor.send(command)
        return True

    def reap_idle(self, unseen_minutes: float) -> None:
        """End runs that no page asks for, and preempt a run that is paused while others wait; called regularly."""
        now = time.monotonic()
        for job, run in list(self._repository.active.items()):
            if 0 < unseen_minutes * 60 < now - run.last_seen and run.view.state not in FINAL and not run.ending:
                note = failure_messages.unseen(unseen_minutes, begun=run.view.step > 0)
                self._repository.update(job, notes=(*run.view.notes, note))
                self.stop(job)
        current, run_now = self._current, self._repository.active.get(self.current_id)
        if current is None or run_now is None or run_now.view.state != "paused":
            return
        is_due = self.has_waiting and now - current.paused_at > PREEMPT_SECONDS and not current.is_preempting
        if is_due and self._repository.store.checkpoint(current.job):
            current.is_preempting = True
            self._send(Preempt(job=current.job))

    def close(self) -> bool:
        """Send no more runs, and let the worker save the one it has; returns whether it will report that."""
        self._is_closing = True
        run = self._repository.active.get(self.current_id)
        if run is None or self._current is None or not self._repository.store.checkpoint(self._current.job):
            return False
        if not run.ending and not self._current.is_preempting:
            return self._send(Preempt(job=self._current.job))
        return self._current.is_sent

    def fail_all(self, message: str) -> None:
        """Fail the current run and all that wait."""
        self._fail(self.current_id, message)
        self._current = None
        self._fail_waiting(message)

    # To the worker.

    def dispatch(self) -> None:
        """Send the next run to a worker that is ready and free."""
        if self._is_closing or self._current or not self.has_waiting or not self.supervisor.is_ready:
            return
        assignment = self._current = _Assignment(self._queue.pop())
        self._wait_times.begin(self._repository.active[assignment.job])
        self._repository.update(assignment.job, state="running")
        inputs = self._repository.active[assignment.job].inputs
        if inputs is not None:
            self._send_run(assignment, inputs)
        else:  # not under the lock: large pictures take a while to read
            threading.Thread(target=self._load_and_send, args=(assignment,), daemon=True).start()

    def _load_and_send(self, assignment: _Assignment) -> None:
        """Read the inputs of a run from the store, and send it unless the worker has another one by then."""
        inputs, message = None, ""
        try:
            inputs = self._repository.inputs(assignment.job)
        except Exception as error:  # noqa: BLE001 - otherwise the queue would wait for this run for ever
            message = str(error) if isinstance(error, JobError) else failure_messages.bug(error)
        with self._lock:
            if self._current is not assignment:
                return
            if inputs is None:
                self._fail_assignment(assignment, message)
            else:
                self._send_run(assignment, inputs)

    def _send_run(self, assignment: _Assignment, inputs: RunInputs) -> None:
        job = assignment.job
        try:
            command = self._repository.active[job].command(inputs, self._repository.store.checkpoint(job))
        except Exception as error:  # noqa: BLE001 - as above
            self._fail_assignment(assignment, failure_messages.bug(error))
            return
        self.supervisor.send(command)
        assignment.is_sent = True

    def _fail_assignment(self, assignment: _Assignment, message: str) -> None:
        self._fail(assignment.job, message)
        self._release_worker()

    def dispatch_inspection(self) -> None:
        """Send the next question to a worker that is ready, whether or not it has a run."""
        if self.supervisor.is_ready and (command := self.inspections.next()):
            self.supervisor.send(command)

    # From the worker.

    def _on_event(self, event: Event) -> None:
        """Handle an event; a bug here fails the event's run alone."""
        try:
            match event:
                case Ready():
                    self.dispatch()
                case Inspected():
                    self.inspections.on_answer(event)
                case RunEvent() if event.job == self.current_id:
                    run = self._repository.active.get(event.job)
                    if run is not None and run.view.state not in FINAL:  # neither deleted nor failed meanwhile
                        run_updates.apply(self._repository, run, event)
                        if isinstance(event, Preempted) and (run.view.state == "running" or run.ending):
                            self._requeue(event.job, has_begun=True)  # resumed or stopped meanwhile
        except Exception as error:  # noqa: BLE001 - a bug must cost one run, not the service
            self._fail_event(event, failure_messages.bug(error))
        if isinstance(event, _FREES_WORKER) and event.job == self.current_id:
            self._release_worker()
        if isinstance(event, Ready | Inspected):
            self.dispatch_inspection()

    def _fail_event(self, event: Event, message: str) -> None:
        """Fail the run or the question of an event whose handling failed, and stop the run in the worker."""
        if isinstance(event, Inspected):
            self.inspections.on_answer(Inspected(error=message))
        elif isinstance(event, RunEvent):
            self._fail(event.job, message)
            if not isinstance(event, _FREES_WORKER):
                self._send(Stop(job=event.job))

    def _fail(self, job: str, message: str) -> None:
        run_updates.fail(self._repository, job, message)

    def _release_worker(self) -> None:
        self._wait_times.end(self._repository.active.get(self.current_id))
        self._current = None
        self._lock.notify_all()
        if self._is_closing:
            return
        if self.supervisor.recycle():
            self.inspections.on_worker_lost()
        self.dispatch()

    def watch_worker(self, silence_seconds: float) -> None:
        """Replace a worker that hangs, or is silent for longer than `silence_seconds`; called regularly."""
        run = self._repository.active.get(self.current_id)
        is_paused = run is not None and run.view.state == "paused" and not run.ending
        has_run = self._current is not None and self._current.is_sent and not is_paused
        self.supervisor.watch(silence_seconds, is_busy=has_run or self.inspections.is_waiting)

    def _on_worker_lost(self, fault: Fault) -> None:
        """Requeue the run of a worker that died or hung, up to MAX_ATTEMPTS times; a paused run stays paused."""
        self.inspections.on_worker_lost()
        job, self._current = self.current_id, None
        if job and (checkpoint := self._repository.store.checkpoint(job)):
            remove_parts_of(checkpoint)
        run = self._repository.active.get(job)
        if run is None or run.view.state in FINAL:
            return
        run.attempts, run.interrupted = run.attempts + 1, fault.note
        if run.attempts > MAX_ATTEMPTS:
            self._fail(job, failure_messages.died(run.attempts, fault.reason))
        elif run.view.state != "paused" or run.ending:
            self._requeue(job, has_begun=True)

    def _fail_waiting(self, message: str) -> None:
        """Fail all runs that wait: no worker will be there for them."""
        for job in self._queue.jobs():
            self._queue.remove(job)
            self._fail(job, message)
