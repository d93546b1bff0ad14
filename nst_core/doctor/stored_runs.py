"""The runs in the folder of runs: their number and size, and those that are damaged or without a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nst_core.doctor.finding import Finding, counted, megabytes, ok, problem, warning
from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.reading import read_record
from nst_core.jobs.records import DamagedRecordError, RunRecord
from nst_core.settings import Settings

MOST_NAMED = 3
"""The most runs whose folders a finding names; the rest are only counted."""


def check() -> Iterator[Finding]:
    """Read the record of every stored run; nothing is changed, and a server may use the folder meanwhile."""
    if Settings.read().is_shared:
        yield ok("runs are in a shared store; python -m nst_core store rebuild reads all of their records")
        return
    data = Settings.read().data_dir
    folder = data / "runs" if data else None
    if folder is None:
        yield ok("no runs are stored yet")
        return
    blobs = DiskBlobStore(folder)
    try:
        jobs = blobs.jobs()
    except OSError as error:
        yield problem(
            f"the stored runs in {folder} cannot be listed: {error.strerror or error}",
            "mend the permissions of that folder, or its disk; until then no link to these runs opens",
        )
        return
    if not jobs:
        yield ok("no runs are stored yet")
        return
    damaged: dict[str, str] = {}
    orphaned: list[str] = []
    for job in jobs:
        try:
            read_record(blobs, job, RunRecord.from_bytes)
        except FileNotFoundError:
            orphaned.append(job)
        except (DamagedRecordError, OSError) as error:
            damaged[job] = str(error)
    size = sum(map(blobs.size, jobs))
    readable = counted(len(jobs) - len(damaged) - len(orphaned), "run")
    yield ok(f"{readable} can be read; all of {folder} is {megabytes(size)}")
    yield from _unreadable(folder, damaged)
    if orphaned:
        folders = counted(len(orphaned), "folder of a run", "folders of runs")
        yield warning(
            f"{folders} without a record: {_named(folder, orphaned)}",
            "a run that is being deleted or begun has none for a moment; delete those folders if they stay",
        )


def _unreadable(folder: Path, damaged: dict[str, str]) -> Iterator[Finding]:
    if damaged:
        reasons = "; ".join(dict.fromkeys(damaged.values()))[:200]
        yield problem(
            f"{counted(len(damaged), 'stored run')} cannot be read ({reasons}): {_named(folder, list(damaged))}",
            "restore those folders from a copy, or delete them; their links say that the runs are damaged",
        )


def _named(folder: Path, jobs: list[str]) -> str:
    more = f" and {len(jobs) - MOST_NAMED} more" if len(jobs) > MOST_NAMED else ""
    return ", ".join(str(folder / job) for job in sorted(jobs)[:MOST_NAMED]) + more
