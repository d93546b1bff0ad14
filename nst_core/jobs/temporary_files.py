"""Removes the temporary files that a killed server or worker left."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_NAME = re.compile(r"\..+\.[0-9a-f]{16}")
"""The names of temporary files of `blobs` and `atomic_files`."""


def remove_temporary_files(folder: Path, latest: float) -> int:
    """Remove the temporary files in a folder and below that were last written before `latest`; returns their number.

    Args:
        folder: one that no other server uses.
        latest: when this server opened it, in seconds since 1970: no running process needs files written before.
    """
    removed = 0
    for below, _, names in os.walk(folder):
        for name in filter(_NAME.fullmatch, names):
            path = Path(below, name)
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < latest:
                    path.unlink()
                    removed += 1
    return removed


def remove_temporary_files_of(path: Path) -> None:
    """Remove the temporary files of one file, whose only writer has ended."""
    for part in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(OSError):
            part.unlink()
