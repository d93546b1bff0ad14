"""The desk: what pages and the API talk to. It holds jobs and the line, and keeps a worker process alive.

    queued -> running -> done | stopped | failed        running <-> paused

It belongs to the server, not to a browser tab, and never imports TensorFlow. Every method may be called from any
thread and returns at once, `wait` excepted.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nst_core.errors import JobError, WorkerError
from nst_core.jobs import line
from nst_core.jobs.line import Place, Room
from nst_core.jobs.looks import Look, Looks, Question
from nst_core.jobs.pictures import Pictures
from nst_core.jobs.process import Process
from nst_core.jobs.views import FINAL, JobView, Point, State, WorkerStatus, steps_of
from nst_core.picture.door import Picture
from nst_core.picture.masks import Mask
from nst_core.recipe import Recipe, parse, steered

__all__ = ["FINAL", "Desk", "JobView", "Point", "WorkerStatus"]
KEPT = 60
"""Finished jobs kept in memory; the oldest goes first."""
STARTS = 3
"""Worker processes that may die one after another, before they are ready, until the desk gives up."""
RECYCLE_MB = 2500.0
"""A worker that still holds this much after a job is replaced: each new picture shape or set of layers leaves some."""
USUAL_SECONDS = 60.0
"""How long a run is taken to last before one has been seen."""


class Desk:
    """Jobs, their line, and the worker that plays them one at a time."""

    def __init__(self, room: Room = Room()) -> None:  # noqa: B008 - frozen
        self._room = room
        self._lock = threading.Condition()  # told of every change
        self._jobs: dict[str, JobView] = {}
        self._points: dict[str, list[Point]] = {}
        self._pictures: dict[str, Pictures] = {}
        self._timeline: dict[str, dict[int, bytes]] = {}
        self._line: tuple[Place, ...] = ()
        self._now, self._last_visitor = "", ""
        self._looks = Looks()
        self._usual, self._began = USUAL_SECONDS, 0.0
        self._worker: Process | None = None
        self._status = WorkerStatus()
        self._deaths = 0

    def warm(self) -> None:
        """Start the worker if it is not there."""
        with self._lock:
            if self._worker is None and self._status.state != "failed":
                self._start()

    def retry(self) -> None:
        """Start the worker anew after it failed to load the networks."""
        with self._lock:
            if self._status.state != "failed":
                return
            worker, self._worker = self._worker, None
            self._deaths = 0
            self._start()
        if worker:
            worker.end()

    def close(self) -> None:
        """End the worker; what is running or waiting fails."""
        with self._lock:
            worker, self._worker = self._worker, None
            self._status = WorkerStatus()
            for job in [self._now, *(place.job for place in self._line)]:
                self._fail(job, "the server is shutting down")
            self._line, self._now = (), ""
        if worker:
            worker.end()

    def status(self) -> WorkerStatus:
        """How the worker is now."""
        with self._lock:
            busy = self._status.state == "ready" and self._now
            return replace(self._status, state="busy") if busy else self._status

    def submit(  # noqa: PLR0913 - all that a run may be made of
        self,
        recipe: Recipe,
        content: Picture,
        styles: Sequence[Picture],
        *,
        start: Picture | None = None,
        masks: Sequence[Mask] = (),
        visitor: str = "",
        measure: bool = True,
    ) -> str:
        """Put a run in line and return its id.

        Args:
            recipe: every setting; the pictures' hashes are filled in.
            content: what is painted.
            styles: one for each of `recipe.styles`; any number if it names none.
            start: the picture of start "own".
            masks: one for each of `recipe.regions`.
            visitor: whose run it is, for the line's fairness.
            measure: whether the yardstick judges the result, which takes seconds.

        Raises:
            QueueFullError: no room for this visitor, or for anybody.
            RecipeError: the recipe and the pictures do not fit.
            WorkerError: the networks could not be loaded; `retry` tries again.
        """
        pictures = Pictures(content, tuple(styles), start, tuple(masks))
        recipe = pictures.named_in(recipe)
        job = secrets.token_hex(16)  # hex: Streamlit refuses "__" in the key of a component
        with self._lock:
            if self._status.state == "failed":
                raise WorkerError(self._status.message)
            self._line = line.admit(self._line, Place(job, visitor), self._room, self._usual)
            began = {"created": time.time(), "visitor": visitor}
            self._jobs[job] = JobView(job, "queued", recipe, of=steps_of(recipe), measure=measure, **began)
            self._points[job], self._timeline[job] = [], {}
            self._pictures[job] = pictures
            self._forget()
            self.warm()
            self._dispatch()
        return job

    def view(self, job: str) -> JobView:
        """A job as it stands. Raises JobError if it is unknown or was forgotten."""
        with self._lock:
            if job not in self._jobs:
                raise JobError("this run is not here any more; runs are kept until the server restarts or needs room")
            ahead = [place.job for place in line.order(self._line, self._last_visitor)]
            position = ahead.index(job) + 1 if job in ahead else 0
            kept = tuple(self._timeline[job])
            return replace(self._jobs[job], position=position, points=tuple(self._points[job]), timeline=kept)

    def runs(self, visitor: str = "") -> tuple[JobView, ...]:
        """A visitor's runs, the newest first; without one, the finished runs that their owners list."""
        with self._lock:
            known = [self.view(job) for job in reversed(self._jobs)]
        return tuple(v for v in known if (v.visitor == visitor if visitor else v.listed and v.result is not None))

    def picture_at(self, job: str, number: int) -> bytes:
        """The kept picture nearest to a step, as JPEG. Raises JobError if the run is unknown or has none."""
        with self._lock:
            self.view(job)
            kept = self._timeline[job]
            if not kept:
                raise JobError("this run has kept no picture yet; wait for its first step")
            return kept[min(kept, key=lambda there: abs(there - number))]

    def inputs(self, job: str) -> Pictures:
        """What a run was made of. Raises JobError if it is unknown."""
        with self._lock:
            self.view(job)
            return self._pictures[job]

    def publish(self, job: str, *, listed: bool) -> None:
        """List a finished run in the gallery, or take it off. Raises JobError if it is unknown."""
        with self._lock:
            self.view(job)
            self._put(job, listed=listed)

    def delete(self, job: str) -> None:
        """Forget a run for good, ending it first if it is under way. Raises JobError if it is unknown."""
        self.stop(job)
        with self._lock:
            del self._jobs[job], self._points[job], self._timeline[job], self._pictures[job]

    def look(self, question: Question, *pictures: Picture) -> Look:
        """What a network makes of pictures: the answer if it is there, else the wait for it; ask again until it is.

        The worker answers between two steps of a run. Raises WorkerError if the networks could not be loaded.
        """
        with self._lock:
            if self._status.state == "failed":
                raise WorkerError(self._status.message)
            self.warm()
            look = self._looks.ask(question, pictures)
            self._put_look()
            return look

    def wait(self, job: str, seconds: float) -> JobView:
        """A job as soon as it is over, or as it stands after so long. Raises JobError as `view` does."""
        with self._lock:
            self._lock.wait_for(lambda: self.view(job).state in FINAL, seconds)
            return self.view(job)

    def stop(self, job: str) -> None:
        """End a job within a step, keeping its picture; one that waits leaves the line. A final job stays as it is."""
        with self._lock:
            state = self.view(job).state
            if state == "queued":
                self._line = tuple(place for place in self._line if place.job != job)
                self._put(job, state="stopped")
            elif state in ("running", "paused"):
                self._say("stop", job)

    def pause(self, job: str) -> None:
        """Hold a running job after its step."""
        self._turn(job, "pause", "running", "paused")

    def resume(self, job: str) -> None:
        """Go on with a paused job."""
        self._turn(job, "resume", "paused", "running")

    def steer(self, job: str, settings: Mapping[str, Any]) -> None:
        """Change settings of a run between its steps, while it is paused too; one that waits will begin with them.

        Args:
            job: the run.
            settings: what to change, by name; see `nst_core.recipe.STEERABLE`.

        Raises:
            JobError: the run is over or unknown.
            RecipeError: a setting cannot change in the middle of a run, or is out of range.
        """
        with self._lock:
            view = self.view(job)
            if view.state in FINAL or view.result:
                raise JobError("only a run under way can be steered, and this one is over; start a new one")
            recipe = steered(view.recipe, settings)
            if view.state == "queued":
                self._put(job, recipe=recipe, of=steps_of(recipe))
            else:
                self._say("steer", job, settings=dict(settings))
                self._put(job, recipe=recipe)

    # What follows runs under the lock.

    def _turn(self, job: str, command: str, needed: State, then: State) -> None:
        with self._lock:
            if self.view(job).state == needed:
                self._say(command, job)
                self._put(job, state=then)

    def _say(self, command: str, job: str, **more: Any) -> None:
        if self._worker:
            self._worker.say({"do": command, "job": job, **more})

    def _put(self, job: str, **changes: Any) -> None:
        self._jobs[job] = replace(self._jobs[job], **changes)
        self._lock.notify_all()

    def _fail(self, job: str, message: str) -> None:
        if job and self._jobs[job].state not in FINAL:
            self._put(job, state="failed", error=message)

    def _forget(self) -> None:
        over = [job for job, view in self._jobs.items() if view.state in FINAL]
        for job in over[: max(0, len(over) - KEPT)]:
            del self._jobs[job], self._points[job], self._timeline[job], self._pictures[job]

    def _start(self) -> None:
        self._status = WorkerStatus("starting")
        worker: Process

        def hear(event: dict[str, Any], blobs: list[bytes]) -> None:
            with self._lock:
                if self._worker is worker:
                    self._hear(event, blobs)

        def gone(reason: str) -> None:
            with self._lock:
                if self._worker is worker:
                    self._gone(reason)

        with self._lock:  # so that the first event waits until `worker` has a value
            worker = Process(hear, gone)
            self._worker = worker

    def _dispatch(self) -> None:
        """Hand the next job to a worker that is ready and free."""
        if self._now or not self._line or self._status.state != "ready" or self._worker is None:
            return
        place = line.order(self._line, self._last_visitor)[0]
        self._line = tuple(p for p in self._line if p.job != place.job)
        self._now, self._last_visitor, self._began = place.job, place.visitor, time.monotonic()
        self._put(place.job, state="running")
        heads, blobs = self._pictures[place.job].packed()
        view = self._jobs[place.job]
        order = {"do": "run", "job": place.job, "pictures": heads, "measure": view.measure}
        self._worker.say({**order, "recipe": view.recipe.model_dump(mode="json")}, blobs)

    def _put_look(self) -> None:
        """Hand the next look to a worker that is ready, whether or not it is free."""
        if self._status.state == "ready" and self._worker and (message := self._looks.next()):
            self._worker.say(*message)

    def _hear(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        self._status = replace(self._status, memory_mb=event["memory_mb"])
        match event["event"]:
            case "ready":
                self._deaths = 0
                self._status = WorkerStatus(
                    "ready", event["device"], event["precision"], event["sources"], memory_mb=event["memory_mb"]
                )
                self._dispatch()
                self._put_look()
            case "looked":
                self._looks.answered(event, blobs)
                self._put_look()
            case "unready":
                self._give_up(event["message"])
            case "step":
                self._stepped(event, blobs)
            case "began":
                self._put(event["job"], content=blobs[0])
            case "result":
                self._put(event["job"], result=blobs[0])
            case "done" | "stopped" as state:
                report = event["report"]
                self._put(event["job"], state=state, report=report, recipe=parse(report["recipe"]))
                self._over()
            case "failed":
                self._fail(event["job"], event["message"])
                self._over()

    def _stepped(self, event: dict[str, Any], blobs: list[bytes]) -> None:
        job = event["job"]
        if event["losses"] or event["marks"]:
            self._points[job].append(Point.of(event))
        if blobs:
            self._timeline[job][event["number"]] = blobs[0]
        self._jobs[job] = self._jobs[job].after_step(event, blobs)

    def _over(self) -> None:
        self._usual = 0.5 * self._usual + 0.5 * (time.monotonic() - self._began)
        self._now = ""
        if self._status.memory_mb > RECYCLE_MB and self._worker is not None:
            worn = self._worker
            self._looks.lost()
            self._start()
            worn.end()
        self._dispatch()

    def _gone(self, reason: str) -> None:
        """The worker died: its job fails with the reason, and another worker takes over."""
        self._worker = None
        self._looks.lost()
        self._fail(self._now, f"the process that paints ended in the middle of this run: {reason}; start it again")
        self._now = ""
        self._deaths += 1
        if self._deaths < STARTS:
            self._start()
        else:
            self._give_up(f"the process that holds the networks could not be kept alive: {reason}")

    def _give_up(self, message: str) -> None:
        self._status = WorkerStatus("failed", message=message)
        for place in self._line:
            self._fail(place.job, message)
        self._line = ()
