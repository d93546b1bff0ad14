"""Where runs are kept: rows and files in one folder, or all in memory where there is none. Bounded."""

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
from nst_core.jobs.views import FINAL, CurvePoint, JobView
from nst_core.runs.inputs import RunInputs

LOCK_SECONDS = 2.0
"""How long another server may take to let go of the folder: one that is just being replaced does."""
GONE = "this run is not here any more; runs are kept until their owner deletes them or newer ones need the room"


@dataclass(frozen=True)
class StoreLimits:
    """How much is kept.

    Attributes:
        runs: unlisted runs that are over; the oldest goes first.
        total_bytes: of the files of all that are over; the oldest unlisted goes first, then the oldest listed.
        pictures: of one run's timeline.
    """

    runs: int = 200
    total_bytes: float = 4e9
    pictures: int = 120


MEMORY = StoreLimits(runs=40, total_bytes=150e6, pictures=24)
"""What is kept where there is no disk."""


@dataclass(frozen=True)
class RunDelta:
    """What is new of a run since it was last written.

    Attributes:
        view: how it stands; its points, content and result are not written.
        kept: numbers of its timeline, all of them; other pictures are removed.
        points: new ones of its curve.
        after: points of higher numbers are forgotten first.
        pictures: new JPEGs of its timeline.
        inputs: what it is made of, if that is not written yet; so with `content` and `result`.
        is_new: it has no row yet.
        epoch: how often it had begun again.
    """

    view: JobView
    kept: tuple[int, ...] = ()
    points: tuple[CurvePoint, ...] = ()
    after: int | None = None
    pictures: Mapping[int, bytes] = field(default_factory=dict)
    inputs: RunInputs | None = None
    content: bytes = b""
    result: bytes | None = None
    is_new: bool = False
    epoch: int = 0


class Store:
    """Rows and files of runs. Any thread may call; what it writes is whole or not there.

    Attributes:
        why_in_memory: why nothing is kept on a disk, in words; empty where it is.
    """

    def __init__(self, folder: Path | None, bounds: StoreLimits | None = None) -> None:
        """In `folder`, or in memory where that is None, in use by another server, or cannot be written to."""
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
        self.bounds = bounds or (MEMORY if self.why_in_memory else StoreLimits())

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(folder / "in-use.lock", timeout=LOCK_SECONDS)
        self._lock.acquire()
        self._blobs = DiskBlobStore(folder / "runs")
        try:
            self._database = RunDatabase(folder / "runs.sqlite")
            known = self._database.jobs()
        except sqlite3.DatabaseError:  # a file that is no table any more is put aside, not thrown away
            (folder / "runs.sqlite").replace(folder / "runs.sqlite.damaged")
            self._database = RunDatabase(folder / "runs.sqlite")
            return
        for job in set(self._blobs.jobs()) - known:  # a crash in the middle of a deletion
            self._blobs.clear(job)

    def close(self) -> None:
        """Let go of the folder."""
        self._database.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release(force=True)

    def blob_store(self, name: str) -> BlobStore | None:
        """Drawers in another folder than those of runs; None where nothing outlives the server."""
        if self._folder is None or self.why_in_memory:
            return None
        with contextlib.suppress(OSError):
            return DiskBlobStore(self._folder / name)
        return None

    def begin(self, view: JobView) -> None:
        """Put a run's row in. Raises OSError or sqlite3.Error."""
        self._database.insert(view)

    def write(self, change: RunDelta) -> None:
        """Write what is new: files first, so that a row never tells of what is not there.

        Raises OSError or sqlite3.Error, and may then be called again with the same.
        """
        view, drawers = change.view, self._blobs
        if change.is_new:
            self._database.insert(view)
        for number, jpeg in change.pictures.items():
            drawers.put(view.id, _picture_name(number), jpeg, durable=False)
        for number in set(self.snapshot_steps(view.id)) - set(change.kept):
            drawers.remove(view.id, _picture_name(number))
        if change.inputs is not None:
            input_files.save(drawers, view.id, change.inputs)
        if change.content:
            drawers.put(view.id, "content.jpg", change.content, durable=False)
        if change.result is not None:
            drawers.put(view.id, "result.png", change.result)
        if not self._database.update(view, change.points, after=change.after):
            drawers.clear(view.id)  # deleted meanwhile
        elif view.state in FINAL:
            drawers.remove(view.id, "checkpoint.npz")
            self._database.set_bytes(view.id, drawers.size(view.id))

    def make_room(self, spared: Collection[str] = (), *, at_least: int = 0) -> list[str]:
        """Remove the oldest runs beyond the bounds, and so many more if `at_least` says so; returns which."""
        over = self._database.oldest()
        unlisted = sum(not listed for _, listed, _ in over)
        total = sum(size for _, _, size in over)
        gone: list[str] = []
        for job, listed, size in over:
            too_many = not listed and unlisted > self.bounds.runs
            if not (too_many or total > self.bounds.total_bytes or len(gone) < at_least):
                break
            if job not in spared:
                self.delete(job)
                gone.append(job)
            total -= size
            unlisted -= not listed
        return gone

    def delete(self, job: str) -> None:
        """Remove a run's row and files."""
        self._database.remove(job)
        self._blobs.clear(job)

    def publish(self, job: str, *, listed: bool) -> None:
        """List a run or not. Raises JobError if it is unknown."""
        self._database.update(replace(self._row(job), listed=listed, result=self._blobs.get(job, "result.png")))

    def view(self, job: str) -> JobView:
        """A run, whole. Raises JobError if it is unknown or damaged."""
        view = self.summary(job)
        files = {
            "content": self._blobs.get(job, "content.jpg") or b"",
            "result": self._blobs.get(job, "result.png"),
        }
        return replace(view, points=self._database.points(job), snapshot_steps=tuple(self.snapshot_steps(job)), **files)  # type: ignore[arg-type]

    def summary(self, job: str) -> JobView:
        """A run with its newest picture, without its points, content and result. Raises JobError."""
        view = self._row(job)
        numbers = self.snapshot_steps(job)
        if not numbers:
            return view
        newest = self._blobs.get(job, _picture_name(numbers[-1]))
        return replace(view, snapshot=newest or None, snapshot_step=numbers[-1])

    def _row(self, job: str) -> JobView:
        try:
            view = self._database.view(job)
        except (ValueError, sqlite3.Error):
            raise JobError("this run was kept, but cannot be read any more; start it again") from None
        if view is None:
            raise JobError(GONE)
        return view

    def runs(self, visitor: str, most: int) -> list[str]:
        """Ids of a visitor's runs, or of the listed ones without a visitor, the newest first."""
        return self._database.of_visitor(visitor, most) if visitor else self._database.listed(most)

    def pending(self) -> list[str]:
        """Ids of the runs that are not over, in the order in which they should go on."""
        return self._database.pending()

    def snapshot_steps(self, job: str) -> list[int]:
        """The steps whose pictures are kept, by rising number."""
        names = (name.partition(".")[0] for name in self._blobs.names(job, "steps"))
        return sorted(int(name) for name in names if name.isdecimal())

    def picture(self, job: str, number: int) -> bytes | None:
        """A kept picture as JPEG; None if it is not there or a power cut emptied it."""
        return self._blobs.get(job, _picture_name(number)) or None

    def inputs(self, job: str) -> RunInputs:
        """What a run was made of. Raises JobError if it is unknown or that is damaged."""
        found = input_files.load(self._blobs, job)
        if found is None:
            self._row(job)
            raise JobError("the pictures this run was made of are not here any more; choose them again")
        return found

    def has_inputs(self, job: str) -> bool:
        """Whether what a run is made of was written, whole."""
        return self._blobs.get(job, input_files.CONTENTS) is not None

    def content_size(self, job: str) -> tuple[int, int] | None:
        """Width and height of what a run paints; None if that is not known."""
        return input_files.content_size(self._blobs, job)

    def checkpoint(self, job: str) -> Path | None:
        """Where a run's checkpoint is or would be; None where there is no disk."""
        return self._blobs.path(job, "checkpoint.npz")

    def has_checkpoint(self, job: str) -> bool:
        """Whether a run can be gone on with from where it was."""
        path = self.checkpoint(job)
        with contextlib.suppress(OSError):
            return path is not None and path.exists()
        return False


def _picture_name(number: int) -> str:
    return f"steps/{number:06d}.jpg"


def _why(error: Exception) -> str:
    if isinstance(error, filelock.Timeout):
        return "another server uses the folder for them"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"the folder for them cannot be used ({reason})"
