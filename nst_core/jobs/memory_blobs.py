"""The files of runs in memory, where there is no disk or it can only be read; films are in a temporary folder."""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from nst_core.jobs.blobs import BlobStore, OnePlace, size_of


class MemoryBlobStore(OnePlace):
    """A folder for each run, in memory."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytes]] = {}
        self._large: tempfile.TemporaryDirectory[str] | None = None  # made for the first film

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Store a file."""
        self._files.setdefault(job, {})[name] = data

    def append(self, job: str, name: str, data: bytes) -> None:
        """Add to the end of a file."""
        files = self._files.setdefault(job, {})
        files[name] = files.get(name, b"") + data

    def sync(self, job: str, name: str) -> None:
        """Do nothing: memory does not survive a power cut."""

    def read(self, job: str, name: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError if it is absent."""
        try:
            return self._files[job][name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file in memory", name) from None

    def has(self, job: str, name: str = "") -> bool:
        """Whether a file is there; without a name, whether the run has files."""
        if not name:
            return job in self._files
        return name in self._files.get(job, {}) or (self._large is not None and self.place(job, name).exists())

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
        self.remove_folder(job, "")

    def jobs(self) -> list[str]:
        """The runs that have files."""
        return list(self._files)

    def size(self, job: str, *, without: Collection[str] = ()) -> int:
        """The size of a run's files in bytes, but for some names of files and folders."""
        in_memory = sum(len(data) for name, data in list(self._files.get(job, {}).items()) if name not in without)
        return in_memory + (size_of(self.place(job, ""), without) if self._large else 0)

    def place(self, job: str, name: str) -> Path:
        """Where a file or folder of a run is that is too large for memory: in a folder that ends with the server."""
        if self._large is None:
            self._large = tempfile.TemporaryDirectory(prefix="nst-films-", ignore_cleanup_errors=True)
        return Path(self._large.name, job, name)

    def remove_folder(self, job: str, name: str) -> None:
        """Remove a folder at `place` with all in it, as far as possible."""
        if self._large is not None:
            shutil.rmtree(Path(self._large.name, job, name), ignore_errors=True)

    def path(self, job: str, name: str) -> None:
        """None: files in memory have no path."""

    def is_fixed(self, job: str) -> bool:
        """False: files in memory can be removed."""
        return False


class OverlayBlobStore(MemoryBlobStore):
    """Files in memory, laid over those of the read-only store `below`."""

    def __init__(self, below: BlobStore) -> None:
        """The runs of `below`; none if they cannot be listed."""
        super().__init__()
        self._below = below
        self._fixed: frozenset[str] = frozenset()
        with contextlib.suppress(OSError):
            self._fixed = frozenset(below.jobs())

    def append(self, job: str, name: str, data: bytes) -> None:
        """Add to the end of a file; one that is on the disk is read first. Raises OSError."""
        if self.is_fixed(job) and name not in self._files.get(job, {}) and self._below.has(job, name):
            self.put(job, name, self._below.read(job, name))
        super().append(job, name, data)

    def read(self, job: str, name: str) -> bytes:
        """A file's bytes. Raises OSError: FileNotFoundError if it is absent, another one if it cannot be read now."""
        if self.is_fixed(job) and not super().has(job, name):
            return self._below.read(job, name)
        return super().read(job, name)

    def has(self, job: str, name: str = "") -> bool:
        """Whether a file is there; without a name, whether the run has files."""
        return super().has(job, name) or (self.is_fixed(job) and self._below.has(job, name))

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order. Raises OSError if they cannot be read now."""
        below = self._below.names(job, folder) if self.is_fixed(job) else []
        return list({*super().names(job, folder), *below})

    def place(self, job: str, name: str) -> Path:
        """Where a file or folder of a run is that is too large for memory: on the disk, for a run that is there."""
        return self._below.place(job, name) if self.is_fixed(job) else super().place(job, name)

    def jobs(self) -> list[str]:
        """The runs that have files."""
        return list({*super().jobs(), *self._fixed})

    def is_fixed(self, job: str) -> bool:
        """Whether a run is on the disk, and can therefore not be removed."""
        return job in self._fixed
