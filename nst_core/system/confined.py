"""Limits of a process that decodes a stranger's file, and the meaning of its end."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
"""The only environment variables that such a process inherits, so that it holds no secrets of the server."""


def environment() -> dict[str, str]:
    """The environment of such a process, a program of ours: the package's folder, and one thread for arithmetic."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def reason_of_end(status: int | None, seconds: int) -> str:
    """Why a process ended in the middle of its work, to follow "a picture must".

    Args:
        status: its exit status, as `subprocess` states it; None if it still runs.
        seconds: the computing time that it was allowed.
    """
    if status == -signal.SIGXCPU:
        return f"be decoded within {seconds} s of computing time, and this one is not"
    if status == -signal.SIGKILL:
        return "be decoded in one go, but the process was killed, most likely because the machine ran out of memory"
    return "be readable by its decoder, which failed on this one"


def limit(kind: int, value: int) -> None:
    """Lower or raise this process's soft limit of a resource, within what the system allows."""
    _, most = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def limit_seconds(seconds: int) -> None:
    """Let this process compute for that long from now on; then the system ends it."""
    limit(resource.RLIMIT_CPU, int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1 + seconds)


def own_memory(field: int) -> int:
    """Virtual (0) or resident (1) memory of this process in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[field]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
