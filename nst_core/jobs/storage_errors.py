"""Errors of the disk: which of them mean that it is full, and all of them in words for users."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors that go away when files are removed. Results must not be removed because of any other error."""
PASSING = (*FULL, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM)
"""The errors that may pass while the server runs: with them, runs stay on the disk, and new ones are refused."""

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "the server is not permitted to use its files",
    errno.EPERM: "the server is not permitted to use its files",
    errno.EMFILE: "the server has too many files open",
    errno.ENFILE: "the machine has too many files open",
    errno.EIO: "the disk reports a fault",
    errno.EFBIG: "a file would be larger than the server may write",
    errno.ENOENT: "a folder is missing",
    errno.ENOTDIR: "a file is where a folder should be",
    errno.EEXIST: "a file is where a folder should be",
    errno.ESTALE: "the network disk does not answer",
    errno.ETIMEDOUT: "the network disk does not answer",
    errno.ENOMEM: "the machine has no memory left",
}
ALMOST_FULL = "the disk has less free space than the server must leave"
FULL_WORDS = (*(_WORDS[code] for code in FULL), ALMOST_FULL)


class AlmostFullError(OSError):
    """The disk has less free space than new runs must leave."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, ALMOST_FULL)


def is_full(error: BaseException) -> bool:
    """Whether a disk or a quota is full."""
    return isinstance(error, OSError) and error.errno in FULL


def in_words(error: BaseException) -> str:
    """The reason for an error as a clause, such as "the disk is full"; it names no path."""
    if isinstance(error, AlmostFullError):
        return ALMOST_FULL
    if isinstance(error, OSError):
        return _WORDS.get(error.errno or 0) or error.strerror or "the disk reports an unknown fault"
    return str(error) or type(error).__name__
