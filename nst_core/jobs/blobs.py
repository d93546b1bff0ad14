"""The files of runs, a folder for each run: on a disk, or in memory if there is no disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Protocol

from nst_core.system.atomic_files import read_if_possible, write_atomic


class BlobStore(Protocol):
    """Files of each run, by name. A name may contain one slash; a run's id has only letters and digits."""

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file in one piece; if not `durable`, a power cut may leave it empty. Raises OSError."""

    def get(self, job: str, name: str) -> bytes | None:
        """A file's bytes; None if it is absent or unreadable."""

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order."""

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there."""

    def clear(self, job: str) -> None:
        """Remove all files of a run."""

    def jobs(self) -> list[str]:
        """The runs that have files."""

    def size(self, job: str) -> int:
        """The size of a run's files in bytes."""

    def path(self, job: str, name: str) -> Path | None:
        """The path of a file, which need not exist; None if the store has no paths."""


def keep_newest(blobs: BlobStore, most: int, label: str) -> None:
    """Remove the files of the oldest jobs until at most `most` jobs are left; unreadable jobs go first.

    Args:
        blobs: where the files are.
        most: how many jobs may stay.
        label: name of the JSON file of each job whose "created" is its time, in seconds.
    """

    def created(job: str) -> float:
        try:
            return float(json.loads(blobs.get(job, label) or b"")["created"])
        except (ValueError, KeyError, TypeError):
            return 0.0

    jobs = blobs.jobs()
    if len(jobs) > most:
        for job in sorted(jobs, key=created)[: len(jobs) - most]:
            blobs.clear(job)


class DiskBlobStore:
    """A folder for each run below `root`."""

    def __init__(self, root: Path) -> None:
        """Create `root`. Raises OSError if it cannot be written."""
        self._root = root
        write_atomic(root / ".writable", b"")

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file in one piece; if not `durable`, a power cut may leave it empty. Raises OSError."""
        path = self.path(job, name)
        if durable:
            write_atomic(path, data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}")
        part.write_bytes(data)
        part.replace(path)

    def get(self, job: str, name: str) -> bytes | None:
        """A file's bytes; None if it is absent or unreadable."""
        return read_if_possible(self.path(job, name))

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order."""
        try:
            return [name for name in os.listdir(self.path(job, folder)) if not name.startswith(".")]
        except OSError:
            return []

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there."""
        with contextlib.suppress(OSError):
            self.path(job, name).unlink()

    def clear(self, job: str) -> None:
        """Remove all files of a run."""
        shutil.rmtree(self.path(job, ""), ignore_errors=True)

    def jobs(self) -> list[str]:
        """The runs that have files."""
        return [path.name for path in self._root.iterdir() if path.is_dir()]

    def size(self, job: str) -> int:
        """The size of a run's files in bytes."""
        total = 0
        for folder, _, names in os.walk(self.path(job, "")):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.stat(os.path.join(folder, name)).st_size
        return total

    def path(self, job: str, name: str) -> Path:
        """The path of a file, which need not exist. Raises ValueError for an id that is not of letters and digits."""
        if not job.isalnum() or not job.isascii():
            raise ValueError("a run's id must be letters and digits")
        return self._root / job / name


class MemoryBlobStore:
    """A folder for each run, in memory."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytes]] = {}

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Store a file."""
        self._files.setdefault(job, {})[name] = data

    def get(self, job: str, name: str) -> bytes | None:
        """A file's bytes; None if it is absent."""
        return self._files.get(job, {}).get(name)

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run."""
        start = f"{folder}/"
        return [name.removeprefix(start) for name in list(self._files.get(job, ())) if name.startswith(start)]

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there."""
        self._files.get(job, {}).pop(name, None)

    def clear(self, job: str) -> None:
        """Remove all files of a run."""
        self._files.pop(job, None)

    def jobs(self) -> list[str]:
        """The runs that have files."""
        return list(self._files)

    def size(self, job: str) -> int:
        """The size of a run's files in bytes."""
        return sum(map(len, list(self._files.get(job, {}).values())))

    def path(self, job: str, name: str) -> None:
        """None: files in memory have no path."""
