"""A sweep on disk, which survives a restart of the server: plan, inputs, finished cells and full-size runs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from nst_core.errors import RecipeError
from nst_core.jobs import input_files
from nst_core.jobs.blobs import BlobStore, keep_newest, read_or_none
from nst_core.jobs.owners import STORED_FIELD, remove_secrets, stored_owner
from nst_core.recipe import recipe_from_json
from nst_core.recipe.old_names import current_name
from nst_core.runs.inputs import RunInputs
from nst_core.sweeps.axes import Axis
from nst_core.sweeps.plan import SweepPlan, make_plan

FOLDER = "sheets"
"""The folder of sweeps in the data folder."""
_PLAN, _STOPPED, _FULL_SIZE_RUNS, _CELLS = "plan.json", "stopped", "large.json", "cells"


@dataclass(frozen=True)
class SavedSweep:
    """The stored state of a sweep.

    Attributes:
        owner: the owner's id.
        cells: number -> JPEG of each painted cell.
        full_size_runs: id of a run at full size -> number of its cell.
    """

    plan: SweepPlan
    inputs: RunInputs
    owner: str
    cells: Mapping[int, bytes] = field(default_factory=dict)
    full_size_runs: Mapping[str, int] = field(default_factory=dict)
    is_stopped: bool = False


class SweepStore:
    """The files of one sweep.

    If a file cannot be written, the sweep continues, but is lost when the server restarts.
    """

    def __init__(self, blobs: BlobStore, sweep_id: str) -> None:
        """The files of the sweep of this id; `blobs` holds all sweeps."""
        self.blobs, self._id = blobs, sweep_id

    def create(self, saved: SavedSweep, limit: int) -> None:
        """Write a new sweep, and remove the oldest ones beyond `limit`."""
        plan = {
            "base": saved.plan.base.to_json(),
            "across": asdict(saved.plan.across),
            "down": asdict(saved.plan.down),
            STORED_FIELD: saved.owner,
            "created": time.time(),
        }
        try:
            input_files.save(self.blobs, self._id, saved.inputs)
            self.blobs.put(self._id, _PLAN, json.dumps(plan).encode())  # last: its presence marks a complete sweep
        except OSError:
            self.blobs.clear(self._id)
        keep_newest(self.blobs, limit, _PLAN)

    def write_cell(self, number: int, picture: bytes) -> None:
        """Write a painted cell's JPEG."""
        self._put(f"{_CELLS}/{number:02d}.jpg", picture)

    def write_full_size_runs(self, runs: Mapping[str, int]) -> None:
        """Write which runs show cells at full size."""
        self._put(_FULL_SIZE_RUNS, json.dumps(dict(runs)).encode())

    def write_stopped(self, *, is_stopped: bool) -> None:
        """Write whether the sweep is stopped."""
        if is_stopped:
            self._put(_STOPPED, b"1")
        else:
            with suppress(OSError):
                self.blobs.remove(self._id, _STOPPED)

    def read(self) -> SavedSweep | None:
        """The sweep as it was written; None if it is absent or damaged."""
        try:
            stored = json.loads(self._get(_PLAN))
            plan = make_plan(recipe_from_json(stored["base"]), _axis(stored["across"]), _axis(stored["down"]))
            runs = {str(job): int(cell) for job, cell in json.loads(self._get(_FULL_SIZE_RUNS) or b"{}").items()}
            owner = stored_owner(str(stored[STORED_FIELD]))
        except (ValueError, KeyError, TypeError, AttributeError, RecipeError):
            return None
        inputs = input_files.load(self.blobs, self._id)
        if inputs is None:
            return None
        pictures = {n: self._get(f"{_CELLS}/{n:02d}.jpg") for n in range(plan.count)}
        cells = {n: picture for n, picture in pictures.items() if picture}
        return SavedSweep(plan, inputs, owner, cells, runs, bool(self._get(_STOPPED)))

    def _get(self, name: str) -> bytes:
        return read_or_none(self.blobs, self._id, name) or b""

    def _put(self, name: str, data: bytes) -> None:
        try:
            self.blobs.put(self._id, name, data, durable=False)
        except OSError:
            return


def remove_old_secrets(blobs: BlobStore | None) -> None:
    """Replace the visitors' secrets that earlier versions stored with sweeps by the owners' ids."""
    remove_secrets(blobs, _PLAN)


def _axis(stored: Mapping[str, Any]) -> Axis:
    name, labels = current_name(str(stored["name"])), tuple(map(str, stored["labels"]))
    return Axis(name, str(stored["title"]), tuple(stored["values"]), labels)
