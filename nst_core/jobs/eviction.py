"""Makes room on a full disk by removing old runs, and stops when that does not help."""

from __future__ import annotations

from collections.abc import Callable

from nst_core.jobs import storage_errors
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.storage_health import StorageHealth
from nst_core.jobs.store import Store


class Evictor:
    """Removes runs by the store's rule, with at least the size of a change that did not fit on the disk.

    After that it removes nothing more until a change was written or a long time has passed: if removing runs did not
    help, other programs are filling the disk.
    """

    def __init__(self, store: Store, health: StorageHealth) -> None:
        """Remove runs of `store`, when `health` allows it."""
        self._store, self._health = store, health

    def attempt(self, write: Callable[[], None], change: RunDelta) -> list[str]:
        """Write a change, with room made for it if the disk is full; returns the removed runs. Raises OSError."""
        try:
            write()
        except OSError as error:
            removed = self._make(change) if storage_errors.is_full(error) else []
            if not removed:
                raise
            write()
            return removed
        return []

    def probe(self, change: RunDelta) -> list[str]:
        """Find out whether a disk that failed or is almost full takes a new run, with room made for it.

        Returns:
            The removed runs.
        """
        size = change.size()
        if not self._health.problem and not self._store.missing_bytes(size):
            return []
        if self._health.recovers(size, at_once=True) or self._health.fault not in storage_errors.FULL_WORDS:
            return []
        removed = self._make(change)
        if removed:
            self._health.recovers(size, at_once=True)
        return removed

    def _make(self, change: RunDelta) -> list[str]:
        if not self._health.may_make_room():
            return []
        size = change.size()
        needed = max(2 * size, self._store.missing_bytes(size))
        return self._store.make_room(spared=[change.view.id], needed_bytes=needed)
