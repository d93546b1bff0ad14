"""The files of runs, a folder for each run on a disk. `memory_blobs` has those without a disk."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from nst_core.system.atomic_files import sync_folder, write_atomic


class BlobStore(Protocol):
    """Files of each run, by name. A name may contain one slash; a run's id has only letters and digits."""

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file in one piece; if not `durable`, a power cut may leave it empty. Raises OSError."""

    def append(self, job: str, name: str, data: bytes) -> None:
        """Add to the end of a file; a crash may leave a part of the addition. Raises OSError."""

    def sync(self, job: str, name: str) -> None:
        """Wait until a file and the names of the run's files are safe from a power cut. Raises OSError."""

    def read(self, job: str, name: str) -> bytes:
        """A file's bytes. Raises OSError: FileNotFoundError if it is absent, another one if it cannot be read now."""

    def has(self, job: str, name: str = "") -> bool:
        """Whether a file is there, as far as can be told; without a name, whether the run has a folder."""

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order. Raises OSError if they cannot be read now."""

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there. Raises OSError."""

    def clear(self, job: str) -> None:
        """Remove all files of a run, as far as possible."""

    def jobs(self) -> list[str]:
        """The runs that have files. Raises OSError."""

    def size(self, job: str, *, without: Collection[str] = ()) -> int:
        """The size of a run's files in bytes, but for some names of files and folders."""

    def place(self, job: str, name: str) -> Path:
        """Where a file or folder of a run is that is too large for memory; it need not exist. Raises OSError."""

    def fetch(self, job: str, name: str) -> Path:
        """`place`, with what another server has stored of it there. Raises OSError."""

    def keep(self, job: str, name: str, *, at_once: bool = True) -> None:
        """Store what is at `place` or `path`, so that other servers can fetch it; later if not `at_once`.

        Raises OSError.
        """

    def leave(self, job: str) -> None:
        """Forget what is at `place` and `path` of a run that other servers may now have."""

    def remove_folder(self, job: str, name: str) -> None:
        """Remove a folder at `place` with all in it, as far as possible."""

    def path(self, job: str, name: str) -> Path | None:
        """The path of a file, which need not exist; None if the store has no paths."""

    def is_fixed(self, job: str) -> bool:
        """Whether a run's files cannot be removed."""


def read_or_none(blobs: BlobStore, job: str, name: str) -> bytes | None:
    """A file's bytes; None if it is absent or cannot be read now."""
    try:
        return blobs.read(job, name)
    except OSError:
        return None


def keep_newest(blobs: BlobStore, most: int, label: str) -> None:
    """Remove the files of the oldest jobs until at most `most` jobs are left; unreadable jobs go first.

    If the jobs cannot be listed now, a later call removes them.

    Args:
        blobs: where the files are.
        most: how many jobs may stay.
        label: name of the JSON file of each job whose "created" is its time, in seconds.
    """

    def created(job: str) -> float:
        try:
            return float(json.loads(read_or_none(blobs, job, label) or b"")["created"])
        except (ValueError, KeyError, TypeError):
            return 0.0

    jobs: list[str] = []
    with contextlib.suppress(OSError):
        jobs = blobs.jobs()
    if len(jobs) > most:
        for job in sorted(jobs, key=created)[: len(jobs) - most]:
            blobs.clear(job)


class OnePlace:
    """What a store need not do whose files only this server has: they are at their place already."""

    def place(self, job: str, name: str) -> Path:
        """See `BlobStore.place`."""
        raise NotImplementedError

    def fetch(self, job: str, name: str) -> Path:
        """The same as `place`."""
        return self.place(job, name)

    def keep(self, job: str, name: str, *, at_once: bool = True) -> None:
        """Do nothing."""

    def leave(self, job: str) -> None:
        """Do nothing."""


class DiskBlobStore(OnePlace):
    """A folder for each run below `root`, which the first file creates."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def probe(self, size: int) -> None:
        """Write a file of `size` bytes and remove it. Raises OSError."""
        path = self._root / f".probe.{secrets.token_hex(8)}"
        try:
            write_atomic(path, bytes(size))
        finally:
            path.unlink(missing_ok=True)

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file in one piece; if not `durable`, a power cut may leave it empty. Raises OSError."""
        path = self.path(job, name)
        if durable:
            write_atomic(path, data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    def append(self, job: str, name: str, data: bytes) -> None:
        """Add to the end of a file; a crash may leave a part of the addition. Raises OSError."""
        with self.path(job, name).open("ab") as file:  # buffered: a raw file writes a part, and does not say so
            file.write(data)

    def sync(self, job: str, name: str) -> None:
        """Wait until a file and the names of the run's files are safe from a power cut. Raises OSError."""
        path = self.path(job, name)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        sync_folder(path.parent)
        sync_folder(self._root)

    def read(self, job: str, name: str) -> bytes:
        """A file's bytes. Raises OSError: FileNotFoundError if it is absent, another one if it cannot be read now."""
        return self.path(job, name).read_bytes()

    def has(self, job: str, name: str = "") -> bool:
        """Whether a file is there, as far as can be told; without a name, whether the run has a folder."""
        try:
            os.stat(self.path(job, name))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order. Raises OSError if they cannot be read now."""
        try:
            return [name for name in os.listdir(self.path(job, folder)) if not name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there. Raises OSError."""
        self.path(job, name).unlink(missing_ok=True)

    def clear(self, job: str) -> None:
        """Remove all files of a run, as far as possible."""
        shutil.rmtree(self.path(job, ""), ignore_errors=True)

    def jobs(self) -> list[str]:
        """The runs that have files. Raises OSError."""
        try:
            with os.scandir(self._root) as found:
                return [each.name for each in found if is_id(each.name) and each.is_dir()]
        except FileNotFoundError:
            return []

    def size(self, job: str, *, without: Collection[str] = ()) -> int:
        """The size of a run's files in bytes, but for some names of files and folders."""
        return size_of(self.path(job, ""), without)

    def place(self, job: str, name: str) -> Path:
        """Where a file or folder of a run is that is too large for memory; it need not exist."""
        return self.path(job, name)

    def remove_folder(self, job: str, name: str) -> None:
        """Remove a folder at `place` with all in it, as far as possible."""
        shutil.rmtree(self.path(job, name), ignore_errors=True)

    def path(self, job: str, name: str) -> Path:
        """The path of a file, which need not exist. Raises ValueError for an id that is not of letters and digits."""
        if not is_id(job):
            raise ValueError("a run's id must be letters and digits")
        return self._root / job / name

    def is_fixed(self, job: str) -> bool:
        """False: the disk can be written."""
        return False


def size_of(folder: Path, without: Collection[str] = ()) -> int:
    """The size of the files in a folder and below in bytes, but for some names of files and folders."""
    total = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in without]
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(parent, name)).st_size if name not in without else 0
    return total


def is_id(job: str) -> bool:
    """Whether this may be the id of a run, and with it the name of a folder."""
    return job.isalnum() and job.isascii()
