"""Errors of the disk: which of them mean that it is full, and each in words for users."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors that go away when files are removed."""
WORDS = {
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
"""Number of an error -> a clause."""


def is_full(error: BaseException) -> bool:
    """Whether a disk or a quota is full."""
    return isinstance(error, OSError) and error.errno in FULL


def in_words(error: OSError) -> str:
    """The reason for an error as a clause, such as "the disk is full"; it names no path."""
    return WORDS.get(error.errno or 0) or error.strerror or "the disk reports an unknown fault"
