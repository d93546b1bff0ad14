"""The table of runs and of the points of their curves, in SQLite; no pictures."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from nst_core.jobs.serialization import head_of, point_of, view_of, words_of
from nst_core.jobs.views import FINAL, CurvePoint, JobView

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    job TEXT PRIMARY KEY, created REAL NOT NULL, visitor TEXT NOT NULL, listed INTEGER NOT NULL, state TEXT NOT NULL,
    painted INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_visitor ON runs (visitor, created);
CREATE TABLE IF NOT EXISTS points (
    job TEXT NOT NULL, number INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (job, number)) WITHOUT ROWID;
"""
_OVER = ", ".join(f"'{state}'" for state in FINAL)


class RunDatabase:
    """One connection for all threads, each call a whole transaction. Methods raise sqlite3.Error."""

    def __init__(self, path: Path | None) -> None:
        """In the file `path`, or in memory."""
        self._lock = threading.Lock()
        self._base = sqlite3.connect(path or ":memory:", timeout=5, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")  # a killed server loses nothing, a power cut the last moments
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def insert(self, view: JobView) -> None:
        """Put a run in."""
        with self._lock, self._base:
            self._base.execute(
                "INSERT OR IGNORE INTO runs (job, created, visitor, listed, state, painted, head) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (view.id, view.created, view.visitor, *_standing(view)),
            )

    def update(self, view: JobView, points: Sequence[CurvePoint] = (), *, after: int | None = None) -> bool:
        """How a run stands, with new points of its curve; False if it is not there any more.

        Args:
            view: without points.
            points: those to add, or to put in the place of those of the same number.
            after: points of higher numbers are forgotten first.
        """
        with self._lock, self._base:
            found = self._base.execute(
                "UPDATE runs SET listed = ?, state = ?, painted = ?, head = ? WHERE job = ?",
                (*_standing(view), view.id),
            ).rowcount
            if not found:
                return False
            if after is not None:
                self._base.execute("DELETE FROM points WHERE job = ? AND number > ?", (view.id, after))
            self._base.executemany(
                "INSERT OR REPLACE INTO points VALUES (?, ?, ?)",
                [(view.id, point.step, words_of(point)) for point in points],
            )
        return True

    def set_bytes(self, job: str, size: int) -> None:
        """Note how many bytes a run's files have."""
        with self._lock, self._base:
            self._base.execute("UPDATE runs SET bytes = ? WHERE job = ?", (size, job))

    def remove(self, job: str) -> None:
        """Take a run out, and its curve."""
        with self._lock, self._base:
            self._base.execute("DELETE FROM runs WHERE job = ?", (job,))
            self._base.execute("DELETE FROM points WHERE job = ?", (job,))

    def view(self, job: str) -> JobView | None:
        """A run without its points and pictures; None if it is not there. Raises ValueError if it cannot be read."""
        with self._lock:
            row = self._base.execute("SELECT head FROM runs WHERE job = ?", (job,)).fetchone()
        return view_of(row[0]) if row else None

    def points(self, job: str) -> tuple[CurvePoint, ...]:
        """A run's curve; points that cannot be read are left out."""
        with self._lock:
            rows = self._base.execute("SELECT words FROM points WHERE job = ? ORDER BY number", (job,)).fetchall()
        return tuple(filter(None, (point_of(words) for (words,) in rows)))

    def jobs(self) -> set[str]:
        """Every run that is there."""
        with self._lock:
            return {job for (job,) in self._base.execute("SELECT job FROM runs")}

    def pending(self) -> list[str]:
        """The runs that are not over, in the order they came, those first that were with the worker."""
        with self._lock:
            asked = f"SELECT job FROM runs WHERE state NOT IN ({_OVER}) ORDER BY state = 'queued', created"  # noqa: S608
            return [job for (job,) in self._base.execute(asked)]

    def of_visitor(self, visitor: str, most: int) -> list[str]:
        """A visitor's runs, the newest first."""
        return self._newest("visitor = ?", (visitor, most))

    def listed(self, most: int) -> list[str]:
        """Listed runs that have a result, the newest first."""
        return self._newest("listed AND painted", (most,))

    def _newest(self, which: str, values: tuple[str | int, ...]) -> list[str]:
        asked = f"SELECT job FROM runs WHERE {which} ORDER BY created DESC LIMIT ?"  # noqa: S608
        with self._lock:
            return [job for (job,) in self._base.execute(asked, values)]

    def oldest(self) -> list[tuple[str, bool, int]]:
        """The runs that are over, with whether they are listed and their bytes; first those that may go first."""
        with self._lock:
            asked = f"SELECT job, listed, bytes FROM runs WHERE state IN ({_OVER}) ORDER BY listed, created"  # noqa: S608
            return [(job, bool(listed), size) for job, listed, size in self._base.execute(asked)]


def _standing(view: JobView) -> tuple[int, str, int, str]:
    return view.listed, view.state, view.result is not None, json.dumps(head_of(view))
