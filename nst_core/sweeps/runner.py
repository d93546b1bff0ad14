"""One sweep: a thread of the server that submits its cells one after another; no page needs to stay open.

Only one cell is queued at a time, so that the queue stays fair to others. Each cell's run is deleted as soon as its
picture is stored, so that it does not fill the visitor's list of runs.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Literal

from nst_core.errors import JobError, NSTError, QueueFullError, WorkerError
from nst_core.jobs.owners import check_owner
from nst_core.jobs.views import FINAL
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.plan import SweepPlan
from nst_core.sweeps.store import SavedSweep, SweepStore

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, JobView

UNSEEN_SECONDS = 120.0
"""The time after which a sweep that no page shows pauses."""
RETRY_SECONDS = 1.0
"""The wait before a cell is submitted again after the queue was full."""
_TICK_SECONDS = 0.5
_CONTENT_EDGE_PX, _STYLE_EDGE_PX = 512, 1024
"""The largest inputs of a cell: larger ones would only cost time, because each cell packs, sends and writes them."""


@dataclass(frozen=True)
class SweepCell:
    """The state of one cell; `picture` is a JPEG, the newest one while its run is under way."""

    state: Literal["waiting", "painting", "painted", "failed"] = "waiting"
    picture: bytes | None = field(default=None, repr=False)
    error: str = ""


class Sweep:
    """A plan, its cells, and the thread that fills them.

    Attributes:
        id: the sweep's name in addresses and on disk.
        plan: the recipe of each cell.
        inputs: the visitor's pictures at full size.
        owner: the owner's id, under which its runs are submitted.
        full_size_runs: id of a run at full size -> number of its cell.
        error: the reason why the sweep halted, in one sentence; empty while it can continue.
        is_queue_full: whether the next cell waits for room in the queue.
    """

    def __init__(
        self, service: JobService, saved: SavedSweep, *, sweep_id: str = "", store: SweepStore | None = None
    ) -> None:
        """A new or restored sweep; nothing runs before `ensure_running`.

        Args:
            service: where its runs are submitted.
            saved: its plan, its inputs and, if it is restored, its finished cells.
            sweep_id: its id; a random one by default.
            store: where finished cells are written; without one, the sweep ends with the server.
        """
        self.id = sweep_id or secrets.token_hex(16)
        self.plan, self.inputs, self.owner = saved.plan, saved.inputs, saved.owner
        self.full_size_runs = dict(saved.full_size_runs)
        self.error = ""
        self.is_queue_full = False
        self._service, self._store = service, store
        self._cell_inputs = _reduced(saved.inputs, saved.plan)
        painted = saved.cells
        self._cells = [
            SweepCell("painted", painted[n]) if n in painted else SweepCell() for n in range(saved.plan.count)
        ]
        self._cell_seconds: list[float] = []
        self._last_seen = time.monotonic()
        self._is_stopped = saved.is_stopped
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stop_event = threading.Event()

    @property
    def cells(self) -> tuple[SweepCell, ...]:
        """The cells row by row; none is "painting" once the sweep is stopped."""
        return tuple(SweepCell() if self._is_stopped and cell.state == "painting" else cell for cell in self._cells)

    @property
    def done(self) -> int:
        """The number of cells that are painted or have failed."""
        return sum(cell.state in ("painted", "failed") for cell in self._cells)

    @property
    def is_over(self) -> bool:
        """Whether all cells are done."""
        return self.done == len(self._cells)

    @property
    def is_active(self) -> bool:
        """Whether the sweep submits its remaining cells by itself: it is not over, stopped or halted by an error."""
        return not (self.is_over or self._is_stopped or self.error)

    @property
    def seconds_left(self) -> float | None:
        """The estimated time for the remaining cells, in seconds; None before a cell is done."""
        return median(self._cell_seconds[-5:]) * (len(self._cells) - self.done) if self._cell_seconds else None

    def ensure_running(self) -> None:
        """Note that a page shows the sweep, and start its thread unless it runs, or the sweep is stopped or over."""
        with self._lock:
            self._last_seen = time.monotonic()
            if self.is_active and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="nst-sweep", daemon=True)
                self._thread.start()

    def resume(self, secret: str) -> None:
        """Paint the missing cells after a stop or an error. Raises NotYoursError if the secret is not the owner's."""
        check_owner(secret, self.owner)
        self._is_stopped, self.error = False, ""
        self._stop_event.clear()
        if self._store:
            self._store.write_stopped(is_stopped=False)
        self.ensure_running()

    def stop(self, secret: str) -> None:
        """Stop after the current cell's step; finished cells stay. Raises NotYoursError as `resume` does."""
        check_owner(secret, self.owner)
        self.halt()

    def halt(self) -> None:
        """Stop without checking the owner: for the server's own use, never for requests from outside."""
        self._is_stopped = True
        self._stop_event.set()
        if self._store:
            self._store.write_stopped(is_stopped=True)

    def add_full_size_run(self, job: str, number: int, secret: str) -> None:
        """Note that the run `job` shows a cell at full size. Raises NotYoursError as `resume` does."""
        check_owner(secret, self.owner)
        self.full_size_runs[job] = number
        if self._store:
            self._store.write_full_size_runs(self.full_size_runs)

    def join(self, timeout_seconds: float) -> bool:
        """Whether the thread has ended within the timeout."""
        thread = self._thread
        if thread:
            thread.join(timeout_seconds)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while self.is_active and time.monotonic() - self._last_seen < UNSEEN_SECONDS:
            number = next(n for n, cell in enumerate(self._cells) if cell.state in ("waiting", "painting"))
            began = time.monotonic()
            try:
                self._fill(number)
            except QueueFullError:
                self.is_queue_full = True
                self._stop_event.wait(RETRY_SECONDS)
            except WorkerError as error:
                self.error = str(error)
            except NSTError as error:
                self._cells[number] = SweepCell("failed", error=str(error))
            if self._cells[number].state == "painted":
                self._cell_seconds.append(time.monotonic() - began)

    def _fill(self, number: int) -> None:
        """Run one cell. Raises NSTError as `JobService.submit` does."""
        recipe = self.plan.cell_recipe(number)
        inputs = inputs_for(self._cell_inputs, recipe)
        job = self._service.submit(
            recipe, inputs.content, inputs.styles, start=inputs.start, owner=self.owner, measure=False
        )
        self.is_queue_full = False
        try:
            cell = self._cells[number] = _cell_of(self._follow(job, number))
            if self._store and cell.state == "painted" and cell.picture:
                self._store.write_cell(number, cell.picture)
        finally:
            with contextlib.suppress(JobError):
                self._service.discard(job)

    def _follow(self, job: str, number: int) -> JobView:
        """A cell's run once it is over or the sweep is stopped; meanwhile the cell shows its newest picture."""
        while True:
            view = self._service.wait(job, _TICK_SECONDS)
            if view.state in FINAL or self._is_stopped:
                return view
            self._cells[number] = SweepCell("painting", view.snapshot)


def inputs_for(inputs: RunInputs, recipe: Recipe) -> RunInputs:
    """The inputs without the start picture, unless the recipe starts from it."""
    return inputs if recipe.start == "own" else replace(inputs, start=None)


def _cell_of(view: JobView) -> SweepCell:
    """The cell after its run; it waits again if the sweep was stopped before the run was over."""
    if view.state == "done":
        return SweepCell("painted", view.snapshot)
    if view.state in FINAL:
        return SweepCell("failed", error=view.error or "this picture was stopped elsewhere; paint the sheet again")
    return SweepCell()


def _reduced(inputs: RunInputs, plan: SweepPlan) -> RunInputs:
    """The inputs no larger than the cells need; a cropped style keeps its size."""
    crops = [style.crop for style in plan.base.styles] or [(0, 0, 1, 1)] * len(inputs.styles)
    return replace(
        inputs,
        content=_at_most(inputs.content, _CONTENT_EDGE_PX),
        styles=tuple(
            _at_most(style, _STYLE_EDGE_PX) if tuple(crop) == (0, 0, 1, 1) else style
            for style, crop in zip(inputs.styles, crops, strict=True)
        ),
    )


def _at_most(picture: Picture, longest_edge_px: int) -> Picture:
    if max(picture.width, picture.height) <= longest_edge_px:
        return picture
    import numpy as np

    pixels = picture.tensor(longest_edge_px)[0]
    return Picture.from_pixels((pixels * 255 + 0.5).astype(np.uint8))
