"""Asks the driver for the NVIDIA GPUs that this process may use: without TensorFlow, in a few milliseconds."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VARIABLE = "CUDA_VISIBLE_DEVICES"
"""The GPUs that CUDA uses, by number or UUID, apart by commas; all if it is not set, none if it is empty."""
LIBRARY = "pynvml"
"""The module of nvidia-ml-py, which is only in requirements-gpu.txt."""
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gpu:
    """A GPU.

    Attributes:
        identifier: its name in `CUDA_VISIBLE_DEVICES`.
        title: its name for users.
        free_mb: memory that no process uses, in MB.
        total_mb: all of its memory, in MB.
    """

    identifier: str
    title: str
    free_mb: float
    total_mb: float


def visible(environment: Mapping[str, str] | None = None) -> tuple[Gpu, ...]:
    """The GPUs that CUDA programs with this environment see, by default this process's; none without a driver.

    Like CUDA, it uses the entries of `CUDA_VISIBLE_DEVICES` before the first that names no GPU.
    """
    environment = os.environ if environment is None else environment
    try:
        nvml = importlib.import_module(LIBRARY)
    except ImportError:
        return ()
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:  # no driver, or one that does not answer
        return ()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
        by_uuid = {nvml.nvmlDeviceGetUUID(handle): handle for handle in handles}
        if VARIABLE not in environment:
            return tuple(_gpu(nvml, uuid, handle) for uuid, handle in by_uuid.items())
        return tuple(_named(nvml, environment[VARIABLE], by_uuid))
    except nvml.NVMLError as error:
        _LOGGER.warning("The driver of the GPUs does not answer: %s", error)
        return ()
    finally:
        nvml.nvmlShutdown()


def _named(nvml: Any, value: str, by_uuid: Mapping[str, Any]) -> list[Gpu]:
    """The GPUs that a value of `CUDA_VISIBLE_DEVICES` names; each is listed once."""
    handles = list(by_uuid.values())
    found: dict[str, Gpu] = {}
    for entry in map(str.strip, value.split(",")):
        if entry.isdecimal() and int(entry) < len(handles):
            handle = handles[int(entry)]
        elif entry.startswith("MIG-"):  # a part of a GPU, which is in no list of GPUs
            try:
                handle = nvml.nvmlDeviceGetHandleByUUID(entry)
            except nvml.NVMLError:
                break
        elif matches := [h for uuid, h in by_uuid.items() if entry.startswith("GPU-") and uuid.startswith(entry)]:
            handle = matches[0]
        else:
            break
        found.setdefault(entry, _gpu(nvml, entry, handle))
    return list(found.values())


def _gpu(nvml: Any, identifier: str, handle: Any) -> Gpu:
    title, memory = nvml.nvmlDeviceGetName(handle), nvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(identifier, str(title), memory.free / 1e6, memory.total / 1e6)
