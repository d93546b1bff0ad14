"""Opens what runs are stored in: a folder, which is locked for this server and whose records are indexed, or memory.

A store that several servers share is opened by `nst_core.jobs.shared.opening`, which needs packages of its own.

No run's folder is removed here, except the remains of a run whose deletion was interrupted.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from nst_core.errors import StorageError
from nst_core.jobs import legacy, storage_errors
from nst_core.jobs.blobs import BlobStore, DiskBlobStore
from nst_core.jobs.index import MemoryRunIndex, RunIndex
from nst_core.jobs.ledger import Ledger, RunLedger
from nst_core.jobs.memory_blobs import MemoryBlobStore, OverlayBlobStore
from nst_core.jobs.reading import read_record
from nst_core.jobs.records import DamagedRecordError, row_from_bytes
from nst_core.jobs.storage_health import PROBE_BYTES
from nst_core.jobs.votes import VoteBook, VoteLog

if TYPE_CHECKING:
    from nst_core.jobs.shared.claims import Claims
    from nst_core.jobs.shared.opening import SharedStorage
    from nst_core.settings import Settings

_LOGGER = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
"""The longest wait until a server that is being replaced releases the folder."""
IN_USE = "another server uses the folder for them"


def _nothing_beside(_: str) -> BlobStore | None:
    return None


def _takes_all(_: int) -> None:
    pass


@dataclass
class OpenStorage:
    """What runs are stored in: a folder, memory, or a database and an object store.

    Attributes:
        blobs: the files of runs.
        index: the runs that can be read.
        ledger: why runs that are no longer stored were removed.
        votes: the votes on pairs of results.
        why_in_memory: why runs are not stored on a disk, in words; empty if they are.
        fault: why the folder cannot be written now, in words; empty if it can.
        elsewhere: the files of runs that another server uses; they are not read.
        lock: the lock that keeps other servers out.
        beside: name -> other files than those of runs; None without a disk.
        probe: writes so many bytes, or raises OSError.
        claims: which server has which run, if several servers share the store; else None.
    """

    blobs: BlobStore = field(default_factory=MemoryBlobStore)
    index: RunIndex = field(default_factory=MemoryRunIndex)
    ledger: RunLedger = field(default_factory=lambda: Ledger(None))
    votes: VoteBook = field(default_factory=lambda: VoteLog(None))
    why_in_memory: str = "no folder is set for them"
    fault: str = ""
    elsewhere: BlobStore | None = None
    lock: filelock.BaseFileLock | None = None
    beside: Callable[[str], BlobStore | None] = _nothing_beside
    probe: Callable[[int], None] = _takes_all
    claims: Claims | None = None

    def release(self) -> None:
        """Let other servers use the folder, or the runs that this server has."""
        if self.lock is not None:
            with contextlib.suppress(OSError):
                self.lock.release(force=True)
        if self.claims is not None:
            self.claims.close()


def shared_storage(settings: Settings) -> SharedStorage:
    """The store that servers share. Raises StorageError if it does not answer, or its packages are missing."""
    try:
        from nst_core.jobs.shared.opening import open_shared
    except ImportError as error:
        raise StorageError(
            f"NST_DATABASE_URL needs the packages of requirements-cluster.txt, and {error.name} is missing"
        ) from None
    return open_shared(settings)


def open_folder(folder: Path | None) -> OpenStorage:
    """Open a folder for runs; memory if it is None, or used by another server, or cannot be written.

    The runs of a folder that cannot be written can still be read; new runs are kept in memory.
    """
    if folder is None:
        return OpenStorage()
    disk = DiskBlobStore(folder / "runs")

    def beside(name: str) -> BlobStore:
        return DiskBlobStore(folder / name)

    try:
        opened = OpenStorage(disk, lock=_locked(folder), why_in_memory="", beside=beside, probe=disk.probe)
    except filelock.Timeout:
        return OpenStorage(why_in_memory=IN_USE, elsewhere=disk)
    except (OSError, NotImplementedError) as error:  # NotImplementedError: no locks there
        return _only_read(folder, disk, error)
    try:
        disk.probe(PROBE_BYTES)
    except OSError as error:
        if error.errno not in storage_errors.PASSING:
            opened.release()
            return _only_read(folder, disk, error)
        opened.fault = storage_errors.in_words(error)
    opened.ledger, opened.votes = Ledger(folder), VoteLog(folder)
    try:
        legacy.retire(legacy.migrate(folder, disk))
    except OSError as error:  # the records are in memory until a later start can write them
        opened.release()
        return _only_read(folder, disk, error)
    _index(opened, finish_removals=True)
    return opened


def _locked(folder: Path) -> filelock.BaseFileLock:
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "in-use.lock", timeout=LOCK_SECONDS, thread_local=False)  # any thread may close
    lock.acquire()
    return lock


def _only_read(folder: Path, disk: BlobStore, error: Exception) -> OpenStorage:
    fault = storage_errors.in_words(error)
    why = f"the folder for them cannot be used ({fault})"
    ledger, votes = Ledger(folder, is_fixed=True), VoteLog(folder, is_fixed=True)
    opened = OpenStorage(OverlayBlobStore(disk), ledger=ledger, votes=votes, why_in_memory=why, fault=fault)
    try:
        legacy.migrate(folder, opened.blobs)
    except OSError as unread:
        _LOGGER.warning("The runs of an earlier version cannot be taken over: %s", storage_errors.in_words(unread))
    _index(opened, finish_removals=False)
    return opened


def _index(opened: OpenStorage, *, finish_removals: bool) -> None:
    """Put every run that can be read into the index, and note those that are missing."""
    blobs, ledger = opened.blobs, opened.ledger
    try:
        jobs = blobs.jobs()
    except OSError as error:
        _LOGGER.warning("Runs cannot be listed: %s", storage_errors.in_words(error))
        return
    for job in jobs:
        try:
            opened.index.put(read_record(blobs, job, row_from_bytes))
        except FileNotFoundError:
            entry = ledger.get(job)
            if finish_removals and entry is not None and entry.event in ("deleted", "room"):
                blobs.clear(job)
            else:
                _LOGGER.warning("Run %s has no record; its files are kept", job)
        except (OSError, DamagedRecordError) as error:
            _LOGGER.warning("Run %s cannot be opened: %s; its files are kept", job, storage_errors.in_words(error))
    for job in ledger.missing(set(jobs)):
        _LOGGER.warning("The files of run %s are missing", job)
        ledger.note(job, "missing")
