"""Where the cache lies on disk, its locks, and folders that appear and vanish whole."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import filelock

from nst_core.settings import Settings

LOCK_SECONDS = 300.0
STALE_SECONDS = 86_400.0
PART = ".part-"


def roots() -> tuple[Path, ...]:
    """The folders that may hold entries; the last can be written.

    That is the configured one; where it is read-only, it is followed by a temporary one of this process.
    """
    configured = Settings.read().cache_dir / "weights"
    return (configured,) if _writable(configured) else (configured, _temporary_root(os.getpid()))


@contextmanager
def locked(slot: str) -> Iterator[None]:
    """Hold the entry's lock; a lock that fails or is held too long is done without, which costs work and not truth."""
    path = roots()[-1] / f"{slot}.lock"
    lock = filelock.FileLock(path, timeout=LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, filelock.Timeout, NotImplementedError):
        pass
    try:
        _sweep(path.parent)
        yield
    finally:
        lock.release(force=True)


def new_part(parent: Path) -> Path:
    """A fresh empty folder beside the entries of `parent`, with the rights that the umask gives."""
    part = parent / f"{PART}{secrets.token_hex(8)}"
    part.mkdir(parents=True)
    return part


def make_durable(folder: Path) -> None:
    """Write every file below `folder` through to the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def remove(folder: Path) -> None:
    """Rename away first, so that nobody finds half a folder, then delete; what cannot be removed stays."""
    if not os.path.exists(folder):
        return
    try:
        aside = new_part(folder.parent)
    except OSError:
        return
    try:
        os.rename(folder, aside / "old")
    except OSError:
        pass
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def _temporary_root(owner: int) -> Path:
    """A folder that lives as long as the process `owner`; a forked child makes its own."""
    folder = Path(tempfile.mkdtemp(prefix="nst-weights-"))
    atexit.register(_remove_own, folder, owner)
    return folder


def _remove_own(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Delete what killed processes left half made, a day later."""
    for part in parent.glob(f"{PART}*"):
        try:
            stale = time.time() - part.stat().st_mtime > STALE_SECONDS
        except OSError:
            continue
        if stale:
            shutil.rmtree(part, ignore_errors=True)
