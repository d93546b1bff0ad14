"""The folder in which a server has the files of shared runs that a worker reads and writes: checkpoints and films.

Each server process has a folder of its own, locked while it lives. Those of processes that were killed are removed by
the next one that starts on the machine, and by the others now and then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

import filelock

LOCK = "in-use.lock"
_STARTS_WITHIN_SECONDS = 60.0
UNUSED_SECONDS = 3600.0
"""The time after which the copy of a finished film is removed that nobody asked for."""


class LocalCopies:
    """The folder of this process below `root`, which any number of processes may share."""

    def __init__(self, root: Path) -> None:
        """Make it. Raises OSError."""
        self._root = root
        self._folder = root / secrets.token_hex(8)
        self._folder.mkdir(parents=True)
        self._lock = filelock.FileLock(self._folder / LOCK, thread_local=False)
        self._lock.acquire()

    def path(self, folder: str, job: str, name: str) -> Path:
        """The place of a file, which need not exist."""
        return self._folder / folder / job / name

    def note_use(self, path: Path) -> None:
        """Note that a file is used now."""
        with contextlib.suppress(OSError):
            os.utime(path.parent)

    def remove(self, folder: str, job: str, name: str) -> Path:
        """Remove a file or a folder if it is there, as far as possible; returns where it was."""
        path = self.path(folder, job, name)
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return path

    def tidy(self, in_use: Collection[str]) -> None:
        """Remove the folders of processes that have ended, and old copies of runs that are not `in_use`."""
        for folder in self._others():
            if not (folder / LOCK).exists() and time.time() - folder.stat().st_mtime < _STARTS_WITHIN_SECONDS:
                continue  # its process is about to lock it
            with contextlib.suppress(OSError, filelock.Timeout), filelock.FileLock(folder / LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        now = time.time()
        for job in self._folder.glob("*/*/"):
            with contextlib.suppress(OSError):
                if job.name not in in_use and now - job.stat().st_mtime > UNUSED_SECONDS:
                    shutil.rmtree(job, ignore_errors=True)

    def _others(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [each for each in self._root.iterdir() if each.is_dir() and each != self._folder]
        return []

    def close(self) -> None:
        """Remove this process's folder."""
        with contextlib.suppress(OSError):
            self._lock.release(force=True)
        shutil.rmtree(self._folder, ignore_errors=True)
