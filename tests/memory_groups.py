"""A group of processes with a memory limit, like a container's: the system kills a process that exceeds it.

Linux only, and only where this user may make such groups (cgroups), mostly as root.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_VERSIONS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.events"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.oom_control"),
)
"""Folder, file with the limit, and file with the number of killed processes: second and first version of cgroups."""


@dataclass(frozen=True)
class MemoryGroup:
    """A group; `wrapper` starts a command in it, `events` is the file that counts killed processes."""

    wrapper: tuple[str, ...]
    events: Path

    @property
    def killed(self) -> int:
        """The number of processes that the system has killed because of the limit."""
        counts = dict(line.split() for line in self.events.read_text().splitlines())
        return int(counts["oom_kill"])


@contextmanager
def memory_group(megabytes: int) -> Iterator[MemoryGroup | None]:
    """A group with this memory limit, in MB, within the context; None if it cannot be made."""
    for root, limit, events in _VERSIONS:
        folder = root / f"nst-test-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            if (folder / limit).exists():
                (folder / limit).write_text(str(megabytes * 10**6))
                enter = f'echo $$ > {folder}/cgroup.procs && exec "$@"'
                yield MemoryGroup(("sh", "-c", enter, "sh"), folder / events)
                return
        finally:
            _remove(folder)
    yield None


def _remove(folder: Path) -> None:
    """Remove a group, once its last process is gone."""
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        with suppress(OSError):
            folder.rmdir()
        time.sleep(0.1)
