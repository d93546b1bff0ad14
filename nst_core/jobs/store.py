"""Stores runs: rows of a table and files in one folder, or all in memory where there is none. Bounded."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import filelock

from nst_core.errors import JobError
from nst_core.jobs import input_files
from nst_core.jobs.blobs import BlobStore, DiskBlobStore, MemoryBlobStore
from nst_core.jobs.database import RunDatabase
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs

LOCK_SECONDS = 2.0
"""The longest wait until a server that is being replaced releases the folder."""
GONE = "this run is not here any more; runs are kept until their owner deletes them or newer ones need the room"


@dataclass(frozen=True)
class StoreLimits:
    """The limits of a store.

    Attributes:
        runs: number of unlisted runs that are over; the oldest is removed first.
        total_bytes: size of the files of all runs that are over; the oldest unlisted run is removed first, then the
            oldest listed one.
        snapshots: number of pictures along one run.
    """

    runs: int = 200
    total_bytes: float = 4e9
    snapshots: int = 120


MEMORY = StoreLimits(runs=40, total_bytes=150e6, snapshots=24)
"""The limits where there is no disk."""


@dataclass(frozen=True)
class RunDelta:
    """The changes of a run since it was last stored.

    Attributes:
        view: its current values; `points`, `content` and `result` of the view are not read.
        snapshot_steps: the steps of all its snapshots; other snapshots are removed.
        points: new points of its curve.
        after: points of later steps are removed first.
        snapshots: new snapshots as JPEG, by step.
        inputs: its pictures and masks, if they are not stored yet; likewise `content` and `result`.
        is_new: it has no row yet.
        epoch: how often it had restarted.
    """

    view: JobView
    snapshot_steps: tuple[int, ...] = ()
    points: tuple[CurvePoint, ...] = ()
    after: int | None = None
    snapshots: Mapping[int, bytes] = field(default_factory=dict)
    inputs: RunInputs | None = None
    content: bytes = b""
    result: bytes | None = None
    is_new: bool = False
    epoch: int = 0


class Store:
    """Rows and files of runs. Any thread may call; a file is written in one piece or not at all.

    Attributes:
        why_in_memory: why runs are not stored on a disk, in words; empty if they are.
        limits: the bounds of the store.
    """

    def __init__(self, folder: Path | None, limits: StoreLimits | None = None) -> None:
        """Open `folder`, or memory if that is None, in use by another server, or cannot be written."""
        self.why_in_memory = "no folder is set for them" if folder is None else ""
        self._folder = folder
        self._lock: filelock.BaseFileLock | None = None
        if folder is not None:
            try:
                self._open(folder)
            except (OSError, sqlite3.Error, filelock.Timeout, NotImplementedError) as error:  # the last: no locks there
                self._unlock()
                self.why_in_memory = _why(error)
        if self.why_in_memory:
            self._blobs: BlobStore = MemoryBlobStore()
            self._database = RunDatabase(None)
        self.limits = limits or (MEMORY if self.why_in_memory else StoreLimits())

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(
            folder / "in-use.lock", timeout=LOCK_SECONDS, thread_local=False
        )  # any thread may close
        self._lock.acquire()
        self._blobs = DiskBlobStore(folder / "runs")
        try:
            self._database = RunDatabase(folder / "runs.sqlite")
            known = self._database.jobs()
        except sqlite3.DatabaseError:  # a damaged file is moved aside, not deleted
            (folder / "runs.sqlite").replace(folder / "runs.sqlite.damaged")
            self._database = RunDatabase(folder / "runs.sqlite")
            return
        for job in set(self._blobs.jobs()) - known:  # left by a crash during a deletion
            self._blobs.clear(job)

    def close(self) -> None:
        """Release the folder."""
        self._database.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release(force=True)

    def blob_store(self, name: str) -> BlobStore | None:
        """Files in another folder than those of runs; None if nothing outlives the server."""
        if self._folder is None or self.why_in_memory:
            return None
        with contextlib.suppress(OSError):
            return DiskBlobStore(self._folder / name)
        return None

    def begin(self, view: JobView) -> None:
        """Add a run's row. Raises OSError or sqlite3.Error."""
        self._database.insert(view)

    def write(self, change: RunDelta) -> None:
        """Write changes: files first, so that a row never refers to a missing file.

        Raises OSError or sqlite3.Error; it may then be called again with the same changes.
        """
        view, blobs = change.view, self._blobs
        if change.is_new:
            self._database.insert(view)
        for step, jpeg in change.snapshots.items():
            blobs.put(view.id, _snapshot_name(step), jpeg, durable=False)
        for step in set(self.snapshot_steps(view.id)) - set(change.snapshot_steps):
            blobs.remove(view.id, _snapshot_name(step))
        if change.inputs is not None:
            input_files.save(blobs, view.id, change.inputs)
        if change.content:
            blobs.put(view.id, "content.jpg", change.content, durable=False)
        if change.result is not None:
            blobs.put(view.id, "result.png", change.result)
        if not self._database.update(view, change.points, after=change.after):
            blobs.clear(view.id)  # deleted meanwhile
        elif view.state in FINAL:
            blobs.remove(view.id, "checkpoint.npz")
            self._database.set_bytes(view.id, blobs.size(view.id))

    def make_room(self, spared: Collection[str] = (), *, at_least: int = 0) -> list[str]:
        """Remove the oldest runs beyond the limits, and at least `at_least` runs; returns the removed ones."""
        over = self._database.oldest()
        unlisted = sum(not listed for _, listed, _ in over)
        total = sum(size for _, _, size in over)
        removed: list[str] = []
        for job, listed, size in over:
            too_many = not listed and unlisted > self.limits.runs
            if not (too_many or total > self.limits.total_bytes or len(removed) < at_least):
                break
            if job not in spared:
                self.delete(job)
                removed.append(job)
            total -= size
            unlisted -= not listed
        return removed

    def delete(self, job: str) -> None:
        """Remove a run's row and files."""
        self._database.remove(job)
        self._blobs.clear(job)

    def publish(self, job: str, *, listed: bool) -> None:
        """List a run in the gallery, or remove it from there. Raises JobError if it is unknown."""
        self._database.update(replace(self._row(job), listed=listed, result=self._blobs.get(job, "result.png")))

    def view(self, job: str) -> JobView:
        """A run with all its values. Raises JobError if it is unknown or damaged."""
        view = self.summary(job)
        files = {
            "content": self._blobs.get(job, "content.jpg") or b"",
            "result": self._blobs.get(job, "result.png"),
        }
        return replace(view, points=self._database.points(job), snapshot_steps=tuple(self.snapshot_steps(job)), **files)  # type: ignore[arg-type]

    def summary(self, job: str) -> JobView:
        """A run with its newest snapshot, without its points, content and result. Raises JobError."""
        view = self._row(job)
        steps = self.snapshot_steps(job)
        if not steps:
            return view
        return replace(view, snapshot=self.snapshot(job, steps[-1]), snapshot_step=steps[-1])

    def _row(self, job: str) -> JobView:
        try:
            view = self._database.view(job)
        except (ValueError, sqlite3.Error):
            raise JobError("this run was stored, but cannot be read any more; start it again") from None
        if view is None:
            raise JobError(GONE)
        return view

    def runs(self, owner: str, most: int) -> list[str]:
        """Ids of an owner's runs, or of the listed runs if `owner` is empty, the newest first."""
        return self._database.of_owner(owner, most) if owner else self._database.listed(most)

    def pending(self) -> list[str]:
        """Ids of the runs that are not over, in the order in which they should continue."""
        return self._database.pending()

    def snapshot_steps(self, job: str) -> list[int]:
        """The steps whose snapshots are stored, rising."""
        names = (name.partition(".")[0] for name in self._blobs.names(job, "steps"))
        return sorted(int(name) for name in names if name.isdecimal())

    def snapshot(self, job: str, step: int) -> bytes | None:
        """The snapshot of a step as JPEG; None if it is absent, or emptied by a power cut."""
        return self._blobs.get(job, _snapshot_name(step)) or None

    def inputs(self, job: str) -> RunInputs:
        """A run's pictures and masks. Raises JobError if the run is unknown, or they are absent or damaged."""
        inputs = input_files.load(self._blobs, job)
        if inputs is None:
            self._row(job)
            raise JobError("the pictures this run was made of are not here any more; choose them again")
        return inputs

    def has_inputs(self, job: str) -> bool:
        """Whether all of a run's pictures and masks are stored."""
        return self._blobs.get(job, input_files.CONTENTS) is not None

    def content_size(self, job: str) -> tuple[int, int] | None:
        """Width and height of a run's content; None if unknown."""
        return input_files.content_size(self._blobs, job)

    def checkpoint(self, job: str) -> Path | None:
        """The path of a run's checkpoint, which need not exist; None without a disk."""
        return self._blobs.path(job, "checkpoint.npz")

    def has_checkpoint(self, job: str) -> bool:
        """Whether a run can continue from a checkpoint."""
        path = self.checkpoint(job)
        with contextlib.suppress(OSError):
            return path is not None and path.exists()
        return False


def _snapshot_name(step: int) -> str:
    return f"steps/{step:06d}.jpg"


def _why(error: Exception) -> str:
    if isinstance(error, filelock.Timeout):
        return "another server uses the folder for them"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"the folder for them cannot be used ({reason})"
