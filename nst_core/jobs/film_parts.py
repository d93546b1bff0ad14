"""The parts of a film's run in the workers: the run's own worker offers them, another worker paints one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from nst_core.errors import CheckpointError, NSTError, StorageError
from nst_core.film import run
from nst_core.film.reading import Film
from nst_core.film.spread.cuts import CutFinder
from nst_core.film.spread.files import PartFiles
from nst_core.film.spread.painting import FilmWork, paint_part, seconds_of_frame
from nst_core.film.spread.plan import Part, PartPlan
from nst_core.film.writing import FilmFolder
from nst_core.jobs import storage_errors
from nst_core.jobs.film_log import FilmLog
from nst_core.jobs.inbox import CommandInbox
from nst_core.jobs.messages import (
    AskForPart,
    FilmFiles,
    PartCommand,
    PartEnded,
    PartLeft,
    PartOffered,
    PartStepped,
    RunCommand,
    WorkerEvent,
)
from nst_core.recipe import Recipe
from nst_core.runs import runner
from nst_core.runs.films import passes
from nst_core.runs.inputs import EngineInputs
from nst_core.step import Step

Send = Callable[[WorkerEvent], None]


class SharedParts:
    """The parts of a run, as the run's own worker has them.

    Attributes:
        plan: who paints what.
        files: the parts' folders.
    """

    def __init__(  # noqa: PLR0913 - a run, and what it has
        self, command: RunCommand, film: Film, recipe: Recipe, folder: FilmFolder, path: Path, send: Send
    ) -> None:
        """Take over the parts that an earlier worker of the run left in `path`, and those that others still paint.

        Args:
            command: of the run.
            film: of the run.
            recipe: with the choices for this machine, which hold for all workers.
            folder: the film's frames.
            path: the folder of the parts.
            send: reports to the job service.
        """
        self._job, self._film, self._recipe, self._send = command.job, film, recipe, send
        self.files = PartFiles(path, film, recipe)
        kept = self.files.begin(folder.count)
        self.plan = PartPlan(run.total_frames(film, recipe), folder.count, command.taken, kept)
        self.plan.spare(seconds_of_frame(film, recipe))
        self._is_asked, self._finder = False, None  # type: bool, CutFinder | None

    def hear(self, news: Iterable[PartCommand]) -> None:
        """Note news, and offer a part if there is one and another worker has asked; called after each step."""
        for command in news:
            match command:
                case AskForPart():
                    self._is_asked = True
                case PartLeft():
                    self.plan.leave(command.first, is_whole=command.is_whole, is_refused=command.is_refused)
        if not self._is_asked:
            return
        if self._finder is None:
            self._finder = CutFinder(self._film, self._recipe, max(self.plan.reached - 1, 0))
        self.plan.is_complete = self._finder.is_complete  # before its list: it may grow meanwhile
        self.plan.cuts = tuple(self._finder.found)
        if part := self.plan.take():
            self._is_asked = False
            self._send(PartOffered(job=self._job, part=part, recipe=self._recipe))

    def on_step(self, part: Part, step: Step) -> None:
        """Report a step of a part that this worker paints itself."""
        self._send(stepped(self._job, self._recipe, part, step))

    def close(self) -> None:
        """Offer no more."""
        if self._finder is not None:
            self._finder.close()


class PartRun:
    """A part of a film's run that has another worker."""

    def __init__(  # noqa: PLR0913 - a run, and its part
        self,
        command: RunCommand,
        files: FilmFiles,
        part: Part,
        inputs: EngineInputs,
        inbox: CommandInbox,
        send: Send,
    ) -> None:
        """Take over a command with its `files`, `part` and `inputs`; `send` reports to the job service."""
        self._command, self._part, self._inputs, self._inbox, self._send = command, part, inputs, inbox, send
        self._log = FilmLog(Path(files.work))
        self._film = Film(Path(files.path), files.sha256, files.info)
        self._is_ended = False

    def perform(self) -> None:
        """Paint the part until it is whole or a command ends it, and report that, or the error that ended it."""
        is_whole, message = False, ""
        try:
            is_whole = self._paint()
        except NSTError as error:
            message = str(error)
        except OSError as error:
            message = str(unstored(error))
        if not self._film.path.exists():  # the run was deleted meanwhile
            self._log.remove()
        self._send(
            PartEnded(
                job=self._command.job,
                first=self._part.first,
                is_whole=is_whole,
                is_refused=not is_whole and not self._is_ended,
                message=message,
            )
        )

    def _paint(self) -> bool:
        """Paint; returns whether the part is whole. Raises NSTError and OSError."""
        given, inputs = self._command.recipe, self._inputs
        recipe = runner.prepare(given)
        if recipe.provenance.weights != given.provenance.weights:
            raise CheckpointError("this worker has other networks' weights than the run's own worker")
        files = PartFiles(self._log.parts, self._film, recipe)
        work = FilmWork(self._film, inputs.styles, recipe, inputs.masks, files, self._ends)
        return not self._ends() and paint_part(work, self._part, self._on_step)

    def _on_step(self, step: Step) -> None:
        self._send(stepped(self._command.job, self._command.recipe, self._part, step))

    def _ends(self) -> bool:
        """Whether a command ends the part now."""
        if not self._is_ended:
            newest = self._inbox.control(self._command.job)
            self._is_ended = newest.stop or newest.preempt
        return self._is_ended


def stepped(job: str, recipe: Recipe, part: Part, step: Step) -> PartStepped:
    """The event of a part's step."""
    return PartStepped(job=job, first=part.first, steps=step.number - passes(recipe) * part.first)


def unstored(error: OSError) -> StorageError:
    """The error of a film whose frames cannot be written."""
    return StorageError(f"the film cannot be stored, because {storage_errors.in_words(error)}")
