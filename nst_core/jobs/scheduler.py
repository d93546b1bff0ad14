"""The floor: who waits, what the worker plays, and what its events mean for the runs. Used under the desk's lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from nst_core.errors import JobError
from nst_core.jobs import failure_messages
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.inspections import InspectionQueue
from nst_core.jobs.queue import FairQueue, QueueEntry, QueueLimits
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.supervisor import SpawnWorker, WorkerSupervisor
from nst_core.jobs.views import FINAL, CurvePoint
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.recipe import parse
from nst_core.runs.inputs import RunInputs

MAX_ATTEMPTS = 2
"""How often a run whose worker died in the middle is gone on with."""
PREEMPT_SECONDS = 20.0
"""How long a paused run may keep the worker from those who wait; then it goes on later from its checkpoint."""
_ENDS = ("done", "stopped", "failed", "shelved")
"""Events after which the worker is free."""


class Scheduler:
    """The line and the worker.

    Attributes:
        now: the run that the worker has; "" if it is free.
        crew: keeps a worker alive.
        looks: questions that it answers between two steps.
    """

    def __init__(
        self, book: RunRepository, room: QueueLimits, lock: threading.Condition, hire: SpawnWorker | None
    ) -> None:
        self.current_id = ""
        self.inspections = InspectionQueue()
        self.supervisor = WorkerSupervisor(lock, self._on_event, self._on_worker_lost, self._on_worker_failed, hire)
        self._repository, self._lock = book, lock
        self._line, self._wait_times = FairQueue(room), WaitEstimator()
        self._paused = 0.0
        self._ticket = 0
        self._is_ordered = self._is_shelving = False
        for job, run in book.active.items():
            if run.view.state == "queued":
                self._enqueue(job, again=run.view.step > 0)

    # In line.

    @property
    def has_waiting(self) -> bool:
        """Whether somebody waits in line."""
        return len(self._line) > 0

    def admit(self, job: str, visitor: str) -> None:
        """Put a newcomer in line. Raises QueueFullError."""
        self._line.admit(QueueEntry(job, visitor), self._remaining() or self._wait_times.typical_seconds)

    def queue_position(self, job: str) -> tuple[int, float]:
        """Which one in line a run is, from 1, and about how many seconds it will wait; zeros if it is not in line."""
        ahead = self._line.jobs()
        if job not in ahead:
            return 0, 0.0
        before = ahead[: ahead.index(job)]
        return len(before) + 1, self._remaining() + sum(
            self._wait_times.remaining(self._repository.active[other]) for other in before
        )

    def _enqueue(self, job: str, *, again: bool) -> None:
        self._line.requeue(QueueEntry(job, self._repository.active[job].view.visitor, again))
        self._repository.update(job, state="queued")

    def _remaining(self) -> float:
        return self._wait_times.remaining_now(self._repository.active.get(self.current_id))

    # What people ask of a live run.

    def stop(self, job: str) -> None:
        """End a run, keeping the picture it has."""
        run = self._repository.active[job]
        if run.view.state in FINAL or run.ending:
            return
        if job == self.current_id:
            run.ending = True
            self._command("stop")
            return
        self._line.remove(job)
        can_go_on = self.supervisor.status.state != "failed" and self._repository.store.has_checkpoint(job)
        if run.view.step > 0 and can_go_on:
            run.ending = True
            self._enqueue(job, again=True)  # the worker makes a result of it without going on
            self.dispatch()
        else:
            self._repository.update(job, state="stopped", ended=time.time())

    def discard(self, job: str) -> None:
        """Let go of a run that was taken out of the book."""
        self._line.remove(job)
        if job != self.current_id:
            return
        self._command("stop")
        if not self._is_ordered:  # the worker knows nothing of it and will not tell of its end
            self.current_id = ""
            self.dispatch()

    def pause(self, job: str) -> None:
        """Hold the run that the worker has."""
        if job == self.current_id and self._repository.active[job].view.state == "running":
            self._paused = time.monotonic()
            self._repository.update(job, state="paused")
            self._command("pause")

    def resume(self, job: str) -> None:
        """Go on with a paused run; one that is not with the worker any more waits for it again."""
        if self._repository.active[job].view.state != "paused":
            return
        if job == self.current_id:
            self._repository.update(job, state="running")
            self._command("resume")
        else:
            self._enqueue(job, again=True)
            self.dispatch()

    def steer(self, job: str, settings: dict[str, Any]) -> bool:
        """Tell the worker of changed settings; whether it has the run."""
        if job != self.current_id:
            return False
        self._command("steer", settings=settings)
        return True

    def _command(self, command: str, **more: Any) -> None:
        """To the worker about its run; one that has not got its order yet finds all of it in there."""
        if self._is_ordered:
            self.supervisor.send({"do": command, "job": self.current_id, **more})

    def reap_idle(self, unseen_minutes: float) -> None:
        """End runs that nobody looks at, and let those who wait pass one that is paused; to be called now and then."""
        at = time.monotonic()
        for job, run in list(self._repository.active.items()):
            if 0 < unseen_minutes * 60 < at - run.last_seen and run.view.state not in FINAL and not run.ending:
                told = failure_messages.unseen(unseen_minutes, begun=run.view.step > 0)
                self._repository.update(job, notes=(*run.view.notes, told))
                self.stop(job)
        run_now = self._repository.active.get(self.current_id)
        long = run_now is not None and run_now.view.state == "paused" and at - self._paused > PREEMPT_SECONDS
        if long and self._line and not self._is_shelving and self._repository.store.checkpoint(self.current_id):
            self._is_shelving = True
            self._command("shelve")

    def fail_all(self, message: str) -> None:
        """Fail what waits and what runs."""
        self._fail(self.current_id, message)
        self.current_id = ""
        self._on_worker_failed(message)

    # To the worker.

    def dispatch(self) -> None:
        """Hand the next run to a worker that is ready and free."""
        if self.current_id or not self._line or not self.supervisor.is_ready:
            return
        self.current_id = job = self._line.pop()
        self._wait_times.begin()
        self._is_ordered = self._is_shelving = False
        self._ticket += 1
        run = self._repository.active[job]
        self._repository.update(job, state="running")
        if run.inputs is not None:
            self._order_run(run, run.inputs)
        else:  # not under the lock: large pictures take a while to read
            threading.Thread(target=self._fetch, args=(job, self._ticket), daemon=True).start()

    def _fetch(self, job: str, ticket: int) -> None:
        try:
            inputs = self._repository.inputs(job)
        except Exception as error:  # noqa: BLE001 - else the line would wait for this run for ever
            message = str(error) if isinstance(error, JobError) else failure_messages.bug(error)
            self._when_current(ticket, lambda: self._fail_dispatch(job, message))
        else:
            self._when_current(ticket, lambda: self._order_run(self._repository.active[job], inputs))

    def _fail_dispatch(self, job: str, message: str) -> None:
        self._fail(job, message)
        self._release_worker()

    def _when_current(self, ticket: int, act: Callable[[], Any]) -> None:
        with self._lock:
            if self._ticket == ticket and self.current_id in self._repository.active:
                act()

    def _order_run(self, run: ActiveRun, inputs: RunInputs) -> None:
        try:
            order = run.order(inputs, self._repository.store.checkpoint(run.view.id))
        except Exception as error:  # noqa: BLE001 - as above
            self._fail_dispatch(run.view.id, failure_messages.bug(error))
            return
        self.supervisor.send(*order)
        self._is_ordered = True

    def dispatch_inspection(self) -> None:
        """Hand the next look to a worker that is ready, whether or not it is free."""
        if self.supervisor.is_ready and (message := self.inspections.next()):
            self.supervisor.send(*message)

    # From the worker.

    def _on_event(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        """Take an event in; where that fails, its run does, and what comes after goes on."""
        try:
            self._handle(event, blobs)
        except Exception as error:  # noqa: BLE001 - a bug must cost one run, and not the desk its ears
            self._fail_event(event, failure_messages.bug(error))

    def _fail_event(self, event: dict[str, Any], message: str) -> None:
        if event["event"] == "looked":
            self.inspections.answered({"error": message}, [])
            self.dispatch_inspection()
        if not self.current_id or event.get("job") != self.current_id:
            return
        self._fail(self.current_id, message)
        if event["event"] in _ENDS:
            self._release_worker()
        else:
            self._command("stop")

    def _handle(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        kind = event["event"]
        if kind == "ready":
            self.dispatch()
            self.dispatch_inspection()
        elif kind == "looked":
            self.inspections.answered(event, blobs)
            self.dispatch_inspection()
        elif event["job"] == self.current_id:
            run = self._repository.active.get(self.current_id)
            if run is not None and run.view.state not in FINAL:  # else it was deleted, or has failed here
                self._apply(run, event, blobs)
            if kind in _ENDS:
                self._release_worker()

    def _apply(self, run: ActiveRun, event: dict[str, Any], blobs: list[bytes]) -> None:
        job = run.view.id
        match event["event"]:
            case "began":
                run.restart([CurvePoint.of(point) for point in event["curve"]])
                self._repository.update(job, content=blobs[0])
            case "step":
                run.step(event, blobs, self._repository.store.bounds.pictures)
                self._repository.mark_dirty(job)
            case "result":
                self._repository.update(job, result=blobs[0])
            case "done" | "stopped" as state:
                report = event["report"]
                self._repository.update(
                    job, state=state, report=report, recipe=parse(report["recipe"]), ended=time.time()
                )
            case "failed":
                if kept := event.get("report"):  # it leaves the best picture it had
                    self._repository.update(job, report=kept, recipe=parse(kept["recipe"]))
                self._fail(job, event["message"])
            case "shelved" if run.view.state == "running" or run.ending:  # asked for again meanwhile
                self._enqueue(job, again=True)

    def _fail(self, job: str, message: str) -> None:
        run = self._repository.active.get(job)
        if run is not None and run.view.state not in FINAL:
            self._repository.update(job, state="failed", error=message, ended=time.time())

    def _release_worker(self) -> None:
        self._wait_times.end()
        self.current_id = ""
        if self.supervisor.recycle():
            self.inspections.lost()
        self.dispatch()

    def _on_worker_lost(self, reason: str) -> None:
        """The worker died: what it was at is gone on with by the next one, so many times."""
        self.inspections.lost()
        job, self.current_id = self.current_id, ""
        run = self._repository.active.get(job)
        if run is None or run.view.state in FINAL:
            return
        run.attempts, run.interrupted = run.attempts + 1, failure_messages.LOST
        if run.attempts > MAX_ATTEMPTS:
            self._fail(job, failure_messages.died(run.attempts, reason))
        elif run.view.state != "paused" or run.ending:
            self._enqueue(job, again=True)

    def _on_worker_failed(self, message: str) -> None:
        for job in self._line.jobs():
            self._line.remove(job)
            self._fail(job, message)
