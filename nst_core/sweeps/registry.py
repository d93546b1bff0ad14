"""The sweeps of a server: started here, found by id, and restored from disk after a restart."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from nst_core.runs.inputs import RunInputs
from nst_core.sweeps import store
from nst_core.sweeps.plan import SweepPlan
from nst_core.sweeps.runner import Sweep, inputs_for
from nst_core.sweeps.store import SavedSweep, SweepStore
from nst_core.system.bounded_cache import BoundedCache

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

MAX_SWEEPS = 16
"""Sweeps that the server keeps, in memory and on disk; each holds its inputs."""


class SweepRegistry:
    """Sweeps by id; the least recently used is dropped first."""

    def __init__(self, service: JobService) -> None:
        """The sweeps whose runs go to `service`."""
        self._service = service
        self._sweeps: BoundedCache[str, Sweep] = BoundedCache(MAX_SWEEPS)
        store.remove_old_secrets(service.blob_store(store.FOLDER))

    def start(self, plan: SweepPlan, inputs: RunInputs, owner: str) -> Sweep:
        """Start a sweep and stop the owner's earlier ones. Raises NSTError if plan and inputs do not match."""
        first = plan.cell_recipe(0)
        inputs_for(inputs, first).named_in(first)
        for other in self._sweeps.values():
            if other.owner == owner:
                other.halt()
        saved, sweep_id = SavedSweep(plan, inputs, owner), secrets.token_hex(16)
        files = self._store(sweep_id)
        if files:
            files.create(saved, MAX_SWEEPS)
        sweep = Sweep(self._service, saved, sweep_id=sweep_id, store=files)
        self._sweeps.put(sweep_id, sweep)
        sweep.filler.ensure_running()
        return sweep

    def find(self, sweep_id: str | None) -> Sweep | None:
        """The sweep of this id, from memory or from disk; None if it is unknown or was dropped."""
        return self._sweeps.get(sweep_id, lambda: self._restore(sweep_id)) if sweep_id else None

    def _restore(self, sweep_id: str) -> Sweep | None:
        files = self._store(sweep_id)
        saved = files.read() if files else None
        return Sweep(self._service, saved, sweep_id=sweep_id, store=files) if saved else None

    def _store(self, sweep_id: str) -> SweepStore | None:
        """The files of a sweep; None where there is no disk."""
        blobs = self._service.blob_store(store.FOLDER) if sweep_id.isalnum() else None
        return SweepStore(blobs, sweep_id) if blobs else None
