"""The limits that follow from this host's memory: sizes of runs, and the amount of data in memory at once.

Measured: the web process takes 150 to 200 MB, one that decodes pictures 25, and the worker 440 with both networks in
it. A process with TensorFlow also maps about 400 MB of its files, which the system may drop and read again.
`nst_core/server/README.md` shows the profiles, and how they were tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from nst_core.errors import RecipeError
from nst_core.settings import Settings
from nst_core.system import container

SERVER_MB = 250
"""Memory of the web process and of one that decodes pictures, in MB."""
FILES_MB = 400
"""TensorFlow's files in the worker's memory, in MB: the system drops the parts that are not in use."""


@dataclass(frozen=True)
class HostProfile:
    """The limits of a host; an operator's setting counts if it is lower.

    Attributes:
        from_mb: the least memory of the host, in MB.
        slow_edge_px: greatest longest edge of the methods slow and balanced, in pixels.
        fast_edge_px: the same of the method fast.
        run_mb: memory that the worker may take in a run, in MB, with `FILES_MB`.
        worker_mb: memory from which the worker is replaced after a run, in MB, without `FILES_MB`.
        keeps_freed: whether the worker keeps memory for the next fast picture, which is quicker.
        decoders: processes that decode pictures.
        decode_mb: memory that one picture may take to decode, in MB.
        queue_runs: runs that may wait; each holds its pictures.
    """

    from_mb: int
    slow_edge_px: int
    fast_edge_px: int
    run_mb: int
    worker_mb: int
    keeps_freed: bool
    decoders: int
    decode_mb: int
    queue_runs: int

    def edge_px(self, method: str) -> int:
        """The greatest longest edge of a method, in pixels."""
        return self.fast_edge_px if method == "fast" else self.slow_edge_px

    def check(self, method: str, longest_edge_px: int) -> None:
        """Raise RecipeError if a run of this size does not fit."""
        most = self.edge_px(method)
        if longest_edge_px > most:
            raise RecipeError(
                f"longest_edge_px must be at most {most} with method {method} on this server, whose memory has no room "
                f"for more, got {longest_edge_px}; choose a smaller size"
            )


PROFILES = (
    HostProfile(3000, 2048, 4096, 1_000_000, 1_000_000, True, 64, 65_536, 1_000),
    HostProfile(2300, 1536, 4096, 1800, 1600, True, 2, 640, 8),
    HostProfile(1600, 768, 1536, 1100, 1100, False, 1, 384, 4),
    HostProfile(0, 256, 512, 1000, 650, False, 1, 256, 2),
)
"""The profiles by memory, the largest first. The first one adds no limit to those of the operator and the recipe."""
LEAST_MB = 1000
"""Below this memory in MB even the smallest runs may not fit: TensorFlow and the networks take most of it."""


def profile_of(memory_mb: float) -> HostProfile:
    """The profile of a host with this much memory, in MB."""
    return next(profile for profile in PROFILES if memory_mb >= profile.from_mb)


def memory_mb(settings: Settings | None = None) -> float:
    """The memory of this host in MB: the operator's setting, else the container's limit, else the machine's memory."""
    stated = (settings or Settings.read()).memory_mb
    limit = container.memory_limit()
    total = float(psutil.virtual_memory().total)
    return stated or min(total, limit[0] if limit else total) / 1e6


def host_profile(settings: Settings | None = None) -> HostProfile:
    """The profile of this host."""
    return profile_of(memory_mb(settings))
