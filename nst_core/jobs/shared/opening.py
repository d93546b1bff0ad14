"""Opens a store that several servers share, builds its rows from its records, and copies runs into it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from nst_core.errors import StorageError
from nst_core.jobs import opening
from nst_core.jobs.blobs import BlobStore, DiskBlobStore
from nst_core.jobs.index import IndexRow
from nst_core.jobs.opening import OpenStorage
from nst_core.jobs.reading import read_record
from nst_core.jobs.records import COPY, RECORD, DamagedRecordError, row_from_bytes
from nst_core.jobs.shared.claims import Claims
from nst_core.jobs.shared.database import Database, UnreachableStoreError
from nst_core.jobs.shared.ledgers import TableLedger, TableVotes
from nst_core.jobs.shared.local_copies import LocalCopies
from nst_core.jobs.shared.objects import Bucket, ObjectBlobStore
from nst_core.jobs.shared.rows import TableRunIndex
from nst_core.jobs.views import FINAL
from nst_core.settings import Settings

_LOGGER = logging.getLogger(__name__)
STARTS_WITHIN_SECONDS = 20.0
"""How long a server that starts waits for a database or an object store that starts at the same time."""
RUNS = "runs"
BESIDE = ("follow-ups", "sheets")
"""Folders of other files, which `copy_folder` copies too."""


class SharedStorage(OpenStorage):
    """`OpenStorage` of a shared store.

    Attributes:
        database: its rows.
        copies: this server's copies of files.
        exchange: the queue of all servers, and which of them has which run; the same as `claims`.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect to both. Raises UnreachableStoreError."""
        if settings.files_url is None or not settings.database_url:
            raise StorageError("NST_DATABASE_URL and NST_FILES_URL must both be set for a shared store")
        self.database = Database(settings.database_url)
        try:
            self._bucket = Bucket(settings.files_url)
            self.copies = LocalCopies(settings.cache_dir / "shared-runs")
            self.exchange = Claims(self.database, settings.takeover_seconds)
            blobs = self.files_beside(RUNS)
            super().__init__(
                blobs=blobs,
                index=TableRunIndex(self.database),
                ledger=TableLedger(self.database),
                votes=TableVotes(self.database),
                why_in_memory="",
                beside=self.files_beside,
                probe=self._probe,
                claims=self.exchange,
            )
        except BaseException:
            self.database.close()
            raise
        self._bucket_probe = blobs.probe
        self.copies.tidy(())

    def files_beside(self, name: str) -> ObjectBlobStore:
        """Files in a folder of the bucket."""
        return ObjectBlobStore(self._bucket, name, self.copies)

    def _probe(self, size: int) -> None:
        self._bucket_probe(size)
        self.database.rows("SELECT 1")

    def release(self) -> None:
        """Give this server's runs back, and remove its copies of files."""
        try:
            super().release()
        except OSError as error:
            _LOGGER.warning("This server's runs wait until others notice its end: %s", error)
        self.copies.close()
        self.database.close()


def open_shared(settings: Settings) -> SharedStorage:
    """Open the store that the operator names. Raises StorageError if it does not answer.

    If its rows were lost, they are built from the records.
    """
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            storage = SharedStorage(settings)
            break
        except (UnreachableStoreError, FileNotFoundError) as error:
            if time.monotonic() > until:
                what = "the bucket of NST_FILES_URL must be made first" if error.errno == 2 else str(error)
                raise StorageError(what) from None
            time.sleep(1.0)
    if not storage.index.jobs() and storage.blobs.jobs():
        _LOGGER.warning("The rows of runs were lost; %d were built from the records", rebuild(storage))
    return storage


def rebuild(storage: SharedStorage) -> int:
    """Make the rows anew from the records; servers may run meanwhile. Returns the number of runs that can be read.

    Runs that are not over get a place in the queue if they have none. Raises UnreachableStoreError.
    """
    jobs, pending, readable = storage.blobs.jobs(), [], 0
    for job in jobs:
        row = _row(storage.blobs, job)
        if row is None:
            continue
        readable += 1
        storage.index.put(row)
        if row.state not in FINAL:
            pending.append((job, row.owner, row.state != "queued", row.state == "paused"))
    for job in set(storage.index.jobs()) - set(jobs):
        if not storage.blobs.has(job, RECORD):  # not one that began meanwhile
            storage.index.remove(job)
    storage.exchange.add_waiting(pending)
    return readable


def _row(blobs: BlobStore, job: str) -> IndexRow | None:
    try:
        return read_record(blobs, job, row_from_bytes)
    except FileNotFoundError:
        _LOGGER.warning("Run %s has no record; its files are kept", job)
    except DamagedRecordError as error:
        _LOGGER.warning("Run %s cannot be opened: %s; its files are kept", job, error)
    return None


def copy_folder(folder: Path, storage: SharedStorage, tell: Callable[[str], None]) -> int:
    """Copy the runs of a folder into a shared store, which keeps what it has already; returns the number of new runs.

    An interrupted copy goes on when it is called again: the record of a run is copied last.

    Args:
        folder: the folder of a server that is not running.
        storage: where to.
        tell: gets a line about each run that cannot be copied.

    Raises:
        StorageError: the folder is in use or cannot be read, or the store does not answer.
    """
    if not folder.is_dir():
        raise StorageError(f"{folder} must be a folder of stored runs, and there is none")
    source = opening.open_folder(folder)
    try:
        if source.why_in_memory:
            raise StorageError(f"the runs of {folder} cannot be copied, because {source.why_in_memory}")
        copied = 0
        for job in source.blobs.jobs():
            row = _row(source.blobs, job)
            if row is None:
                tell(f"{job}: its record is missing or damaged")
            elif storage.index.get(job) is None:
                _copy_files(folder / RUNS / job, storage.blobs, job)
                storage.ledger.note(job, "stored")
                storage.index.put(row)
                if row.state not in FINAL:
                    storage.exchange.add_waiting([(job, row.owner, row.state != "queued", row.state == "paused")])
                copied += 1
        for vote in source.votes.all():
            storage.votes.add(vote)
        for ballot in source.votes.closed():
            storage.votes.close(ballot)
        for name in BESIDE:
            for job in DiskBlobStore(folder / name).jobs():
                _copy_files(folder / name / job, storage.files_beside(name), job)
        return copied
    finally:
        source.release()


def _copy_files(folder: Path, blobs: BlobStore, job: str) -> None:
    """Copy a run's files as they are, its records last."""
    files = [Path(below, name) for below, _, names in os.walk(folder) for name in names if not name.startswith(".")]
    for path in sorted(files, key=lambda path: path.name in (RECORD, COPY)):
        blobs.put(job, path.relative_to(folder).as_posix(), path.read_bytes())
