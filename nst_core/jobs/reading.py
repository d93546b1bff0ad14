"""Reads stored runs from their files, and reports damage."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from nst_core.errors import LostRunError
from nst_core.jobs import film_files, records, storage_errors
from nst_core.jobs.blobs import BlobStore
from nst_core.jobs.records import CONTENT, COPY, CURVE, RECORD, RESULT, DamagedRecordError, RunRecord
from nst_core.jobs.views import FINAL, JobView

T = TypeVar("T")


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Turns an OSError into a LostRunError with `is_stored`; FileNotFoundError passes unchanged."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"this run cannot be read now, because {storage_errors.in_words(error)}; try again later"
        raise LostRunError(message, is_stored=True) from None


def read_record(blobs: BlobStore, job: str, parse: Callable[[str, bytes], T]) -> T:
    """A run's record, or its copy if the record is damaged or absent.

    Args:
        blobs: the files of runs.
        job: the run.
        parse: parses the bytes of a record, and raises DamagedRecordError if it is damaged.

    Raises:
        FileNotFoundError: neither of the two files exists.
        OSError: the record cannot be read now.
        DamagedRecordError: both are damaged.
    """
    try:
        return parse(job, blobs.read(job, RECORD))
    except (FileNotFoundError, DamagedRecordError) as error:
        try:
            return parse(job, blobs.read(job, COPY))
        except FileNotFoundError:
            raise error from None


def complete_view(blobs: BlobStore, record: RunRecord) -> JobView:
    """The view of a run with all its values. Raises OSError if a file cannot be read now."""
    job, view = record.view.id, with_snapshot(blobs, record.view)
    points, steps = records.read_curve(_read(blobs, job, CURVE)), tuple(snapshot_steps(blobs, job))
    content, result = (_undamaged(blobs, record, name) for name in (CONTENT, RESULT))
    if view.state not in FINAL and RESULT not in record.files:
        result = b""  # of before a stop that was undone
    view = replace(view, points=points, snapshot_steps=steps, content=content, result=result or None)
    if view.state in FINAL:
        return _with_damage(view, record)
    if not points:
        return view
    return replace(view, step=max(view.step, points[-1].step), evaluations=points[-1].evaluations)


def with_snapshot(blobs: BlobStore, view: JobView) -> JobView:
    """The view with its newest snapshot. Raises OSError if it cannot be read now."""
    steps = snapshot_steps(blobs, view.id)
    if not steps:
        return view
    return replace(view, snapshot=snapshot(blobs, view.id, steps[-1]), snapshot_step=steps[-1])


def snapshot_name(step: int) -> str:
    """The file of a step's snapshot."""
    return f"steps/{step:06d}.jpg"


def snapshot_steps(blobs: BlobStore, job: str) -> list[int]:
    """The steps whose snapshots are stored, rising. Raises OSError if they cannot be read now."""
    names = (name.partition(".")[0] for name in blobs.names(job, "steps"))
    return sorted(int(name) for name in names if name.isdecimal())


def snapshot(blobs: BlobStore, job: str, step: int) -> bytes | None:
    """The snapshot of a step as JPEG; None if it is absent, or emptied by a power cut. Raises OSError."""
    return _read(blobs, job, snapshot_name(step)) or None


def _read(blobs: BlobStore, job: str, name: str) -> bytes:
    """A file's bytes; none if it is absent. Raises OSError if it cannot be read now."""
    try:
        return blobs.read(job, name)
    except FileNotFoundError:
        return b""


def _undamaged(blobs: BlobStore, record: RunRecord, name: str) -> bytes:
    """A file's bytes; none if it is absent or has changed since it was written. Raises OSError."""
    data, sha256 = _read(blobs, record.view.id, name), record.files.get(name)
    return data if not sha256 or records.fingerprint(data) == sha256 else b""


def _with_damage(view: JobView, record: RunRecord) -> JobView:
    """The view of a run that is over, with a note about its damaged or missing files."""
    notes = view.notes
    if len(view.points) < record.points:
        lost = f"{record.points - len(view.points)} of the {record.points} points of this curve"
        notes = (*notes, f"{lost} were damaged on the disk and are left out.")
    if RESULT in record.files and view.result is None:
        error = "the file of this result is damaged or missing on the server's disk; paint it again with its settings"
        return replace(view, state="failed", error=error, notes=notes)
    return replace(view, notes=notes)


def has_checkpoint(blobs: BlobStore, job: str) -> bool:
    """Whether a run can continue from a checkpoint."""
    if film_files.can_continue(blobs, job):
        return True
    return blobs.path(job, records.CHECKPOINT) is not None and blobs.has(job, records.CHECKPOINT)
