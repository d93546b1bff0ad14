"""Removes the temporary files that a killed server or worker left."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

AGE_SECONDS = 600.0
"""Age from which a temporary file belongs to nobody."""
_NAME = re.compile(r"\..+\.[0-9a-f]{16}")
"""The names that `blobs` and `atomic_files` give."""


def remove_leftovers(folder: Path, older_than_seconds: float = AGE_SECONDS) -> int:
    """Remove old temporary files in a folder and below; returns their number."""
    removed, latest = 0, time.time() - older_than_seconds
    for below, _, names in os.walk(folder):
        for name in filter(_NAME.fullmatch, names):
            path = Path(below, name)
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < latest:
                    path.unlink()
                    removed += 1
    return removed
