"""Reads the SQLite tables in which earlier versions kept runs, and writes the record of each run into its folder."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nst_core.jobs.blobs import BlobStore, is_id
from nst_core.jobs.owners import stored_owner, without_secret
from nst_core.jobs.records import (
    CONTENT,
    CURVE,
    RECORD,
    RESULT,
    DamagedRecordError,
    RunRecord,
    curve_lines,
    view_from_dict,
)
from nst_core.jobs.views import FINAL
from nst_core.runs.curve import CurvePoint

_LOGGER = logging.getLogger(__name__)

DATABASE = "runs.sqlite"
DAMAGED = "runs.sqlite.damaged"
"""Where earlier versions moved a database that they could not open, even if only the disk was full."""
_WAYS = ("mode=rw", "mode=ro", "immutable=1")
"""How a file is opened: the later ways work on disks that cannot be written."""


@dataclass(frozen=True)
class LegacyRun:
    """A row, its curve, and the size of the run's files."""

    job: str
    head: str
    bytes: int
    points: tuple[CurvePoint, ...]

    def record(self, blobs: BlobStore) -> RunRecord:
        """The run's record. Raises DamagedRecordError."""
        try:
            view = view_from_dict(json.loads(self.head))
        except (ValueError, TypeError, AttributeError):
            raise DamagedRecordError("its row in the table of runs is damaged") from None
        files = {name: "" for name in (RESULT, CONTENT) if blobs.has(self.job, name)}
        return RunRecord(view, files, self.bytes, len(self.points) if view.state in FINAL else 0)


def migrate(folder: Path, blobs: BlobStore) -> list[Path]:
    """Write the records of the runs in the tables of `folder` that have none yet.

    Returns:
        The databases whose runs all have a record now.

    Raises:
        OSError: a record cannot be written.
    """
    complete = []
    for path in (folder / DATABASE, folder / DAMAGED):
        if path.exists():
            # continue with the other runs if one fails
            written = [run is not None and _write(run, blobs) for run in _runs(path)]
            complete += [path] if all(written) else []
    return complete


def retire(databases: list[Path]) -> None:
    """Rename databases whose runs have their records, once those are safe from a power cut. Raises OSError."""
    for path in databases:
        os.sync()
        if not path.with_name(f"{path.name}-wal").exists():
            path.replace(path.with_name(f"{path.name}.{time.time_ns()}.migrated"))


def _write(run: LegacyRun, blobs: BlobStore) -> bool:
    """Write a run's record if it has none; False if its row is damaged. Raises OSError."""
    if not is_id(run.job) or blobs.has(run.job, RECORD):
        return True
    try:
        record = run.record(blobs)
    except DamagedRecordError as error:
        _LOGGER.warning("Run %s of an earlier version cannot be read: %s", run.job, error)
        return False
    blobs.put(run.job, CURVE, curve_lines(run.points), durable=False)
    blobs.put(run.job, RECORD, record.to_bytes(), durable=False)
    return True


def _runs(path: Path) -> Iterator[LegacyRun | None]:
    """The runs of a database; None in place of a run, or of the database, that cannot be read."""
    for way in _WAYS:
        try:
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True)) as connection:
                connection.text_factory = lambda text: text.decode(errors="replace")
                with suppress(sqlite3.Error):
                    _remove_secrets(connection)
                jobs = [job for (job,) in connection.execute("SELECT job FROM runs")]
                for job in jobs:
                    yield _run(connection, job) if isinstance(job, str) else None
                return
        except sqlite3.OperationalError:
            continue
        except sqlite3.Error as error:
            _LOGGER.warning("The runs of an earlier version in %s cannot be read: %s", path.name, error)
            break
    yield None


def _run(connection: sqlite3.Connection, job: str) -> LegacyRun | None:
    try:
        head, size = connection.execute("SELECT head, bytes FROM runs WHERE job = ?", (job,)).fetchone()
        rows = connection.execute("SELECT words FROM points WHERE job = ? ORDER BY number", (job,)).fetchall()
    except (sqlite3.Error, TypeError):
        return None
    points = []
    for (words,) in rows:
        with suppress(ValueError, TypeError):  # the latter: a damaged page makes a number of a text
            points.append(CurvePoint.from_json(words))
    return LegacyRun(job, head, size if isinstance(size, int) and size > 0 else 0, tuple(points))


def _remove_secrets(connection: sqlite3.Connection) -> None:
    """Replace the visitors' secrets that early versions stored by the owners' ids. Raises sqlite3.Error."""
    query = "SELECT job, visitor, head FROM runs WHERE visitor != '' AND visitor NOT LIKE 'sha256:%'"
    rows = connection.execute(query).fetchall()
    if not rows:
        return
    connection.execute("PRAGMA secure_delete=ON")  # overwrites the old values in the file
    with connection:
        connection.executemany(
            "UPDATE runs SET visitor = ?, head = ? WHERE job = ?",
            [(stored_owner(secret), without_secret(head) or head, job) for job, secret, head in rows],
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # without this the file keeps the old values
