"""A sheet on the disk, so that it outlives the server: what it is of, the pictures it has, the runs made of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nst_core.errors import RecipeError
from nst_core.jobs import input_files
from nst_core.jobs.blobs import BlobStore, keep_newest
from nst_core.recipe import recipe_from_json
from nst_core.runs.inputs import RunInputs
from pages.parts.sweep.plan import Axis, SweepPlan, plan

FOLDER = "sheets"
"""Where they stand in the data folder."""
_PLAN, _STOPPED, _LARGE, _CELLS = "plan.json", "stopped", "large.json", "cells"


@dataclass(frozen=True)
class Saved:
    """A sheet as it was left.

    Attributes:
        cells: number -> JPEG of those that are painted.
        large: runs of cells at full size -> their cells.
    """

    plan: SweepPlan
    pictures: RunInputs
    visitor: str
    cells: Mapping[int, bytes] = field(default_factory=dict)
    large: Mapping[str, int] = field(default_factory=dict)
    is_stopped: bool = False


class SweepStore:
    """One sheet's drawer. What cannot be written is lost with the server and nothing else.

    Attributes:
        drawers: of all sheets.
    """

    def __init__(self, drawers: BlobStore, sheet: str) -> None:
        """Of the sheet of this id."""
        self.drawers, self._sheet = drawers, sheet

    def begin(self, saved: Saved, most: int) -> None:
        """Write what a sheet is of; the oldest go that are more than `most`."""
        told = {
            "base": saved.plan.base.to_json(),
            "across": asdict(saved.plan.across),
            "down": asdict(saved.plan.down),
            "visitor": saved.visitor,
            "created": time.time(),
        }
        try:
            input_files.save(self.drawers, self._sheet, saved.pictures)
            self.drawers.put(self._sheet, _PLAN, json.dumps(told).encode())  # the last: where it is, all is
        except OSError:
            self.drawers.clear(self._sheet)
        keep_newest(self.drawers, most, _PLAN)

    def cell(self, number: int, picture: bytes) -> None:
        """Write a painted cell."""
        self._put(f"{_CELLS}/{number:02d}.jpg", picture)

    def large(self, runs: Mapping[str, int]) -> None:
        """Write which runs were made of cells."""
        self._put(_LARGE, json.dumps(dict(runs)).encode())

    def stopped(self, *, is_stopped: bool) -> None:
        """Write whether it was stopped."""
        if is_stopped:
            self._put(_STOPPED, b"1")
        else:
            self.drawers.remove(self._sheet, _STOPPED)

    def read(self) -> Saved | None:
        """What was written; None if that is nothing, or damaged."""
        try:
            told = json.loads(self._get(_PLAN))
            made = plan(recipe_from_json(told["base"]), _axis(told["across"]), _axis(told["down"]))
            large = {str(job): int(cell) for job, cell in json.loads(self._get(_LARGE) or b"{}").items()}
            visitor = str(told["visitor"])
        except (ValueError, KeyError, TypeError, AttributeError, RecipeError):
            return None
        pictures = input_files.load(self.drawers, self._sheet)
        if pictures is None:
            return None
        painted = {n: self._get(f"{_CELLS}/{n:02d}.jpg") for n in range(made.count)}
        cells = {n: picture for n, picture in painted.items() if picture}
        return Saved(made, pictures, visitor, cells, large, bool(self._get(_STOPPED)))

    def _get(self, name: str) -> bytes:
        return self.drawers.get(self._sheet, name) or b""

    def _put(self, name: str, data: bytes) -> None:
        try:
            self.drawers.put(self._sheet, name, data, durable=False)
        except OSError:
            return


def _axis(told: Mapping[str, Any]) -> Axis:
    return Axis(str(told["name"]), str(told["title"]), tuple(told["values"]), tuple(map(str, told["labels"])))
