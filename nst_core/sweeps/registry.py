"""The sweeps of a server: started here, found by id, and restored from disk after a restart."""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING

from nst_core.runs.inputs import RunInputs
from nst_core.sweeps import store
from nst_core.sweeps.plan import SweepPlan
from nst_core.sweeps.runner import Sweep, inputs_for, lead_of
from nst_core.sweeps.store import SavedSweep, SweepStore
from nst_core.system.bounded_cache import BoundedCache

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

READ_SECONDS = 2.0
"""Interval at which a sweep is read that another server fills."""
MAX_SWEEPS = 16
"""Sweeps that the server keeps, in memory and on disk; each holds its inputs."""


class SweepRegistry:
    """Sweeps by id; the least recently used is dropped first."""

    def __init__(self, service: JobService) -> None:
        """The sweeps whose runs go to `service`."""
        self._service = service
        self._sweeps: BoundedCache[str, Sweep] = BoundedCache(MAX_SWEEPS)
        # Sweeps that other servers fill, and when they were read, in seconds of the monotonic clock.
        self._elsewhere: BoundedCache[str, float] = BoundedCache(MAX_SWEEPS)
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
        """The sweep of this id, from memory or from disk; None if it is unknown or was dropped.

        One that another server fills is read again now and then, and when this server begins to fill it.
        """
        sweep = self._sweeps.get(sweep_id, lambda: self._restore(sweep_id)) if sweep_id else None
        if sweep is None:
            return None
        read = self._elsewhere.pop(sweep.id)
        is_leading, now = self._service.leads(lead_of(sweep.id)), time.monotonic()
        if read is not None and (is_leading or now - read > READ_SECONDS):
            self._sweeps.pop(sweep.id)
            sweep, read = self._sweeps.get(sweep.id, partial(self._restore, sweep.id)), None
        if sweep is not None and not is_leading:
            self._elsewhere.put(sweep.id, now if read is None else read)
        return sweep

    def _restore(self, sweep_id: str) -> Sweep | None:
        files = self._store(sweep_id)
        saved = files.read() if files else None
        return Sweep(self._service, saved, sweep_id=sweep_id, store=files) if saved else None

    def _store(self, sweep_id: str) -> SweepStore | None:
        """The files of a sweep; None where there is no disk."""
        blobs = self._service.blob_store(store.FOLDER) if sweep_id.isalnum() else None
        return SweepStore(blobs, sweep_id) if blobs else None
