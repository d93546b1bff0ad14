"""A sheet of small runs, painted one after another by a thread of the server's: no page need be open for each.

It hands in one run at a time, so that the line stays fair, and deletes each as soon as its picture is kept, so that
the visitor's own runs stay in sight.
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
from nst_core.jobs.views import FINAL
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe
from nst_core.runs.inputs import RunInputs
from pages.parts.sweep.plan import SweepPlan
from pages.parts.sweep.store import Saved, SweepStore

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, JobView

UNSEEN_SECONDS = 120.0
"""A sheet that nobody has looked at for so long rests until somebody does."""
RETRY_SECONDS = 1.0
"""How long to wait for a place in line before asking again."""
_TICK_SECONDS = 0.5
_CONTENT_EDGE_PX, _STYLE_EDGE_PX = 512, 1024
"""What a cell can make use of: larger pictures would be packed, carried and written once for each cell."""


@dataclass(frozen=True)
class SweepCell:
    """How a cell stands; `picture` is a JPEG, of a run under way its newest."""

    state: Literal["waits", "painting", "painted", "failed"] = "waits"
    picture: bytes | None = field(default=None, repr=False)
    error: str = ""


class Sweep:
    """A sheet, and how far it is.

    Attributes:
        id: what the address names it by.
        plan: what its cells are.
        pictures: what all of them are made of, as chosen.
        large: runs of cells at full size -> their cells.
        trouble: why nothing goes on, in a sentence; empty while it does.
        is_held: it waits for a place in line.
    """

    def __init__(self, saved: Saved, *, name: str = "", drawer: SweepStore | None = None) -> None:
        """A sheet as it was left, or a new one.

        Args:
            saved: what it is of, and what there is of it.
            name: its id; a new one by default.
            drawer: where it is written as it grows.
        """
        self.id = name or secrets.token_hex(16)
        self.plan, self.pictures, self.visitor = saved.plan, saved.pictures, saved.visitor
        self.large = dict(saved.large)
        self.trouble = ""
        self.is_held = False
        self._drawer = drawer
        self._small = _reduced(saved.pictures, saved.plan)
        painted = saved.cells
        self._cells = [
            SweepCell("painted", painted[n]) if n in painted else SweepCell() for n in range(saved.plan.count)
        ]
        self._took: list[float] = []
        self._seen = time.monotonic()
        self._is_stopped = saved.is_stopped
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()

    @property
    def cells(self) -> tuple[SweepCell, ...]:
        """How each cell stands, row by row; none is being painted once the sheet is stopped."""
        return tuple(SweepCell() if self._is_stopped and cell.state == "painting" else cell for cell in self._cells)

    @property
    def done(self) -> int:
        """How many cells need no more work."""
        return sum(cell.state in ("painted", "failed") for cell in self._cells)

    @property
    def is_over(self) -> bool:
        """Whether all cells are done."""
        return self.done == len(self._cells)

    @property
    def is_active(self) -> bool:
        """Whether it will change by itself."""
        return not (self.is_over or self._is_stopped or self.trouble)

    @property
    def seconds_left(self) -> float | None:
        """About how long the rest takes; None before a cell is done."""
        return median(self._took[-5:]) * (len(self._cells) - self.done) if self._took else None

    def look(self, office: JobService) -> None:
        """Somebody looks at it: go on, unless it was stopped or is over."""
        with self._lock:
            self._seen = time.monotonic()
            if self.is_active and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._paint, args=(office,), name="nst-sweep", daemon=True)
                self._thread.start()

    def go_on(self, office: JobService) -> None:
        """Paint what is missing, after a stop or some trouble."""
        self._is_stopped, self.trouble = False, ""
        self._wake.clear()
        if self._drawer:
            self._drawer.stopped(is_stopped=False)
        self.look(office)

    def stop(self) -> None:
        """Paint no more; what is painted stays."""
        self._is_stopped = True
        self._wake.set()
        if self._drawer:
            self._drawer.stopped(is_stopped=True)

    def has_large(self, job: str, number: int) -> None:
        """A run was made of a cell at full size."""
        self.large[job] = number
        if self._drawer:
            self._drawer.large(self.large)

    def wait(self, seconds: float) -> bool:
        """Whether its thread has ended within so long."""
        thread = self._thread
        if thread:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def _paint(self, office: JobService) -> None:
        while self.is_active and time.monotonic() - self._seen < UNSEEN_SECONDS:
            number = next(n for n, cell in enumerate(self._cells) if cell.state in ("waits", "painting"))
            began = time.monotonic()
            try:
                self._one(office, number)
            except QueueFullError:
                self.is_held = True
                self._wake.wait(RETRY_SECONDS)
            except WorkerError as error:
                self.trouble = str(error)
            except NSTError as error:
                self._cells[number] = SweepCell("failed", error=str(error))
            if self._cells[number].state == "painted":
                self._took.append(time.monotonic() - began)

    def _one(self, office: JobService, number: int) -> None:
        """Fill a cell. Raises NSTError as the desk does."""
        recipe = self.plan.small(number)
        made_of = fitting(self._small, recipe)
        job = office.submit(
            recipe, made_of.content, made_of.styles, start=made_of.start, visitor=self.visitor, measure=False
        )
        self.is_held = False
        try:
            cell = self._cells[number] = _cell(self._followed(office, job, number))
            if self._drawer and cell.state == "painted" and cell.picture:
                self._drawer.cell(number, cell.picture)
        finally:
            with contextlib.suppress(JobError):
                office.delete(job)

    def _followed(self, office: JobService, job: str, number: int) -> JobView:
        """A cell's run, once it is over or the sheet is stopped; its newest picture is shown meanwhile."""
        while True:
            view = office.wait(job, _TICK_SECONDS)
            if view.state in FINAL or self._is_stopped:
                return view
            self._cells[number] = SweepCell("painting", view.snapshot)


def fitting(pictures: RunInputs, recipe: Recipe) -> RunInputs:
    """The pictures without the one to start from, unless the recipe starts from it."""
    return pictures if recipe.start == "own" else replace(pictures, start=None)


def _cell(view: JobView) -> SweepCell:
    """A cell after its run: where the sheet was stopped in the middle of it, it waits again."""
    if view.state == "done":
        return SweepCell("painted", view.snapshot)
    if view.state in FINAL:
        return SweepCell("failed", error=view.error or "this picture was stopped elsewhere; paint the sheet anew")
    return SweepCell()


def _reduced(pictures: RunInputs, plan: SweepPlan) -> RunInputs:
    """The pictures no larger than the cells need; a style of which only a part is looked at stays as it is."""
    looks = plan.base.styles or (None,) * len(pictures.styles)
    return replace(
        pictures,
        content=_at_most(pictures.content, _CONTENT_EDGE_PX),
        styles=tuple(
            style if look and tuple(look.crop) != (0, 0, 1, 1) else _at_most(style, _STYLE_EDGE_PX)
            for style, look in zip(pictures.styles, looks, strict=True)
        ),
    )


def _at_most(picture: Picture, longest_edge_px: int) -> Picture:
    if max(picture.width, picture.height) <= longest_edge_px:
        return picture
    import numpy as np

    pixels = picture.tensor(longest_edge_px)[0]
    return Picture.from_pixels((pixels * 255 + 0.5).astype(np.uint8))
