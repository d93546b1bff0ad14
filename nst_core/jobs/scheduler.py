"""The floor: who waits, what the worker plays, and what its events mean for the runs. Used under the desk's lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from nst_core.errors import JobError
from nst_core.jobs import failure_messages
from nst_core.jobs.active_run import Run
from nst_core.jobs.inspections import Looks
from nst_core.jobs.queue import Line, Place, Room
from nst_core.jobs.repository import Book
from nst_core.jobs.supervisor import Crew, Hire
from nst_core.jobs.views import FINAL, Point
from nst_core.jobs.wait_times import Pace
from nst_core.recipe import parse
from nst_core.runs.inputs import Pictures

TRIES = 2
"""How often a run whose worker died in the middle is gone on with."""
SHELVE_SECONDS = 20.0
"""How long a paused run may keep the worker from those who wait; then it goes on later from its checkpoint."""
_ENDS = ("done", "stopped", "failed", "shelved")
"""Events after which the worker is free."""


class Floor:
    """The line and the worker.

    Attributes:
        now: the run that the worker has; "" if it is free.
        crew: keeps a worker alive.
        looks: questions that it answers between two steps.
    """

    def __init__(self, book: Book, room: Room, lock: threading.Condition, hire: Hire | None) -> None:
        self.now = ""
        self.looks = Looks()
        self.crew = Crew(lock, self._hear, self._lost, self._given_up, hire)
        self._book, self._lock = book, lock
        self._line, self._pace = Line(room), Pace()
        self._paused = 0.0
        self._ticket = 0
        self._is_ordered = self._is_shelving = False
        for job, run in book.live.items():
            if run.view.state == "queued":
                self._line_up(job, again=run.view.number > 0)

    # In line.

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits in line."""
        return len(self._line) > 0

    def admit(self, job: str, visitor: str) -> None:
        """Put a newcomer in line. Raises QueueFullError."""
        self._line.admit(Place(job, visitor), self._remaining() or self._pace.usual)

    def place(self, job: str) -> tuple[int, float]:
        """Which one in line a run is, from 1, and about how many seconds it will wait; zeros if it is not in line."""
        ahead = self._line.jobs()
        if job not in ahead:
            return 0, 0.0
        before = ahead[: ahead.index(job)]
        return len(before) + 1, self._remaining() + sum(self._pace.left(self._book.live[other]) for other in before)

    def _line_up(self, job: str, *, again: bool) -> None:
        self._line.join(Place(job, self._book.live[job].view.visitor, again))
        self._book.put(job, state="queued")

    def _remaining(self) -> float:
        return self._pace.left_now(self._book.live.get(self.now))

    # What people ask of a live run.

    def stop(self, job: str) -> None:
        """End a run, keeping the picture it has."""
        run = self._book.live[job]
        if run.view.state in FINAL or run.ending:
            return
        if job == self.now:
            run.ending = True
            self._say("stop")
            return
        self._line.leave(job)
        can_go_on = self.crew.status.state != "failed" and self._book.store.has_checkpoint(job)
        if run.view.number > 0 and can_go_on:
            run.ending = True
            self._line_up(job, again=True)  # the worker makes a result of it without going on
            self.dispatch()
        else:
            self._book.put(job, state="stopped", ended=time.time())

    def drop(self, job: str) -> None:
        """Let go of a run that was taken out of the book."""
        self._line.leave(job)
        if job != self.now:
            return
        self._say("stop")
        if not self._is_ordered:  # the worker knows nothing of it and will not tell of its end
            self.now = ""
            self.dispatch()

    def pause(self, job: str) -> None:
        """Hold the run that the worker has."""
        if job == self.now and self._book.live[job].view.state == "running":
            self._paused = time.monotonic()
            self._book.put(job, state="paused")
            self._say("pause")

    def resume(self, job: str) -> None:
        """Go on with a paused run; one that is not with the worker any more waits for it again."""
        if self._book.live[job].view.state != "paused":
            return
        if job == self.now:
            self._book.put(job, state="running")
            self._say("resume")
        else:
            self._line_up(job, again=True)
            self.dispatch()

    def steer(self, job: str, settings: dict[str, Any]) -> bool:
        """Tell the worker of changed settings; whether it has the run."""
        if job != self.now:
            return False
        self._say("steer", settings=settings)
        return True

    def _say(self, command: str, **more: Any) -> None:
        """To the worker about its run; one that has not got its order yet finds all of it in there."""
        if self._is_ordered:
            self.crew.say({"do": command, "job": self.now, **more})

    def mind(self, unseen_minutes: float) -> None:
        """End runs that nobody looks at, and let those who wait pass one that is paused; to be called now and then."""
        at = time.monotonic()
        for job, run in list(self._book.live.items()):
            if 0 < unseen_minutes * 60 < at - run.seen and run.view.state not in FINAL and not run.ending:
                told = failure_messages.unseen(unseen_minutes, begun=run.view.number > 0)
                self._book.put(job, notes=(*run.view.notes, told))
                self.stop(job)
        run_now = self._book.live.get(self.now)
        long = run_now is not None and run_now.view.state == "paused" and at - self._paused > SHELVE_SECONDS
        if long and self._line and not self._is_shelving and self._book.store.checkpoint(self.now):
            self._is_shelving = True
            self._say("shelve")

    def fail_all(self, message: str) -> None:
        """Fail what waits and what runs."""
        self._fail(self.now, message)
        self.now = ""
        self._given_up(message)

    # To the worker.

    def dispatch(self) -> None:
        """Hand the next run to a worker that is ready and free."""
        if self.now or not self._line or not self.crew.is_ready:
            return
        self.now = job = self._line.serve()
        self._pace.begin()
        self._is_ordered = self._is_shelving = False
        self._ticket += 1
        run = self._book.live[job]
        self._book.put(job, state="running")
        if run.inputs is not None:
            self._order_run(run, run.inputs)
        else:  # not under the lock: large pictures take a while to read
            threading.Thread(target=self._fetch, args=(job, self._ticket), daemon=True).start()

    def _fetch(self, job: str, ticket: int) -> None:
        try:
            inputs = self._book.inputs(job)
        except Exception as error:  # noqa: BLE001 - else the line would wait for this run for ever
            message = str(error) if isinstance(error, JobError) else failure_messages.bug(error)
            self._when_current(ticket, lambda: self._unplayable(job, message))
        else:
            self._when_current(ticket, lambda: self._order_run(self._book.live[job], inputs))

    def _unplayable(self, job: str, message: str) -> None:
        self._fail(job, message)
        self._over()

    def _when_current(self, ticket: int, act: Callable[[], Any]) -> None:
        with self._lock:
            if self._ticket == ticket and self.now in self._book.live:
                act()

    def _order_run(self, run: Run, inputs: Pictures) -> None:
        try:
            order = run.order(inputs, self._book.store.checkpoint(run.view.id))
        except Exception as error:  # noqa: BLE001 - as above
            self._unplayable(run.view.id, failure_messages.bug(error))
            return
        self.crew.say(*order)
        self._is_ordered = True

    def put_look(self) -> None:
        """Hand the next look to a worker that is ready, whether or not it is free."""
        if self.crew.is_ready and (message := self.looks.next()):
            self.crew.say(*message)

    # From the worker.

    def _hear(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        """Take an event in; where that fails, its run does, and what comes after goes on."""
        try:
            self._heard(event, blobs)
        except Exception as error:  # noqa: BLE001 - a bug must cost one run, and not the desk its ears
            self._bungled(event, failure_messages.bug(error))

    def _bungled(self, event: dict[str, Any], message: str) -> None:
        if event["event"] == "looked":
            self.looks.answered({"error": message}, [])
            self.put_look()
        if not self.now or event.get("job") != self.now:
            return
        self._fail(self.now, message)
        if event["event"] in _ENDS:
            self._over()
        else:
            self._say("stop")

    def _heard(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        kind = event["event"]
        if kind == "ready":
            self.dispatch()
            self.put_look()
        elif kind == "looked":
            self.looks.answered(event, blobs)
            self.put_look()
        elif event["job"] == self.now:
            run = self._book.live.get(self.now)
            if run is not None and run.view.state not in FINAL:  # else it was deleted, or has failed here
                self._tell(run, event, blobs)
            if kind in _ENDS:
                self._over()

    def _tell(self, run: Run, event: dict[str, Any], blobs: list[bytes]) -> None:
        job = run.view.id
        match event["event"]:
            case "began":
                run.restart([Point.of(point) for point in event["curve"]])
                self._book.put(job, content=blobs[0])
            case "step":
                run.step(event, blobs, self._book.store.bounds.pictures)
                self._book.touch(job)
            case "result":
                self._book.put(job, result=blobs[0])
            case "done" | "stopped" as state:
                report = event["report"]
                self._book.put(job, state=state, report=report, recipe=parse(report["recipe"]), ended=time.time())
            case "failed":
                if kept := event.get("report"):  # it leaves the best picture it had
                    self._book.put(job, report=kept, recipe=parse(kept["recipe"]))
                self._fail(job, event["message"])
            case "shelved" if run.view.state == "running" or run.ending:  # asked for again meanwhile
                self._line_up(job, again=True)

    def _fail(self, job: str, message: str) -> None:
        run = self._book.live.get(job)
        if run is not None and run.view.state not in FINAL:
            self._book.put(job, state="failed", error=message, ended=time.time())

    def _over(self) -> None:
        self._pace.end()
        self.now = ""
        if self.crew.recycle():
            self.looks.lost()
        self.dispatch()

    def _lost(self, reason: str) -> None:
        """The worker died: what it was at is gone on with by the next one, so many times."""
        self.looks.lost()
        job, self.now = self.now, ""
        run = self._book.live.get(job)
        if run is None or run.view.state in FINAL:
            return
        run.tries, run.interrupted = run.tries + 1, failure_messages.LOST
        if run.tries > TRIES:
            self._fail(job, failure_messages.died(run.tries, reason))
        elif run.view.state != "paused" or run.ending:
            self._line_up(job, again=True)

    def _given_up(self, message: str) -> None:
        for job in self._line.jobs():
            self._line.leave(job)
            self._fail(job, message)
