"""The resources that a run uses: time, and memory of the process and of the GPU."""

from __future__ import annotations

import itertools
import resource
import sys
import time
from pathlib import Path

from nst_core.step import Step


class RunTimer:
    """Measures how long a run takes to load, to compile and to run.

    The time of compilation is estimated: the first Step's time minus the median Step's.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._load = 0.0
        self._already = 0.0
        self._stamps: list[float] = []

    def mark_loaded(self, already: float = 0.0) -> None:
        """Note the end of loading; `already` is the running time of a resumed run before, in seconds."""
        self._load = time.perf_counter() - self._began
        self._already = already

    def tick(self, step: Step) -> None:
        """Note a Step."""
        self._stamps.append(step.seconds)

    def seconds(self) -> dict[str, float]:
        """Seconds by name: `load`, `compile` and `run`, which contains `compile`."""
        gaps = sorted(b - a for a, b in itertools.pairwise(self._stamps))
        median = gaps[len(gaps) // 2] if gaps else 0.0
        first = self._stamps[0] - self._already if self._stamps else 0.0
        return {
            "load": round(self._load, 3),
            "compile": round(max(0.0, first - median), 3) if gaps else 0.0,
            "run": round(self._stamps[-1] if self._stamps else 0.0, 3),
        }


def peak_rss_mb() -> float:
    """Peak memory of this program, in MB.

    On Linux `ru_maxrss` also covers the program that started this one in the same process; VmHWM does not.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def peak_gpu_mb() -> dict[str, float]:
    """The report's `peak_gpu_mb`: the most that tensors took on the GPU since `prepare`; empty on a CPU."""
    from nst_core.models import gpu_memory
    from nst_core.models.device import device

    return {"peak_gpu_mb": gpu_memory.peak_mb()} if device().is_gpu else {}
