"""A film that several workers paint: the run's own worker in order, and each other one a part of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from nst_core.errors import NSTError
from nst_core.film import run
from nst_core.film.reading import Film
from nst_core.film.spread.files import PartFiles
from nst_core.film.spread.plan import Part, PartPlan
from nst_core.film.writing import FilmFolder
from nst_core.picture.masks import Weights
from nst_core.recipe import Recipe
from nst_core.runs import cost
from nst_core.step import Pixels, Step

OnStep = Callable[[Step], None]
_LOGGER = logging.getLogger(__name__)


def never() -> bool:
    """That a film goes on."""
    return False


@dataclass(frozen=True)
class FilmWork:
    """What any worker needs for a film: arguments as of `run.run_film`."""

    film: Film
    styles: Sequence[Pixels]
    recipe: Recipe
    masks: Sequence[Weights]
    files: PartFiles
    is_stopping: Callable[[], bool] = never

    def steps(
        self, folder: FilmFolder, goes_on: Callable[[int], bool], already_seconds: float | None = None
    ) -> Generator[Step, None, None]:
        """Paint on in a folder, as long as `goes_on` says so of the next frame. Raises as `run.run_film`."""
        return run.run_film(
            self.film,
            self.styles,
            self.recipe,
            masks=self.masks,
            folder=folder,
            is_stopping=self.is_stopping,
            goes_on=goes_on,
            already_seconds=already_seconds,
        )


def paint_part(work: FilmWork, part: Part, on_step: OnStep = lambda _: None) -> bool:
    """Paint a part of a film, or go on with it; returns whether all of it is there. Raises as `run.run_film`."""
    folder, _ = work.files.open(part)
    if folder.count >= part.end:
        return True
    steps = work.steps(folder, lambda frame: frame < part.end)
    with closing(steps):
        for step in steps:
            work.files.note(part, step)
            on_step(step)
            if work.is_stopping():
                break
    return folder.count >= part.end


def paint_film(  # noqa: PLR0913 - the film, and the other workers
    work: FilmWork,
    plan: PartPlan,
    folder: FilmFolder,
    *,
    already_seconds: float,
    wait: Callable[[], None],
    on_part: Callable[[Part, Step], None] = lambda *_: None,
) -> Generator[Step, None, None]:
    """The run's own worker: all of a film's steps, in order. Their frames are those of a film that one worker paints.

    Where the film has come to a part that another worker paints, this one paints a later part meanwhile, if there is
    one. Steps that were painted as a part have no state; the frames of that part are stored with the last of them.

    Args:
        work: the film; once it is stopping, the generator ends.
        plan: who paints what; other workers take from it whenever `work.is_stopping` or `wait` is called.
        folder: where the film's frames go.
        already_seconds: how long the run has lasted.
        wait: waits a moment for other workers.
        on_part: gets each step of a part that this worker paints.

    Raises as `run.run_film`.
    """
    began, total = time.perf_counter() - already_seconds, run.total_frames(work.film, work.recipe)
    while folder.count < total:
        at = folder.count
        if plan.kept(at):
            yield from take_over(work, plan, folder, began)
        elif not plan.is_taken(at):
            if (yield from _paint_on(work, plan, folder, time.perf_counter() - began)):
                return
            continue
        elif other := plan.take():
            _paint_other(work, plan, other, on_part)
        else:
            wait()
        if work.is_stopping():
            return


def _paint_on(
    work: FilmWork, plan: PartPlan, folder: FilmFolder, already_seconds: float
) -> Generator[Step, None, bool]:
    """Paint in order up to the next part; returns whether the film ends there, or is to end."""
    steps = work.steps(folder, plan.goes_on, already_seconds)
    with closing(steps):
        for step in steps:
            yield step
            if work.is_stopping():
                return True
    return not plan.kept(folder.count) and not plan.is_taken(folder.count)


def _paint_other(work: FilmWork, plan: PartPlan, part: Part, on_part: Callable[[Part, Step], None]) -> None:
    is_whole = False
    try:
        is_whole = paint_part(work, part, partial(on_part, part))
    except NSTError as error:  # it is told when the film has come to there
        _LOGGER.warning("Frames from %d on are not painted before their turn: %s", part.first, error)
    plan.leave(part.first, is_whole=is_whole, is_refused=not is_whole and not work.is_stopping())


def take_over(work: FilmWork, plan: PartPlan, folder: FilmFolder, began: float) -> Iterator[Step]:
    """The steps of the parts that continue a film and that nobody paints now; then the film has their frames.

    `began` is when the run began, on the clock of `time.perf_counter`. Raises OSError.
    """
    while part := plan.kept(folder.count):
        frames, done = work.files.open(part)
        for step in work.files.steps(part, run.steps_done(work.film, work.recipe, folder), done):
            yield replace(step, seconds=time.perf_counter() - began)
        folder.adopt(frames)
        plan.forget(part, folder.count)
        work.files.remove(part)


def seconds_of_frame(film: Film, recipe: Recipe) -> float:
    """The estimated time of one frame, in seconds; 0 if it is unknown."""
    total, size = run.total_frames(film, recipe), (film.info.width, film.info.height)
    try:
        return cost.of_run(recipe, size, total, max(len(recipe.styles), 1)).seconds / total
    except NSTError:  # too little memory now: the run itself reports that
        return 0.0
