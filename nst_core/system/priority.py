"""The processor priority of a process: what visitors wait for comes before what runs in the background."""

from __future__ import annotations

import contextlib

import psutil

LOWEST = 19
"""The lowest priority, as a niceness of POSIX."""


def lower(process: psutil.Process, niceness: int) -> None:
    """Give a process at most this priority, if the system allows it; one that is lower already stays.

    Args:
        process: its threads that exist already keep their priority on Linux, so call this at its start.
        niceness: from 0, the usual priority, to `LOWEST`; Windows, which has classes, gets the nearest one.
    """
    with contextlib.suppress(psutil.Error, OSError):
        if psutil.POSIX:
            process.nice(max(niceness, process.nice()))
        elif niceness:
            process.nice(psutil.IDLE_PRIORITY_CLASS if niceness == LOWEST else psutil.BELOW_NORMAL_PRIORITY_CLASS)
