"""The record of a run as a JSON file of its folder, and its curve as lines of text. Both detect damage.

The record is the only source of truth about a stored run; the index is built from it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from nst_core.errors import RecipeError
from nst_core.jobs import film_files, record_shape
from nst_core.jobs.index import IndexRow
from nst_core.jobs.owners import STORED_FIELD, stored_owner
from nst_core.jobs.views import JobView
from nst_core.recipe import parse
from nst_core.runs.curve import CurvePoint
from nst_core.system.atomic_files import read_if_possible

RECORD, COPY = "run.json", "run.copy.json"
"""The record, and a copy of it that is read if the record is damaged."""
CURVE = "curve.log"
RESULT, CONTENT, CHECKPOINT = "result.png", "content.jpg", "checkpoint.npz"
PASSING = (CHECKPOINT, film_files.WORK)
"""Files and folders that only a run under way needs."""

_STORED_NAMES = {
    "step": "number",
    "total_steps": "of",
    "wants_metrics": "measure",
    "reference_losses": "levels",
    "snapshot_step": "snapshot_number",
    "owner": STORED_FIELD,
    "hidden_at": "hidden",
}
"""Fields of a JobView whose stored names are older than the code's."""
_STORED = {
    name: _STORED_NAMES.get(name, name)
    for name in (
        *("id", "state", "step", "total_steps", "evaluations", "wants_metrics", "reference_losses", "notes"),
        *("snapshot_step", "report", "error", "created", "ended", "owner", "listed", "hidden_at"),
    )
}
"""Field of a JobView -> its stored name. Position and waiting time are not stored: they change all the time."""
_REQUIRED = {each.name for each in fields(JobView) if each.default is MISSING and each.default_factory is MISSING}
"""Fields of a JobView that every record has; records of earlier versions may lack the others."""
_PROGRESS = ("step", "evaluations", "snapshot_step")
"""Fields that change at every step. While a run is not over, they are read from its curve and its snapshots."""


class DamagedRecordError(ValueError):
    """A record has changed since it was written, or is not a record.

    The message is a clause that says what is wrong.
    """


@dataclass(frozen=True)
class RunRecord:
    """The contents of a run's record.

    Attributes:
        view: its values, without points, pictures and its place in the queue.
        files: SHA-256 of its result and its content, by name, if it has them; "" where it is unknown.
        size: the size of its files in bytes; 0 until it is over.
        points: how many points its curve has; 0 until it is over.
    """

    view: JobView
    files: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    points: int = 0

    def row(self) -> IndexRow:
        """The run's row of the index."""
        return IndexRow.of(self.view, painted=RESULT in self.files, size=self.size)

    def to_bytes(self) -> bytes:
        """The record as a JSON file with its own checksum."""
        run = {**view_to_dict(self.view), "files": dict(self.files), "bytes": self.size, "points": self.points}
        return json.dumps({"format": 1, "sha256": _checksum(run), "run": run}).encode()

    @classmethod
    def from_bytes(cls, job: str, data: bytes) -> RunRecord:
        """Parse the record of the run `job` that `to_bytes` wrote. Raises DamagedRecordError."""
        run = _run(job, data)
        return cls(view_from_dict(run), run.get("files", {}), run.get("bytes", 0), run.get("points", 0))


def changing_rarely(view: JobView) -> tuple[Any, ...]:
    """The stored values of a run that do not change at every step.

    A change of them makes it necessary to write the record.
    """
    return (view.recipe, view.content, view.result, *(getattr(view, f) for f in _STORED if f not in _PROGRESS))


def row_from_bytes(job: str, data: bytes) -> IndexRow:
    """The index row of a run's record; faster than to parse all of it. Raises DamagedRecordError."""
    run = _run(job, data)
    created, painted = run.get("created", 0.0), RESULT in run.get("files", {})
    ended, listed = run.get("ended") or created, run.get("listed", False)
    owner, hidden = run.get(STORED_FIELD, ""), run.get("hidden", 0.0)
    return IndexRow(job, created, ended, owner, listed, run["state"], painted, run.get("bytes", 0), hidden)


def _run(job: str, data: bytes) -> dict[str, Any]:
    try:
        stored = json.loads(data)
        run, sha256 = stored["run"], stored["sha256"]
        is_whole = isinstance(run, dict) and sha256 == _checksum(run)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedRecordError("its record is cut or overwritten") from None
    if not is_whole:
        raise DamagedRecordError("its record has changed since it was written")
    if run.get("id") != job:
        raise DamagedRecordError("its record is that of another run")
    try:
        record_shape.check(run)
    except ValueError as error:
        raise DamagedRecordError(f"its record is of another version of NST Studio ({error})") from None
    return run  # type: ignore[no-any-return]


def _checksum(run: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(run).encode()).hexdigest()


def view_to_dict(view: JobView) -> dict[str, Any]:
    """A run as plain data for JSON, without points, pictures and its place in the queue."""
    values = {stored: getattr(view, name) for name, stored in _STORED.items() if name != "hidden_at" or view.hidden_at}
    return {**values, "recipe": view.recipe.model_dump(mode="json")}


def view_from_dict(stored: Mapping[str, Any]) -> JobView:
    """The run that `view_to_dict` gave. Raises DamagedRecordError if it cannot be read."""
    values = {name: stored[short] for name, short in _STORED.items() if short in stored}
    try:
        if missing := _REQUIRED - {*values, "recipe"}:
            raise KeyError(*missing)
        values |= {"notes": tuple(values.get("notes", ())), "owner": stored_owner(values.get("owner", ""))}
        return JobView(recipe=parse(stored["recipe"]), **values)
    except (KeyError, TypeError, RecipeError) as error:
        raise DamagedRecordError(f"its record is of another version of NST Studio ({error})") from None


def fingerprint(data: bytes) -> str:
    """SHA-256 of a file, for `RunRecord.files`."""
    return hashlib.sha256(data).hexdigest()


def checked_lines(texts: Sequence[str]) -> bytes:
    """Lines with checksums, to append to a file.

    Each begins on a new line, so that a line that a crash has cut before does not damage it.
    """
    return b"".join(b"\n%08x %s" % (zlib.crc32(text.encode()), text.encode()) for text in texts)


def whole_lines(data: bytes) -> Iterator[str]:
    """The lines that `checked_lines` wrote and that are undamaged."""
    for line in data.split(b"\n"):
        if line[9:] and line[:9] == b"%08x " % zlib.crc32(line[9:]):
            yield line[9:].decode()


def curve_lines(points: Sequence[CurvePoint], after: int | None = None) -> bytes:
    """Points to append to a curve; points of later steps than `after` become invalid."""
    begin = [] if after is None else [json.dumps({"after": after})]
    return checked_lines([*begin, *(point.to_json() for point in points)])


def read_curve(data: bytes) -> tuple[CurvePoint, ...]:
    """The points of a curve, by rising steps; damaged lines are left out, and a later point replaces an earlier one."""
    points: dict[int, CurvePoint] = {}
    for text in whole_lines(data):
        if text.startswith('{"after"'):
            after = _after(text)
            points = {step: point for step, point in points.items() if after is None or step <= after}
            continue
        try:
            point = CurvePoint.from_json(text)
        except ValueError:  # of another version
            continue
        points[point.step] = point
    return tuple(points[step] for step in sorted(points))


def _after(text: str) -> int | None:
    """The last step that a line keeps; None if the line is of another version."""
    try:
        after = json.loads(text)["after"]
    except (ValueError, KeyError, RecursionError):
        return None
    return after if isinstance(after, int) else None


@dataclass(frozen=True)
class StoredCurves:
    """Reads the curves in the folder of runs of a running server, from another process."""

    folder: Path

    def points(self, job: str) -> tuple[CurvePoint, ...]:
        """The points of a run that are stored so far."""
        return read_curve(read_if_possible(self.folder / "runs" / job / CURVE) or b"")
