"""One sweep: a plan whose cells a `GridFiller` paints as small pictures."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_core.jobs.owners import check_owner
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.filler import Cell, GridFiller
from nst_core.sweeps.plan import SweepPlan
from nst_core.sweeps.store import SavedSweep, SweepStore

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService, JobView

_CONTENT_EDGE_PX, _STYLE_EDGE_PX = 512, 1024
"""The largest inputs of a cell: larger ones would only cost time, because each cell packs, sends and writes them."""


class Sweep:
    """A plan and its cells.

    Attributes:
        id: the sweep's name in addresses and on disk.
        plan: the recipe of each cell.
        inputs: the visitor's pictures at full size.
        owner: the owner's id, under which its runs are submitted.
        full_size_runs: id of a run at full size -> number of its cell.
        filler: paints the cells.
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
        self._store = store
        self._cell_inputs = _reduced(saved.inputs, saved.plan)
        painted = saved.cells
        cells = [Cell("painted", painted[n]) if n in painted else Cell() for n in range(saved.plan.count)]
        self.filler = GridFiller(
            service,
            saved.owner,
            cells,
            self._run_of,
            self._keep,
            is_stopped=saved.is_stopped,
            name=lead_of(self.id),
        )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells row by row; none is "painting" once the sweep is stopped."""
        return self.filler.shown

    @property
    def is_active(self) -> bool:
        """Whether the sweep submits its remaining cells by itself: it is not over, stopped or halted by an error."""
        return self.filler.is_active

    def resume(self, secret: str) -> None:
        """Paint the missing cells after a stop or an error. Raises NotYoursError if the secret is not the owner's."""
        check_owner(secret, self.owner)
        if self._store:
            self._store.write_stopped(is_stopped=False)
        self.filler.resume()

    def stop(self, secret: str) -> None:
        """Stop after the current cell's step; finished cells stay. Raises NotYoursError as `resume` does."""
        check_owner(secret, self.owner)
        self.halt()

    def halt(self) -> None:
        """Stop without checking the owner: for the server's own use, never for requests from outside."""
        self.filler.halt()
        if self._store:
            self._store.write_stopped(is_stopped=True)

    def add_full_size_run(self, job: str, number: int, secret: str) -> None:
        """Note that the run `job` shows a cell at full size. Raises NotYoursError as `resume` does."""
        check_owner(secret, self.owner)
        self.full_size_runs[job] = number
        if self._store:
            self._store.write_full_size_runs(self.full_size_runs)

    def _run_of(self, number: int) -> tuple[Recipe, RunInputs]:
        recipe = self.plan.cell_recipe(number)
        return recipe, inputs_for(self._cell_inputs, recipe)

    def _keep(self, number: int, view: JobView) -> None:
        if self._store and view.snapshot:
            self._store.write_cell(number, view.snapshot)


def lead_of(sweep_id: str) -> str:
    """The name under which one server fills a sweep; see `JobService.leads`."""
    return f"sweep {sweep_id}"


def inputs_for(inputs: RunInputs, recipe: Recipe) -> RunInputs:
    """The inputs without the start picture, unless the recipe starts from it."""
    return inputs if recipe.start == "own" else replace(inputs, start=None)


def _reduced(inputs: RunInputs, plan: SweepPlan) -> RunInputs:
    """The inputs no larger than the cells need; a cropped style keeps its size."""
    crops = [style.crop for style in plan.base.styles] or [(0, 0, 1, 1)] * len(inputs.styles)
    return replace(
        inputs,
        content=at_most(inputs.content, _CONTENT_EDGE_PX),
        styles=tuple(
            at_most(style, _STYLE_EDGE_PX) if tuple(crop) == (0, 0, 1, 1) else style
            for style, crop in zip(inputs.styles, crops, strict=True)
        ),
    )


def at_most(picture: Picture, longest_edge_px: int) -> Picture:
    """The picture, reduced to a longest edge if it is larger."""
    if max(picture.width, picture.height) <= longest_edge_px:
        return picture
    import numpy as np

    values = (picture.covered(longest_edge_px)[0] * 255 + 0.5).astype(np.uint8)
    alpha = np.ascontiguousarray(values[..., 3]) if picture.alpha is not None else None
    return Picture.from_pixels(values[..., :3], alpha)
