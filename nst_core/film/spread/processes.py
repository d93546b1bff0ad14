"""Processes of this program that paint parts of a film; the process that started them paints the film in order."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.synchronize import Event
from typing import Any

from nst_core.film.spread.cuts import CutFinder
from nst_core.film.spread.painting import FilmWork, OnStep, paint_part
from nst_core.film.spread.plan import Part, PartPlan

WAIT_SECONDS = 0.2
"""How often a process that has to wait for another one looks for news."""
_LOGGER = logging.getLogger(__name__)


class PartProcesses:
    """Processes that take the parts of a plan. None is started before a part is known."""

    def __init__(
        self, work: FilmWork, plan: PartPlan, environments: Sequence[Mapping[str, str]], on_step: OnStep
    ) -> None:
        """Paint nothing yet.

        Args:
            work: the film; without `is_stopping`, it goes to the processes.
            plan: the parts.
            environments: the variables of each process.
            on_step: called in a process with each step; it goes there too.
        """
        self._work, self._plan, self._environments, self._on_step = work, plan, environments, on_step
        self._finder = CutFinder(work.film, work.recipe, max(plan.reached - 1, 0)) if environments else None
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._pool: ProcessPoolExecutor | None = None
        self._running: dict[Future[bool], Part] = {}
        self._is_broken = False

    def look(self) -> None:
        """Note which parts are done, and give each free process the next one; called after each step."""
        for future in [future for future in self._running if future.done()]:
            self._note(future, self._running.pop(future))
        if self._finder is None or self._is_broken or self._stop.is_set():
            return
        self._plan.is_complete = self._finder.is_complete  # before its list: it may grow meanwhile
        self._plan.cuts = tuple(self._finder.found)
        while len(self._running) < len(self._environments) and (part := self._plan.take()):
            self._running[self._started().submit(_paint, part)] = part

    def wait(self) -> None:
        """Wait a moment for a process."""
        wait(self._running, WAIT_SECONDS)
        self.look()

    def close(self) -> None:
        """Let each process end its step, and wait for that."""
        self._stop.set()
        if self._finder is not None:
            self._finder.close()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self.look()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            places = self._context.Queue()
            for environment in self._environments:
                places.put(dict(environment))
            count, given = len(self._environments), (places, self._stop, self._work, self._on_step)
            self._pool = ProcessPoolExecutor(count, self._context, initializer=_start, initargs=given)
        return self._pool

    def _note(self, future: Future[bool], part: Part) -> None:
        """Note that a process has left a part."""
        if future.cancelled():
            self._plan.leave(part.first, is_whole=False)
            return
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            if not self._is_broken:
                _LOGGER.warning("A process that painted a part of the film ended; one process paints the rest")
            self._is_broken = True
        elif error is not None:
            _LOGGER.warning("Frames from %d on are painted in their turn: %s", part.first, error)
        is_whole = error is None and future.result()
        is_refused = not is_whole and not self._stop.is_set()
        self._plan.leave(part.first, is_whole=is_whole, is_refused=is_refused)


_work: FilmWork | None = None
_on_step: OnStep | None = None


def _start(places: Any, stop: Event, work: FilmWork, on_step: OnStep) -> None:
    """Prepare a process: its environment comes before TensorFlow, and Ctrl-C is for the parent alone."""
    global _work, _on_step
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(places.get())
    _work, _on_step = replace(work, is_stopping=stop.is_set), on_step


def _paint(part: Part) -> bool:
    if _work is None or _on_step is None:
        raise RuntimeError("the process was not prepared")
    return paint_part(_work, part, _on_step)
