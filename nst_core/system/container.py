"""The memory limit of the container that this process runs in, and the memory that is available to it."""

from __future__ import annotations

import re
from pathlib import Path

import psutil

CGROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
"""Files with the memory limit and the use of a container, in the second and the first version of cgroups."""
_RECLAIMABLE = re.compile(r"^(?:total_)?inactive_file (\d+)$", re.MULTILINE)


def memory_limit() -> tuple[float, float] | None:
    """The memory limit of the container and its use, in bytes; None if there is no limit.

    Cached files, which the system drops when memory is needed, are no use.
    """
    for limit, use in CGROUPS:
        try:
            most, used = int(limit.read_text()), int(use.read_text())
        except (OSError, ValueError):  # no such file, or "max"
            continue
        return float(most), float(max(used - _cached_files(use.with_name("memory.stat")), 0))
    return None


def _cached_files(statistics: Path) -> int:
    try:
        found = _RECLAIMABLE.findall(statistics.read_text())
    except OSError:
        return 0
    return max(map(int, found), default=0)


def available_bytes() -> float:
    """The memory that this process and its children may still take, in the container and on the machine."""
    machine = psutil.virtual_memory()
    limit = memory_limit()
    if limit is None or limit[0] >= machine.total:
        return float(machine.available)
    return min(float(machine.available), max(limit[0] - limit[1], 0.0))
