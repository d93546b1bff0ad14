"""The folder beside a film's output while it is painted: the frames so far, and the recipe that they are painted by."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import filelock

from nst_core.errors import FilmError

FRAMES, RECIPE, PARTS = "film", "recipe.json", "parts"
_LOCK = "in-use.lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder, and keep other commands out of it; at the end it is removed if it is empty.

    Raises FilmError if another command paints there, or it cannot be made.
    """
    lock = filelock.FileLock(folder / _LOCK, blocking=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise FilmError(f"{folder} is in use by another command that paints this film; wait for its end") from None
    except OSError as error:
        raise FilmError(f"{folder} must be a folder for the frames, but cannot be used ({error.strerror})") from None
    try:
        yield
    finally:
        lock.release()
        if not any((folder / name).exists() for name in (FRAMES, RECIPE)):
            (folder / _LOCK).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it holds files of the user's own
                folder.rmdir()


def clear(folder: Path) -> None:
    """Remove what is left of a film there, and nothing else."""
    for name in (FRAMES, PARTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / RECIPE).unlink(missing_ok=True)
