"""The plan of a sweep: a base recipe, two axes, and the recipe of each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, change
from nst_core.sweeps.axes import MAX_VALUES, MIN_VALUES, Axis, SweepMethod, sweep_method

CELL_EDGE_PX: dict[SweepMethod, int] = {"fast": 192, "slow": 128}
"""Longest edge of a cell's picture, in pixels."""


@dataclass(frozen=True)
class SweepPlan:
    """A base recipe, and the setting that each side of the sheet varies. Cells are numbered row by row from 0."""

    base: Recipe
    across: Axis
    down: Axis

    @property
    def count(self) -> int:
        """The number of cells."""
        return len(self.across.values) * len(self.down.values)

    def label(self, number: int) -> str:
        """A cell's settings in words: "Strength 50 %, Stroke size 2"."""
        row, column = divmod(number, len(self.across.values))
        return f"{self.across.title} {self.across.labels[column]}, {self.down.title} {self.down.labels[row]}"

    def cell_recipe(self, number: int) -> Recipe:
        """The recipe of a cell: a small, cheap run. Raises RecipeError if its settings exclude each other."""
        cheap = {
            "longest_edge_px": CELL_EDGE_PX[sweep_method(self.base)],
            "reference_loss": "none",
            "snapshot_every": max(1, self.base.steps // 4),
        }
        return change(self.base, cheap | self._settings(number))

    def full_size_recipe(self, number: int, longest_edge_px: int) -> Recipe:
        """The recipe of a cell at full size. Raises RecipeError as `cell_recipe` does."""
        return change(self.base, {"longest_edge_px": longest_edge_px} | self._settings(number))

    def _settings(self, number: int) -> dict[str, Any]:
        row, column = divmod(number, len(self.across.values))
        return {self.across.name: self.across.values[column], self.down.name: self.down.values[row]}


def make_plan(base: Recipe, across: Axis, down: Axis) -> SweepPlan:
    """A checked plan. Raises RecipeError if an axis has too few or too many values, or a cell's recipe is invalid."""
    if across.name == down.name:
        raise RecipeError(f"a sheet needs two different settings, got {across.title} twice; choose another one")
    for axis in (across, down):
        if not MIN_VALUES <= len(axis.values) <= MAX_VALUES:
            raise RecipeError(
                f"{axis.title} must have {MIN_VALUES} to {MAX_VALUES} values, got {len(axis.values)}; "
                f"{'take some away' if axis.values[MAX_VALUES:] else 'pick more'}"
            )
    plan = SweepPlan(base, across, down)
    for number in range(plan.count):
        plan.cell_recipe(number)
    return plan
