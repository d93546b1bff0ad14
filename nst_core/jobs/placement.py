"""Decides the number of workers, and the device and the threads of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nst_core.settings import Settings
from nst_core.system import gpus, processor

THREADS = "TF_NUM_INTRAOP_THREADS"
"""TensorFlow's variable for the threads that share an operation."""


def environments(
    settings: Settings, found: Sequence[gpus.Gpu] | None = None, cores: int | None = None
) -> tuple[Mapping[str, str], ...]:
    """The environment variables of each worker beside the server's, one entry for each worker.

    Each GPU has one worker at most, which sees no other GPU: two would share its memory. Without GPUs, or if the
    operator prefers the CPU, there is one worker, or as many as the operator asks for; they divide the cores.

    Args:
        settings: the number of workers, and whether they use GPUs.
        found: the GPUs; None asks their driver.
        cores: the number of cores; None asks the system.
    """
    found = gpus.visible() if found is None else found
    if found and settings.device != "cpu":
        count = min(settings.workers or len(found), len(found))
        return tuple({gpus.VARIABLE: gpu.identifier} for gpu in found[:count])
    count = settings.workers or 1
    if count == 1:
        return ({},)
    cores = cores or processor.cores()
    return ({THREADS: str(max(cores // count, 1))},) * count
