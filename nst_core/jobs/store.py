"""Stores runs: for each one its record, its curve and its pictures; in a folder, in memory, or shared by servers.

Its size is limited.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from nst_core.errors import JobError, LostRunError, StorageError
from nst_core.film.reading import Film
from nst_core.jobs import film_files, input_files, limits, opening, reading, records, storage_errors, undo
from nst_core.jobs.blobs import BlobStore, is_id
from nst_core.jobs.film_files import FilmResult
from nst_core.jobs.index import IndexRow
from nst_core.jobs.limits import MEMORY, StoreLimits
from nst_core.jobs.lost_runs import lost_run
from nst_core.jobs.messages import FilmFiles
from nst_core.jobs.opening import OpenStorage
from nst_core.jobs.reading import read_record, readable, snapshot_name
from nst_core.jobs.records import (
    CHECKPOINT,
    CONTENT,
    COPY,
    CURVE,
    PASSING,
    RECORD,
    RESULT,
    DamagedRecordError,
    RunRecord,
)
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.storage_errors import AlmostFullError
from nst_core.jobs.temporary_files import remove_temporary_files
from nst_core.jobs.undo import UndoableStops
from nst_core.jobs.views import FINAL, JobView
from nst_core.recipe import FilmFormat
from nst_core.runs.inputs import RunInputs


class Store:
    """Records and files of runs. Any thread may call; a file is written in one piece or not at all.

    Attributes:
        why_in_memory: why runs are not stored on a disk, in words; empty if they are.
        fault: why the folder could not be written when it was opened, in words; empty if it could.
        limits: the bounds of the store.
        votes: the votes on pairs of results, which stay when runs are removed.
        stops: the stopped runs that can go on.
        claims: which server has which run, if several servers share the store; else None.
    """

    def __init__(
        self,
        folder: Path | None,
        disk_limits: StoreLimits | None = None,
        memory_limits: StoreLimits = MEMORY,
        *,
        storage: OpenStorage | None = None,
    ) -> None:
        """Open `folder`, or memory if that is None, in use by another server, or cannot be written.

        `storage`, which is open already, replaces both.
        """
        self._folder, self._opened = folder, storage or opening.open_folder(folder)
        self.claims = self._opened.claims
        self._opened_at = time.time() - 0.1  # the times of files are a few milliseconds behind
        self._blobs, self._index, self._ledger = self._opened.blobs, self._opened.index, self._opened.ledger
        self.votes = self._opened.votes
        self.why_in_memory, self.fault = self._opened.why_in_memory, self._opened.fault
        self.limits = memory_limits if self.why_in_memory else disk_limits or StoreLimits()
        self.stops = UndoableStops(self._blobs, self._index, is_shared=self.claims is not None)
        self._stored_values: dict[str, tuple[Any, ...]] = {}  # the values in the records of runs that are not over

    def close(self) -> None:
        """Release the folder."""
        self._ledger.flush()
        self.votes.flush()
        self._opened.release()

    def blob_store(self, name: str) -> BlobStore | None:
        """A store for other files than those of runs, in a folder of its own; None without a disk."""
        return self._opened.beside(name)

    def missing_bytes(self, size: int) -> float:
        """The bytes to free on the disk before a run of `size` bytes fits and `limits.free_bytes` stay free."""
        if self._folder is None or self.why_in_memory:
            return 0.0
        with contextlib.suppress(OSError):
            return max(0.0, size + self.limits.free_bytes - shutil.disk_usage(self._folder).free)
        return 0.0

    def probe(self, size: int) -> None:
        """Find out whether the disk takes `size` bytes. Raises OSError if it does not."""
        if self.missing_bytes(size):
            raise AlmostFullError
        self._opened.probe(size)

    def remove_temporary_files(self) -> None:
        """Remove the temporary files that a killed server or its worker left in the folder."""
        if self._folder and not self.why_in_memory:
            remove_temporary_files(self._folder, self._opened_at)

    # Writing.

    def begin(self, view: JobView) -> None:
        """Write the record of a new run, safe from a power cut when this returns. Raises OSError."""
        record = RunRecord(view)
        try:
            self._put_record(record)
            self._blobs.sync(view.id, RECORD)
        except OSError:
            self._blobs.clear(view.id)  # its id was not shown: it must not start after a restart
            raise
        self._ledger.note(view.id, "stored")
        self._index.put(record.row())

    def adopt(self, job: str, film: Film) -> Film:
        """Copy the film of a new run into the run's folder. Raises OSError, and then leaves nothing."""
        try:
            return film_files.adopt(self._blobs, job, film)
        except OSError:
            self._blobs.clear(job)
            raise

    def disown(self, job: str) -> None:
        """Remove the files of a run that was not begun."""
        self._blobs.clear(job)

    def write(self, change: RunDelta) -> None:
        """Write changes: files first, so that a record never refers to a missing file.

        Nothing is written of a run that another server has taken over.

        Raises OSError; it may then be called again with the same changes.
        """
        view, blobs = change.view, self._blobs
        if self.claims is not None and not self.claims.has(view.id):
            return
        if change.is_new:
            self.begin(view)
        for step, jpeg in change.snapshots.items():
            blobs.put(view.id, snapshot_name(step), jpeg, durable=False)
        for step in set(reading.snapshot_steps(blobs, view.id)) - set(change.snapshot_steps):
            blobs.remove(view.id, snapshot_name(step))
        if change.inputs is not None:
            input_files.save(blobs, view.id, change.inputs)
        if change.content:
            blobs.put(view.id, CONTENT, change.content, durable=False)
        if change.result is not None:
            blobs.put(view.id, RESULT, change.result)
        if change.points or change.after is not None:
            blobs.append(view.id, CURVE, records.curve_lines(change.points, change.after))
        self._keep_worker_files(view)
        self._write_record(view)
        if self._index.get(view.id) is None:
            blobs.clear(view.id)  # deleted meanwhile
        self._ledger.flush()
        self.votes.flush()

    def _keep_worker_files(self, view: JobView) -> None:
        """Store the files that the run's worker has written itself. Raises OSError."""
        is_urgent = view.state != "running"
        self._blobs.keep(view.id, CHECKPOINT, at_once=is_urgent)
        if view.recipe.medium == "film":
            self._blobs.keep(view.id, film_files.WORK, at_once=is_urgent)
            if view.result is not None:
                self._blobs.keep(view.id, film_files.result_name(view.recipe.film.film_format))

    def fetch_progress(self, job: str) -> None:
        """Bring to this server what a worker needs to go on with a run. Raises OSError."""
        self._blobs.fetch(job, CHECKPOINT)
        self._blobs.fetch(job, film_files.WORK)

    def leave(self, job: str) -> None:
        """Forget what this server remembers of a run that another one may have now."""
        self._stored_values.pop(job, None)
        self._blobs.leave(job)

    def row(self, job: str) -> IndexRow | None:
        """The facts of a stored run that lists need; None if it is not stored."""
        return self._index.get(job)

    def was_known(self, job: str) -> bool:
        """Whether a run of this id was ever stored."""
        return self._opened.ledger.get(job) is not None

    def _write_record(self, view: JobView) -> None:
        """Write a run's record, unless only values that change at every step have changed."""
        values = records.changing_rarely(view)
        if view.state not in FINAL and self._stored_values.get(view.id) == values:
            return
        files = {name: data for name, data in ((CONTENT, view.content), (RESULT, view.result)) if data}
        record = RunRecord(view, {name: records.fingerprint(data) for name, data in files.items()})
        if view.state in FINAL:
            record = self._completed(record)
        self._put_record(record)
        if not self._index.replace(record.row()):
            return
        self._stored_values[view.id] = values
        if view.state in FINAL:
            self._stored_values.pop(view.id, None)
            self._blobs.sync(view.id, RECORD)
            self.stops.note(view)

    def _completed(self, record: RunRecord) -> RunRecord:
        """The record of a run that is over, with its size and its number of points."""
        job, points = record.view.id, 0
        if self._blobs.has(job, CURVE):
            points = len(records.read_curve(self._blobs.read(job, CURVE)))
            self._blobs.sync(job, CURVE)
        return replace(record, size=self._blobs.size(job, without=PASSING), points=points)

    def _put_record(self, record: RunRecord) -> None:
        data = record.to_bytes()
        self._blobs.put(record.view.id, RECORD, data)
        self._blobs.put(record.view.id, COPY, data, durable=False)

    def make_room(self, spared: Collection[str] = (), *, needed_bytes: float = 0.0) -> list[str]:
        """Remove runs as `limits.removable` says; returns the removed ones. Runs that cannot be removed stay."""
        over = [row for row in self._index.oldest() if not self._blobs.is_fixed(row.job)]
        removed = []
        for job, rule in limits.removable(over, self.limits, spared=spared, needed_bytes=needed_bytes):
            with contextlib.suppress(StorageError):
                self.delete(job, rule)
                removed.append(job)
        return removed

    def delete(self, job: str, rule: str = "") -> None:
        """Remove a run's record and files.

        Args:
            job: the run.
            rule: the rule by which it makes room, in words; empty if its owner deletes it.

        Raises:
            StorageError: they cannot be removed now.
        """
        if self._blobs.is_fixed(job):
            raise StorageError(f"this run cannot be deleted now, because {self.fault}")
        row = self._index.remove(job)  # before the files: a change that is being written now is then undone
        try:
            self._ledger.note(job, "room" if rule else "deleted", rule)
            self._blobs.remove(job, RECORD)
            self._blobs.remove(job, COPY)
        except OSError as error:
            if row is not None:
                self._index.put(row)
            raise StorageError(f"this run cannot be deleted now, because {storage_errors.in_words(error)}") from None
        self._stored_values.pop(job, None)
        self.stops.forget(job)
        self._blobs.clear(job)
        self._ledger.flush()

    def hide(self, job: str, at: float) -> None:
        """Hide a run from `at` on, in seconds since 1970, or show it again if that is 0.

        Raises LostRunError, or StorageError if it cannot be changed now.
        """
        if self._blobs.is_fixed(job):
            raise StorageError(f"this run cannot be deleted now, because {self.fault}")
        self._change(job, hidden_at=at)
        with contextlib.suppress(OSError):
            self._blobs.sync(job, RECORD)

    def hidden_since(self, job: str) -> float:
        """When a stored run was hidden, in seconds since 1970; 0 if it is not."""
        row = self._index.get(job)
        return row.hidden_at if row else 0.0

    def hidden(self, owner: str) -> list[str]:
        """Ids of an owner's hidden runs, the last hidden first."""
        hidden = self._index.hidden()
        rows = [row for job in sorted(hidden, key=lambda job: -hidden[job]) if (row := self._index.get(job))]
        return [row.job for row in rows if row.owner == owner]

    def hidden_too_long(self) -> list[str]:
        """The hidden runs that can be restored no more, and are to be removed, the first hidden first."""
        return undo.past(self._index.hidden(), undo.MOST_HIDDEN, time.time())

    def publish(self, job: str, *, listed: bool) -> None:
        """List a run in the gallery, or remove it from there. Raises LostRunError or StorageError."""
        self._change(job, listed=listed)

    def _change(self, job: str, **changes: Any) -> None:
        record = self._record(job)
        record = replace(record, view=replace(record.view, **changes))
        try:
            self._put_record(record)
        except OSError as error:
            raise StorageError(f"this run cannot be changed now, because {storage_errors.in_words(error)}") from None
        self._index.put(record.row())

    # Reading.

    def view(self, job: str) -> JobView:
        """A run with all its values. Raises LostRunError if it cannot be opened."""
        record = self._record(job)
        with readable():
            return reading.complete_view(self._blobs, record)

    def summary(self, job: str) -> JobView:
        """A run with its newest snapshot, without its points, content and result. Raises LostRunError."""
        record = self._record(job)
        with readable():
            return reading.with_snapshot(self._blobs, record.view)

    def _record(self, job: str) -> RunRecord:
        if not is_id(job):
            raise LostRunError("the id of a run has letters and digits only, and this one has others; check the link")
        try:
            with readable():
                return read_record(self._blobs, job, RunRecord.from_bytes)
        except FileNotFoundError:
            raise lost_run(self._opened, job) from None
        except DamagedRecordError as error:
            message = f"this run cannot be opened, because {error}; its files are kept for the operator of this server"
            raise LostRunError(message, is_stored=True) from None

    def runs(self, owner: str, most: int) -> list[str]:
        """Ids of an owner's runs, or of the listed runs if `owner` is empty, the newest first."""
        return self._index.of_owner(owner, most) if owner else self._index.listed(most)

    def pending(self) -> list[str]:
        """Ids of the runs that are not over, in the order in which they should continue."""
        return self._index.pending()

    def snapshot(self, job: str, step: int) -> bytes | None:
        """The snapshot of a step as JPEG; None if it is absent, or emptied by a power cut. Raises LostRunError."""
        with readable():
            return reading.snapshot(self._blobs, job, step)

    def inputs(self, job: str) -> RunInputs:
        """A run's pictures and masks. Raises JobError if the run is unknown, or they are absent or damaged."""
        with readable():
            inputs = input_files.read(self._blobs, job)
        if inputs is None:
            self._record(job)
            raise JobError("the pictures this run was made of are missing or damaged; choose them again")
        return inputs

    def has_inputs(self, job: str) -> bool:
        """Whether all of a run's pictures and masks are stored."""
        return self._blobs.has(job, input_files.CONTENTS)

    def content_size(self, job: str) -> tuple[int, int] | None:
        """Width and height of a run's content; None if unknown."""
        return input_files.content_size(self._blobs, job)

    def checkpoint(self, job: str) -> Path | None:
        """The path of a run's checkpoint, which need not exist; None without a disk."""
        return self._blobs.path(job, CHECKPOINT)

    def has_checkpoint(self, job: str) -> bool:
        """Whether a run can continue from a checkpoint."""
        return reading.has_checkpoint(self._blobs, job)

    def film_files(self, job: str, film: Film, kind: FilmFormat) -> FilmFiles:
        """The files of a film's run, for the worker. Raises OSError."""
        return film_files.of_run(self._blobs, job, film, kind)

    def film_result(self, job: str, kind: FilmFormat) -> FilmResult | None:
        """The finished film of a run; None if it is not there. Raises LostRunError if it cannot be read now."""
        with readable():
            return film_files.result(self._blobs, job, kind)
