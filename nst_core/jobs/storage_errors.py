"""Errors of the disk that holds the runs: which of them may pass, and all of them in words for users."""

from __future__ import annotations

import errno

from nst_core.system import disk_errors
from nst_core.system.disk_errors import FULL, is_full

__all__ = ["ALMOST_FULL", "FULL", "FULL_WORDS", "PASSING", "AlmostFullError", "in_words", "is_full"]

PASSING = (*FULL, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM)
"""The errors that may pass while the server runs: with them, runs stay on the disk, and new ones are refused. Results
must be removed only because of an error in `FULL`."""
ALMOST_FULL = "the disk has less free space than the server must leave"
FULL_WORDS = (*(disk_errors.WORDS[code] for code in FULL), ALMOST_FULL)


class AlmostFullError(OSError):
    """The disk has less free space than new runs must leave."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, ALMOST_FULL)


def in_words(error: BaseException) -> str:
    """The reason for an error as a clause, such as "the disk is full"; it names no path."""
    if isinstance(error, AlmostFullError):
        return ALMOST_FULL
    if isinstance(error, OSError):
        return disk_errors.in_words(error)
    return str(error) or type(error).__name__
