"""The SQLite tables of runs and of the points of their curves, both as JSON. Pictures are in `blobs`."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nst_core.errors import RecipeError
from nst_core.jobs.owners import STORED_FIELD, stored_owner, without_secret
from nst_core.jobs.views import FINAL, JobView
from nst_core.recipe import parse
from nst_core.runs.curve import CurvePoint

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    job TEXT PRIMARY KEY, created REAL NOT NULL, visitor TEXT NOT NULL, listed INTEGER NOT NULL, state TEXT NOT NULL,
    painted INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_visitor ON runs (visitor, created);
CREATE TABLE IF NOT EXISTS points (
    job TEXT NOT NULL, number INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (job, number)) WITHOUT ROWID;
"""
_IS_FINAL = "state IN (" + ", ".join(f"'{state}'" for state in FINAL) + ")"

_STORED_NAMES = {
    "step": "number",
    "total_steps": "of",
    "wants_metrics": "measure",
    "reference_losses": "levels",
    "snapshot_step": "snapshot_number",
    "owner": STORED_FIELD,
}
"""Fields of a JobView whose names in the table are older than the code's."""
_STORED = {
    field: _STORED_NAMES.get(field, field)
    for field in (
        *("id", "state", "step", "total_steps", "evaluations", "wants_metrics", "reference_losses", "notes"),
        *("snapshot_step", "report", "error", "created", "ended", "owner", "listed"),
    )
}
"""Field of a JobView -> its name in the table. Position and waiting time are not stored: they change all the time."""


class RunDatabase:
    """One connection for all threads; each call is one transaction. Methods raise sqlite3.Error."""

    def __init__(self, path: Path | None) -> None:
        """Open the file `path`, or a database in memory."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", timeout=5, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "PRAGMA synchronous=NORMAL"
        )  # a power cut may lose the last changes, a killed server none
        self._connection.executescript(_TABLES)
        self._remove_secrets()

    def _remove_secrets(self) -> None:
        """Replace the visitors' secrets that earlier versions stored by the owners' ids."""
        query = "SELECT job, visitor, head FROM runs WHERE visitor != '' AND visitor NOT LIKE 'sha256:%'"
        rows = self._connection.execute(query).fetchall()
        if not rows:
            return
        self._connection.execute("PRAGMA secure_delete=ON")  # overwrites the old values in the file
        with self._connection:
            self._connection.executemany(
                "UPDATE runs SET visitor = ?, head = ? WHERE job = ?",
                [(stored_owner(secret), without_secret(head) or head, job) for job, secret, head in rows],
            )
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # until then the file has the old values

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def insert(self, view: JobView) -> None:
        """Add a run; a run whose id is in the table already is left unchanged."""
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR IGNORE INTO runs (job, created, visitor, listed, state, painted, head) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (view.id, view.created, view.owner, *_columns(view)),
            )

    def update(self, view: JobView, points: Sequence[CurvePoint] = (), *, after: int | None = None) -> bool:
        """Store the current values of a run, and new points of its curve; False if the run was removed.

        Args:
            view: the run; its own points are not read.
            points: points to add, or to replace those of the same step.
            after: points of later steps are removed first.
        """
        with self._lock, self._connection:
            count = self._connection.execute(
                "UPDATE runs SET listed = ?, state = ?, painted = ?, head = ? WHERE job = ?",
                (*_columns(view), view.id),
            ).rowcount
            if not count:
                return False
            if after is not None:
                self._connection.execute("DELETE FROM points WHERE job = ? AND number > ?", (view.id, after))
            self._connection.executemany(
                "INSERT OR REPLACE INTO points VALUES (?, ?, ?)",
                [(view.id, point.step, point.to_json()) for point in points],
            )
        return True

    def set_bytes(self, job: str, size: int) -> None:
        """Store the size of a run's files."""
        with self._lock, self._connection:
            self._connection.execute("UPDATE runs SET bytes = ? WHERE job = ?", (size, job))

    def remove(self, job: str) -> None:
        """Remove a run and its curve."""
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM runs WHERE job = ?", (job,))
            self._connection.execute("DELETE FROM points WHERE job = ?", (job,))

    def view(self, job: str) -> JobView | None:
        """A run without points and pictures; None if it is not there. Raises ValueError if it cannot be read."""
        with self._lock:
            row = self._connection.execute("SELECT head FROM runs WHERE job = ?", (job,)).fetchone()
        return view_from_json(row[0]) if row else None

    def points(self, job: str) -> tuple[CurvePoint, ...]:
        """A run's curve; points that cannot be read are left out."""
        with self._lock:
            rows = self._connection.execute("SELECT words FROM points WHERE job = ? ORDER BY number", (job,)).fetchall()
        points = []
        for (text,) in rows:
            with suppress(ValueError):
                points.append(CurvePoint.from_json(text))
        return tuple(points)

    def jobs(self) -> set[str]:
        """The ids of all runs."""
        with self._lock:
            return {job for (job,) in self._connection.execute("SELECT job FROM runs")}

    def pending(self) -> list[str]:
        """The runs that are not over: first those that had begun, then the queued ones, each group the oldest first."""
        with self._lock:
            query = f"SELECT job FROM runs WHERE NOT ({_IS_FINAL}) ORDER BY state = 'queued', created"  # noqa: S608
            return [job for (job,) in self._connection.execute(query)]

    def of_owner(self, owner: str, most: int) -> list[str]:
        """An owner's runs, the newest first."""
        return self._newest("visitor = ?", (owner, most))

    def listed(self, most: int) -> list[str]:
        """Listed runs that have a result, the newest first."""
        return self._newest("listed AND painted", (most,))

    def _newest(self, condition: str, values: tuple[str | int, ...]) -> list[str]:
        query = f"SELECT job FROM runs WHERE {condition} ORDER BY created DESC LIMIT ?"  # noqa: S608
        with self._lock:
            return [job for (job,) in self._connection.execute(query, values)]

    def oldest(self) -> list[tuple[str, bool, int]]:
        """The runs that are over, as (id, listed, bytes), in the order in which they may be removed."""
        with self._lock:
            query = f"SELECT job, listed, bytes FROM runs WHERE {_IS_FINAL} ORDER BY listed, created"  # noqa: S608
            return [(job, bool(listed), size) for job, listed, size in self._connection.execute(query)]


def _columns(view: JobView) -> tuple[int, str, int, str]:
    return view.listed, view.state, view.result is not None, view_to_json(view)


def view_to_json(view: JobView) -> str:
    """A run as JSON, without points, pictures and its place in the queue."""
    values = {stored: getattr(view, field) for field, stored in _STORED.items()}
    return json.dumps({**values, "recipe": view.recipe.model_dump(mode="json")})


def view_from_json(text: str) -> JobView:
    """The run that `view_to_json` wrote. Raises ValueError if it cannot be read."""
    try:
        stored = json.loads(text)
        values = {field: stored[name] for field, name in _STORED.items()}
        values |= {"notes": tuple(values["notes"]), "owner": stored_owner(values["owner"])}
        return JobView(recipe=parse(stored["recipe"]), **values)
    except (KeyError, TypeError, RecipeError) as error:
        raise ValueError(f"a run cannot be read: {error}") from None
