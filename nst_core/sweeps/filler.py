"""Fills the cells of a grid, such as a sweep or a batch, with runs, one after another.

A thread of the server submits them; no page needs to stay open. Only one cell is queued at a time, so that the queue
stays fair to others. Each cell's run is deleted as soon as its picture is stored, so that it does not fill the
visitor's list of runs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Literal

from nst_core.errors import JobError, NSTError, QueueFullError, WorkerError
from nst_core.jobs.views import FINAL
from nst_core.recipe import Recipe
from nst_core.runs.inputs import RunInputs

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, JobView

UNSEEN_SECONDS = 120.0
"""The time after which a grid that no page shows pauses."""
RETRY_SECONDS = 1.0
"""The wait before a cell is submitted again after the queue was full."""
_TICK_SECONDS = 0.5


@dataclass(frozen=True)
class Cell:
    """The state of one cell; `picture` is a JPEG, the newest one while its run is under way."""

    state: Literal["waiting", "painting", "painted", "failed"] = "waiting"
    picture: bytes | None = field(default=None, repr=False)
    error: str = ""


class GridFiller:
    """The cells of a grid, and the thread that fills them.

    Attributes:
        cells: the cells; "painting" may be left over from a stop.
        error: the reason why the filling halted, in one sentence; empty while it can continue.
        is_queue_full: whether the next cell waits for room in the queue.
        is_stopped: whether it was stopped.
    """

    def __init__(  # noqa: PLR0913 - what a cell is made of
        self,
        service: JobService,
        owner: str,
        cells: Sequence[Cell],
        run_of: Callable[[int], tuple[Recipe, RunInputs]],
        keep: Callable[[int, JobView], None],
        *,
        is_stopped: bool = False,
        measure: bool = False,
    ) -> None:
        """Nothing runs before `ensure_running`.

        Args:
            service: where the runs are submitted.
            owner: the owner's id, under which they are submitted.
            cells: the states to begin with.
            run_of: number of a cell -> its recipe and pictures; raises NSTError if it has none.
            keep: stores a finished cell, of which it gets the number and the run, before the run is deleted.
            is_stopped: whether to begin stopped.
            measure: whether the runs measure their results.
        """
        self.cells = list(cells)
        self.error, self.is_queue_full, self.is_stopped = "", False, is_stopped
        self._service, self._owner, self._run_of, self._keep = service, owner, run_of, keep
        self._measure = measure
        self._cell_seconds: list[float] = []
        self._last_seen = time.monotonic()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stop_event = threading.Event()

    @property
    def shown(self) -> tuple[Cell, ...]:
        """The cells; none is "painting" once it is stopped."""
        return tuple(Cell() if self.is_stopped and cell.state == "painting" else cell for cell in self.cells)

    @property
    def done(self) -> int:
        """The number of cells that are painted or have failed."""
        return sum(cell.state in ("painted", "failed") for cell in self.cells)

    @property
    def is_over(self) -> bool:
        """Whether all cells are done."""
        return self.done == len(self.cells)

    @property
    def is_active(self) -> bool:
        """Whether the remaining cells are submitted: it is not over, stopped or halted by an error."""
        return not (self.is_over or self.is_stopped or self.error)

    @property
    def seconds_left(self) -> float | None:
        """The estimated time for the remaining cells, in seconds; None before a cell is done."""
        return median(self._cell_seconds[-5:]) * (len(self.cells) - self.done) if self._cell_seconds else None

    def ensure_running(self) -> None:
        """Note that a page shows the grid, and start the thread unless it runs, or the grid is stopped or over."""
        with self._lock:
            self._last_seen = time.monotonic()
            if self.is_active and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="nst-sweep", daemon=True)
                self._thread.start()

    def resume(self) -> None:
        """Paint the missing cells after a stop or an error."""
        self.is_stopped, self.error = False, ""
        self._stop_event.clear()
        self.ensure_running()

    def halt(self) -> None:
        """Stop after the current cell's step; finished cells stay."""
        self.is_stopped = True
        self._stop_event.set()

    def join(self, timeout_seconds: float) -> bool:
        """Whether the thread has ended within the timeout."""
        thread = self._thread
        if thread:
            thread.join(timeout_seconds)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while self.is_active and time.monotonic() - self._last_seen < UNSEEN_SECONDS:
            number = next(n for n, cell in enumerate(self.cells) if cell.state in ("waiting", "painting"))
            began = time.monotonic()
            try:
                self._fill(number)
            except QueueFullError:
                self.is_queue_full = True
                self._stop_event.wait(RETRY_SECONDS)
            except WorkerError as error:
                self.error = str(error)
            except NSTError as error:
                self.cells[number] = Cell("failed", error=str(error))
            if self.cells[number].state == "painted":
                self._cell_seconds.append(time.monotonic() - began)

    def _fill(self, number: int) -> None:
        """Run one cell. Raises NSTError as `JobService.submit` does."""
        recipe, inputs = self._run_of(number)
        job = self._service.submit(
            recipe, inputs.content, inputs.styles, start=inputs.start, owner=self._owner, measure=self._measure
        )
        self.is_queue_full = False
        try:
            view = self._follow(job, number)
            if view.state == "done":
                self._keep(number, view)
            self.cells[number] = _cell_of(view)
        finally:
            with contextlib.suppress(JobError):
                self._service.discard(job)

    def _follow(self, job: str, number: int) -> JobView:
        """A cell's run once it is over or the sweep is stopped; meanwhile the cell shows its newest picture."""
        while True:
            view = self._service.wait(job, _TICK_SECONDS)
            if view.state in FINAL or self.is_stopped:
                return view
            self.cells[number] = Cell("painting", view.snapshot)


def _cell_of(view: JobView) -> Cell:
    """The cell after its run; it waits again if the sweep was stopped before the run was over."""
    if view.state == "done":
        return Cell("painted", view.snapshot)
    if view.state in FINAL:
        return Cell("failed", error=view.error or "this picture was stopped elsewhere; paint it again")
    return Cell()
