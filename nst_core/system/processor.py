"""The processor that this process may use."""

from __future__ import annotations

import psutil


def cores() -> int:
    """The number of processor cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count() or 1
