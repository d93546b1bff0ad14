"""Atomic files: written completely or not at all, so that no reader sees a part of one."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` when the block ends.

    A reader sees either the old file or the new one, even after a crash. If the block raises, or writing fails, the
    old file stays.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # not mkstemp, which ignores the umask
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically. Raises OSError, and then keeps the old file."""
    with atomic_write(path) as file:
        file.write(data)


def write_if_possible(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically, and ignore an OSError: without its cache, the app is only slower."""
    with contextlib.suppress(OSError):
        write_atomic(path, data)


def read_if_possible(path: Path) -> bytes | None:
    """The file's bytes, or None if it is absent or unreadable."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are safe from a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
