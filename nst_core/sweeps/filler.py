"""Fills the cells of a grid, such as a sweep or a batch, with runs: as many at once as there are workers.

A thread of the server for each worker submits them; no page needs to stay open. Each thread queues one cell at a time,
so that the queue stays fair to others. Each cell's run is deleted as soon as its picture is stored, so that it does not
fill the visitor's list of runs.
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
    """The cells of a grid, and the threads that fill them, one for each worker that is ready.

    Attributes:
        cells: the cells; "painting" may be left over from a stop.
        error: the reason why the filling halted, in one sentence; empty while it can continue.
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
        name: str = "",
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
            name: names the grid among all servers that could fill it; "" if only this one can.
        """
        self.cells = list(cells)
        self.error, self.is_stopped = "", is_stopped
        self._service, self._owner, self._run_of, self._keep = service, owner, run_of, keep
        self._measure, self._name = measure, name
        self._cell_seconds: list[float] = []
        self._last_seen = time.monotonic()
        self._threads: dict[int, threading.Thread] = {}
        self._taken: set[int] = set()
        self._is_refused = False
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
    def is_queue_full(self) -> bool:
        """Whether no cell is under way and the next one waits for room in the queue."""
        return self._is_refused and not any(cell.state == "painting" for cell in self.cells)

    @property
    def seconds_left(self) -> float | None:
        """The estimated time for the remaining cells, in seconds; None before a cell is done."""
        if not self._cell_seconds:
            return None
        at_once = max(sum(thread.is_alive() for thread in tuple(self._threads.values())), 1)
        return median(self._cell_seconds[-5:]) * (len(self.cells) - self.done) / at_once

    def ensure_running(self) -> None:
        """Note that a page shows the grid, and start the threads unless they run, or the grid is stopped or over."""
        self._last_seen = time.monotonic()
        self._start_threads()

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
        """Whether the threads have ended within the timeout, in seconds."""
        until = time.monotonic() + timeout_seconds
        while alive := [thread for thread in tuple(self._threads.values()) if thread.is_alive()]:
            if time.monotonic() >= until:
                return False
            alive[0].join(max(until - time.monotonic(), 0.0))
        return True

    def _start_threads(self) -> None:
        """Start the threads that are missing, since there may be more workers than before."""
        with self._lock:
            for number in range(self._workers() if self.is_active and self._leads() else 0):
                if number not in self._threads or not self._threads[number].is_alive():
                    self._threads[number] = threading.Thread(
                        target=self._run, args=(number,), name=f"nst-sweep-{number}", daemon=True
                    )
                    self._threads[number].start()

    def _leads(self) -> bool:
        return not self._name or self._service.leads(self._name)

    def _workers(self) -> int:
        return max(self._service.status().workers, 1)

    def _run(self, thread: int) -> None:
        """Fill one cell after another, as long as there is a worker for this thread."""
        while self._has_work_for(thread):
            number = self._take()
            if number is None:
                return
            if thread == 0:
                self._start_threads()
            try:
                self._try(number)
            finally:
                self._taken.discard(number)

    def _has_work_for(self, thread: int) -> bool:
        is_seen = time.monotonic() - self._last_seen < UNSEEN_SECONDS
        return self.is_active and is_seen and thread < self._workers() and self._leads()

    def _take(self) -> int | None:
        """The next cell that no thread has; None if there is none."""
        with self._lock:
            open_cells = (n for n, cell in enumerate(self.cells) if cell.state in ("waiting", "painting"))
            number = next((n for n in open_cells if n not in self._taken), None)
            if number is not None:
                self._taken.add(number)
            return number

    def _try(self, number: int) -> None:
        """Fill a cell, or note why it is not filled."""
        began = time.monotonic()
        try:
            self._fill(number)
        except QueueFullError:
            self._is_refused = True
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
        self._is_refused = False
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
            if view.state in FINAL or self.is_stopped or not self._leads():
                return view
            self.cells[number] = Cell("painting", view.snapshot)


def _cell_of(view: JobView) -> Cell:
    """The cell after its run; it waits again if the sweep was stopped before the run was over."""
    if view.state == "done":
        return Cell("painted", view.snapshot)
    if view.state in FINAL:
        return Cell("failed", error=view.error or "this picture was stopped elsewhere; paint it again")
    return Cell()
