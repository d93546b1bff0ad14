"""The memory limit of the container that this process runs in, and the memory that is available to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
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
OWN_GROUPS = Path("/proc/self/cgroup")
"""The file that names the groups of this process, below the folders of CGROUPS: a system service has its limit
there."""
_RECLAIMABLE = re.compile(r"^(?:total_)?inactive_file (\d+)$", re.MULTILINE)


def memory_limit() -> tuple[float, float] | None:
    """The memory limit of the container and its use, in bytes; None if there is no limit.

    Cached files, which the system drops when memory is needed, do not count as use. The lowest of several nested limits
    counts.
    """
    found = []
    for limit, use in _files():
        with suppress(OSError, ValueError):  # no such file, or "max"
            most, used = int(limit.read_text()), int(use.read_text())
            found.append((float(most), float(max(used - _cached_files(use.with_name("memory.stat")), 0))))
    return min(found, default=None)


def _files() -> Iterator[tuple[Path, Path]]:
    """The files of CGROUPS, those of this process's groups, and those of the groups around these."""
    names = {"."}
    with suppress(OSError):
        for line in OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                group = Path(path.lstrip("/"))
                names |= {str(each) for each in (group, *group.parents)}
    for limit, use in CGROUPS:
        for name in names:
            yield limit.parent / name / limit.name, use.parent / name / use.name


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
