"""The index of stored runs as a table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple
from typing import Any

from nst_core.jobs.index import IndexRow
from nst_core.jobs.shared.database import Database
from nst_core.jobs.views import FINAL

_PUT = """
INSERT INTO nst_runs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (job) DO UPDATE SET
    created = excluded.created, ended = excluded.ended, owner = excluded.owner, listed = excluded.listed,
    state = excluded.state, painted = excluded.painted, bytes = excluded.bytes, hidden_at = excluded.hidden_at
"""
"""The columns are the fields of an `IndexRow`, in their order."""
_REPLACE = """
UPDATE nst_runs SET created = %s, ended = %s, owner = %s, listed = %s, state = %s, painted = %s, bytes = %s,
    hidden_at = %s WHERE job = %s
"""


class TableRunIndex:
    """Rows in the database; see `RunIndex`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, row: IndexRow) -> None:
        """Add a row, or replace the run's older one."""
        self._database.run(_PUT, *astuple(row))

    def replace(self, row: IndexRow) -> bool:
        """Replace a run's row; False if the run was removed."""
        return bool(self._database.run(_REPLACE, *astuple(row)[1:], row.job))

    def remove(self, job: str) -> IndexRow | None:
        """Remove a run's row and return it; None if there is none."""
        return _first(self._database.rows("DELETE FROM nst_runs WHERE job = %s RETURNING *", job))

    def get(self, job: str) -> IndexRow | None:
        """A run's row; None if there is none."""
        return _first(self._database.rows("SELECT * FROM nst_runs WHERE job = %s", job))

    def jobs(self) -> Collection[str]:
        """All runs."""
        return self._jobs("SELECT job FROM nst_runs")

    def pending(self) -> list[str]:
        """The runs that are not over: first those that had begun, then the queued ones, each group the oldest first."""
        return self._jobs(
            "SELECT job FROM nst_runs WHERE NOT state = ANY(%s) ORDER BY state = 'queued', created", list(FINAL)
        )

    def of_owner(self, owner: str, most: int) -> list[str]:
        """An owner's runs, the newest first."""
        return self._jobs(
            "SELECT job FROM nst_runs WHERE owner = %s AND hidden_at = 0 ORDER BY created DESC LIMIT %s", owner, most
        )

    def listed(self, most: int) -> list[str]:
        """Listed runs that have a result, the newest first."""
        return self._jobs(
            "SELECT job FROM nst_runs WHERE listed AND painted AND hidden_at = 0 ORDER BY created DESC LIMIT %s", most
        )

    def oldest(self) -> list[IndexRow]:
        """The runs that are over, in the order in which they may be removed."""
        found = self._database.rows(
            "SELECT * FROM nst_runs WHERE state = ANY(%s) ORDER BY hidden_at = 0, listed, created", list(FINAL)
        )
        return [IndexRow(*values) for values in found]

    def hidden(self) -> dict[str, float]:
        """The hidden runs, and since when they are."""
        return dict(self._database.rows("SELECT job, hidden_at FROM nst_runs WHERE hidden_at > 0"))

    def stopped(self, since: float = 0.0) -> dict[str, float]:
        """The runs that were stopped at `since` or later, and since when they are; in seconds since 1970."""
        found = self._database.rows("SELECT job, ended FROM nst_runs WHERE state = 'stopped' AND ended >= %s", since)
        return dict(found)

    def _jobs(self, statement: str, *values: Any) -> list[str]:
        return [job for (job,) in self._database.rows(statement, *values)]


def _first(found: list[Any]) -> IndexRow | None:
    return IndexRow(*found[0]) if found else None
