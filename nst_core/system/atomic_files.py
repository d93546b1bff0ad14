"""Files of the cache: written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file to write, at `path` once the block ends: a reader, even after a crash, sees the old one or the new one.

    Raises OSError; then, and when the block fails, what was at `path` is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # not mkstemp: the umask decides who may read
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
    """Put `data` at `path` as `whole` does. Raises OSError."""
    with atomic_write(path) as file:
        file.write(data)


def write_if_possible(path: Path, data: bytes) -> None:
    """Cache `data` if the folder can be written to; a full or read-only disk costs time later, not an answer now."""
    with contextlib.suppress(OSError):
        write_atomic(path, data)


def read_if_possible(path: Path) -> bytes | None:
    """The file's bytes, or None if it is absent or unreadable."""
    try:
        return path.read_bytes()
    except OSError:
        return None
