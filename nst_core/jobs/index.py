"""The index of stored runs: the facts that lists of runs need.

It can be built from the runs' records at any time. The one of a folder is in memory, and built at each start; the one
of a shared store is a table of its database (`nst_core.jobs.shared.rows`).
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from nst_core.jobs.views import FINAL, JobView


@dataclass(frozen=True)
class IndexRow:
    """The facts about one run that lists need.

    Attributes:
        painted: whether it has a result.
        ended: when it was over, in seconds since 1970; of runs of early versions, when they were submitted.
        bytes: the size of its files; 0 until it is over.
        hidden_at: when its owner deleted it, while that can be undone; else 0. Hidden runs are in no list.
    """

    job: str
    created: float
    ended: float
    owner: str
    listed: bool
    state: str
    painted: bool
    bytes: int = 0
    hidden_at: float = 0.0

    @classmethod
    def of(cls, view: JobView, *, painted: bool, size: int) -> IndexRow:
        """The row of a run whose files take `size` bytes."""
        ended = view.ended or view.created
        facts = (view.owner, view.listed, view.state, painted, size, view.hidden_at)
        return cls(view.id, view.created, ended, *facts)


class RunIndex(Protocol):
    """Rows by id. Any thread may call. Each method raises StorageError if the rows cannot be reached now."""

    def put(self, row: IndexRow) -> None:
        """Add a row, or replace the run's older one."""

    def replace(self, row: IndexRow) -> bool:
        """Replace a run's row; False if the run was removed."""

    def remove(self, job: str) -> IndexRow | None:
        """Remove a run's row and return it; None if there is none."""

    def get(self, job: str) -> IndexRow | None:
        """A run's row; None if there is none."""

    def jobs(self) -> Collection[str]:
        """All runs."""

    def pending(self) -> list[str]:
        """The runs that are not over: first those that had begun, then the queued ones, each group the oldest first."""

    def of_owner(self, owner: str, most: int) -> list[str]:
        """An owner's runs, the newest first."""

    def listed(self, most: int) -> list[str]:
        """Listed runs that have a result, the newest first."""

    def oldest(self) -> list[IndexRow]:
        """The runs that are over, in the order in which they may be removed."""

    def hidden(self) -> dict[str, float]:
        """The hidden runs, and since when they are."""

    def stopped(self, since: float = 0.0) -> dict[str, float]:
        """The runs that were stopped at `since` or later, and since when they are; in seconds since 1970."""


class MemoryRunIndex:
    """Rows in memory; see `RunIndex`."""

    def __init__(self) -> None:
        self._rows: dict[str, IndexRow] = {}
        self._lock = threading.Lock()

    def put(self, row: IndexRow) -> None:
        """Add a row, or replace the run's older one."""
        with self._lock:
            self._rows[row.job] = row

    def replace(self, row: IndexRow) -> bool:
        """Replace a run's row; False if the run was removed."""
        with self._lock:
            if row.job in self._rows:
                self._rows[row.job] = row
                return True
            return False

    def remove(self, job: str) -> IndexRow | None:
        """Remove a run's row and return it; None if there is none."""
        with self._lock:
            return self._rows.pop(job, None)

    def get(self, job: str) -> IndexRow | None:
        """A run's row; None if there is none."""
        with self._lock:
            return self._rows.get(job)

    def jobs(self) -> Collection[str]:
        """All runs."""
        return [row.job for row in self._all()]

    def pending(self) -> list[str]:
        """The runs that are not over: first those that had begun, then the queued ones, each group the oldest first."""
        rows = [row for row in self._all() if row.state not in FINAL]
        return [row.job for row in sorted(rows, key=lambda row: (row.state == "queued", row.created))]

    def of_owner(self, owner: str, most: int) -> list[str]:
        """An owner's runs, the newest first."""
        return _newest([row for row in self._all() if row.owner == owner and not row.hidden_at], most)

    def listed(self, most: int) -> list[str]:
        """Listed runs that have a result, the newest first."""
        return _newest([row for row in self._all() if row.listed and row.painted and not row.hidden_at], most)

    def oldest(self) -> list[IndexRow]:
        """The runs that are over, in the order in which they may be removed."""
        rows = [row for row in self._all() if row.state in FINAL]
        return sorted(rows, key=lambda row: (not row.hidden_at, row.listed, row.created))

    def hidden(self) -> dict[str, float]:
        """The hidden runs, and since when they are."""
        return {row.job: row.hidden_at for row in self._all() if row.hidden_at}

    def stopped(self, since: float = 0.0) -> dict[str, float]:
        """The runs that were stopped at `since` or later, and since when they are; in seconds since 1970."""
        return {row.job: row.ended for row in self._all() if row.state == "stopped" and row.ended >= since}

    def _all(self) -> list[IndexRow]:
        with self._lock:
            return list(self._rows.values())


def _newest(rows: list[IndexRow], most: int) -> list[str]:
    return [row.job for row in sorted(rows, key=lambda row: row.created, reverse=True)[:most]]
