"""Memory and file handles: this process's limits, compared with the server's needs."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import psutil

from nst_core.doctor.finding import Finding, megabytes, ok, problem, warning
from nst_core.system import container
from nst_core.system.host_profile import LEAST_MB

LEAST_BYTES, USUAL_BYTES = LEAST_MB * 1e6, 2.5e9
"""The memory that the server and its worker need for the smallest runs, and the memory with which runs of 1,000 px are
quick."""
LEAST_FILES, USUAL_FILES = 256, 1024
"""The file handles that a handful of visitors need, and those for fifty visitors, which a server should be able to
take."""


def memory() -> Iterator[Finding]:
    """The memory that is available, on the machine and in its container."""
    available, total = psutil.virtual_memory().available, psutil.virtual_memory().total
    free, where = float(available), "of this machine"
    limit = container.memory_limit()
    if limit is None or limit[0] >= total:
        yield ok("no container limits the memory")
    else:
        yield ok(f"the container limits the memory to {megabytes(limit[0])}, of which {megabytes(limit[1])} are in use")
        if limit[0] - limit[1] < free:
            free, where = max(limit[0] - limit[1], 0.0), "of the container"
    text = f"{megabytes(free)} of the memory {where} are available"
    if free < LEAST_BYTES:
        yield problem(
            text, f"end other programs or give it {megabytes(USUAL_BYTES)}: else the system may kill the worker"
        )
    elif free < USUAL_BYTES:
        yield warning(text, f"with {megabytes(USUAL_BYTES)}, large slow runs are quicker")
    else:
        yield ok(text)


def file_handles() -> Iterator[Finding]:
    """How many files and connections this process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"a process may open {_count(soft)} files"
    if soft == resource.RLIM_INFINITY or soft >= USUAL_FILES:
        yield ok(text)
        return
    most = _count(hard)
    remedy = f"ulimit -n 4096 before the server starts ({most} are allowed), or LimitNOFILE=4096 in its systemd unit"
    yield (problem if soft < LEAST_FILES else warning)(text, remedy)


def _count(limit: int) -> str:
    return "any number of" if limit == resource.RLIM_INFINITY else f"{limit:,}"
