"""A film's run in the worker: frame after frame into the run's folder, and the film in the end.

Workers that have nothing else to do may paint later scenes meanwhile (`PartRun`); this worker takes them over in order.
A run that is stopped, or meets an error, leaves a film of the frames that it has from the beginning without a gap.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_core.errors import CheckpointError, NSTError, StorageError
from nst_core.film.reading import Film
from nst_core.film.run import finish, open_folder, steps_done
from nst_core.film.spread.painting import FilmWork, paint_film, take_over
from nst_core.film.unfinished import UnfinishedFrames, frame_of
from nst_core.film.writing import FilmFolder, Pixels
from nst_core.jobs.film_log import FilmLog
from nst_core.jobs.film_parts import SharedParts, unstored
from nst_core.jobs.inbox import CommandInbox, RunControl
from nst_core.jobs.messages import (
    Began,
    Failed,
    FilmFiles,
    Finished,
    Preempted,
    ResultReady,
    RunCommand,
    WorkerEvent,
)
from nst_core.jobs.step_events import SNAPSHOT_QUALITY, stepped
from nst_core.picture.encode import to_jpeg, to_png
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.runs import runner
from nst_core.runs.films import clip_of, passes
from nst_core.runs.inputs import EngineInputs
from nst_core.runs.usage import RunTimer
from nst_core.step import Step

_LOGGER = logging.getLogger(__name__)
WAIT_SECONDS = 0.2
"""How often a worker that has to wait for another one looks for news."""
STOP_SECONDS = 10.0
"""The longest wait of a film that is stopped for the worker of the part that comes next in it."""


@dataclass(frozen=True)
class _End:
    """The end of the frames.

    Attributes:
        control: the command that ended them, if one did.
        error: the error that ended them, if one did.
        unfinished: frames that follow those of the folder; see `UnfinishedFrames`.
    """

    control: RunControl
    error: NSTError | None = None
    unfinished: Sequence[Pixels] = ()


class FilmRun:
    """One run of a film, from its beginning or from where another worker ended."""

    def __init__(
        self,
        command: RunCommand,
        files: FilmFiles,
        inputs: EngineInputs,
        inbox: CommandInbox,
        send: Callable[[WorkerEvent], None],
    ) -> None:
        """Take over a command with its `files` and `inputs`; `send` reports to the job service."""
        self._command, self._files, self._inputs, self._inbox, self._send = command, files, inputs, inbox, send
        self._timer, self._log = RunTimer(), FilmLog(Path(files.work))
        self._film = Film(Path(files.path), files.sha256, files.info)

    def perform(self) -> None:
        """Perform the run from its preparation to its report. Raises NSTError."""
        try:
            self._perform()
        except OSError as error:
            raise unstored(error) from error

    def _perform(self) -> None:
        job = self._command.job
        recipe = self._prepared()
        folder, done = self._folder(recipe)
        self._log.begin(recipe, done)
        self._timer.mark_loaded(already=self._log.seconds)
        first = self._inbox.control(job, paused=self._command.paused)
        content = to_jpeg(fit(self._inputs.content, recipe.longest_edge_px), SNAPSHOT_QUALITY)
        shown = tuple(point for point in self._log.points if point.losses or point.events)  # as in an unbroken run
        self._send(Began(job=job, content=content, curve=shown))
        end = _End(RunControl(stop=first.stop or self._command.stop, preempt=first.preempt))
        if not folder.count or end.control == RunControl():  # else the frames so far are the result
            parts = SharedParts(self._command, self._film, recipe, folder, self._log.parts, self._send)
            parts.hear(first.parts)
            with contextlib.closing(parts):
                end = self._paint(recipe, folder, done // passes(recipe), end.control, parts)
        if end.control.preempt:
            self._send(Preempted(job=job))
            return
        self._finish(recipe, folder, end)

    def _folder(self, recipe: Recipe) -> tuple[FilmFolder, int]:
        """The frames so far, and the number of the last step that is not done again."""
        try:
            folder = open_folder(self._log.frames, self._film, recipe)
            return folder, steps_done(self._film, recipe, folder)
        except CheckpointError as error:
            _LOGGER.warning("%s; the film begins again", error)
            self._log.clear()
            return open_folder(self._log.frames, self._film, recipe), 0

    def _prepared(self) -> Recipe:
        """The recipe with its networks loaded; the choices of an earlier worker hold for the whole run."""
        before = self._log.recipe()
        if before is None:
            self._log.clear()
            return runner.prepare(self._command.recipe)
        prepared = runner.prepare(before)
        if prepared.provenance.weights == before.provenance.weights:
            return prepared
        _LOGGER.warning("The networks have changed since this run began; it begins again")
        self._log.clear()
        return runner.prepare(self._command.recipe)

    def _paint(self, recipe: Recipe, folder: FilmFolder, begin: int, control: RunControl, parts: SharedParts) -> _End:
        """Paint the frames from number `begin` on until they end, or a command or an error ends them.

        Raises an error before the first frame.
        """
        inputs, already = self._inputs, self._log.seconds
        orders = _Orders(self._inbox, self._command.job, control, parts)
        unfinished = UnfinishedFrames(folder, begin)
        work = FilmWork(self._film, inputs.styles, recipe, inputs.masks, parts.files, orders.end_it)
        clock = time.perf_counter() - already
        steps = paint_film(
            work, parts.plan, folder, already_seconds=already, wait=orders.wait_a_moment, on_part=parts.on_step
        )
        try:
            with contextlib.closing(steps):
                for step in steps:
                    self._note(step, unfinished)
            if orders.control.stop:
                orders.wait_for_part(folder.count)
                for step in take_over(work, parts.plan, folder, clock):
                    self._note(step, unfinished)
        except (NSTError, OSError) as error:
            if not folder.count and not unfinished.frames:
                raise
            told = unstored(error) if isinstance(error, OSError) else error
            return _End(orders.control, told, unfinished.frames)
        return _End(orders.control, unfinished=unfinished.frames)

    def _note(self, step: Step, unfinished: UnfinishedFrames) -> None:
        """Log and report a step."""
        self._timer.tick(step)
        unfinished.note(step)
        point = self._log.add(step, is_first_frame=frame_of(step) == 0)
        self._send(stepped(self._command.job, step, point))

    def _finish(self, recipe: Recipe, folder: FilmFolder, end: _End) -> None:
        """Write the film, send its still picture, then the report."""
        job, result = self._command.job, Path(self._files.result)
        if not self._film.path.exists():  # the run was deleted meanwhile
            self._log.remove()
            raise StorageError("the film of this run was deleted; start the run again")
        notes = finish(self._film, recipe, folder, result, end.unfinished)
        picture = self._log.still(end.unfinished[-1] if end.unfinished else folder.last())
        count = folder.count + len(end.unfinished)
        self._send(ResultReady(job=job, png=to_png(picture, recipe.to_json()), notes=notes))
        measured = self._command.measure and end.error is None
        inputs = self._inputs
        report = runner.report(inputs.content, inputs.styles, recipe, picture, self._timer, wants_metrics=measured)
        report["film"] = {
            "frames": count,
            "frames_per_second": clip_of(recipe).rate(self._film.info),
            "bytes": result.stat().st_size,
        }
        report["marks"] = [[point.step, event] for point in self._log.points for event in point.events]
        if end.error is not None and not end.control.stop:
            message = f"{end.error}; the {count} frames before that are kept"
            self._send(Failed(job=job, message=message, code=end.error.code, report=report))
        else:
            self._send(Finished(job=job, report=report, stopped=end.control.stop))


class _Orders:
    """The commands for a run, of which the first stop or preemption counts."""

    def __init__(self, inbox: CommandInbox, job: str, control: RunControl, parts: SharedParts) -> None:
        """`control` is the command from before the first frame; news of other workers go to `parts`."""
        self._inbox, self._job, self._parts, self.control = inbox, job, parts, control

    def end_it(self) -> bool:
        """Whether a command ends the run now. Waits here while the run is paused."""
        if self.control == RunControl():
            newest = self._inbox.control(self._job)
            self.control = RunControl(stop=newest.stop, preempt=newest.preempt)
            self._parts.hear(newest.parts)
        return self.control.stop or self.control.preempt

    def wait_for_part(self, frame: int) -> None:
        """Wait until the worker of the part with a frame, which was told to stop too, has left it."""
        until = time.monotonic() + STOP_SECONDS
        while self._parts.plan.is_taken(frame) and time.monotonic() < until:
            self.wait_a_moment()

    def wait_a_moment(self) -> None:
        """Wait for news of other workers, also after a stop."""
        self._inbox.is_quiet(WAIT_SECONDS)
        newest = self._inbox.control(self._job)
        self._parts.hear(newest.parts)
        if self.control == RunControl():
            self.control = RunControl(stop=newest.stop, preempt=newest.preempt)
