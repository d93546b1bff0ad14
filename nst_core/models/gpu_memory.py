"""The memory of the GPU: how much a run may take, how much it took, and the error when there is too little.

For host memory see `device.memory_mb`. With memory growth, TensorFlow's allocator never returns memory, so the driver
is asked for the free memory before TensorFlow has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import tensorflow as tf

from nst_core.errors import DeviceMemoryError
from nst_core.system import gpus

USABLE_SHARE = 0.85
"""Share of the free memory that a run may plan with; the rest is for CUDA's context, cuDNN's workspaces and gaps."""
UNKNOWN_MB = 5000.0
"""The assumed memory of a GPU whose driver cannot be asked."""
_NAME = "GPU:0"


@lru_cache(maxsize=1)
def usable_mb() -> float:
    """Memory of the GPU that a run may plan with, in MB, measured at the first call: before any tensor is made.

    Of several visible GPUs the one with the least counts: CUDA and the driver may count them in different orders.
    """
    return USABLE_SHARE * min((gpu.free_mb for gpu in gpus.visible()), default=UNKNOWN_MB / USABLE_SHARE)


def reset_peak() -> None:
    """Begin a new measurement of the peak."""
    tf.config.experimental.reset_memory_stats(_NAME)


def peak_mb() -> float:
    """The most memory that tensors took on the GPU since `reset_peak`, in MB: used, not only reserved."""
    peak: int = tf.config.experimental.get_memory_info(_NAME)["peak"]  # bytes
    return round(peak / 1e6, 1)


@contextmanager
def explained() -> Iterator[None]:
    """Raise DeviceMemoryError where TensorFlow says that memory is exhausted."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        where = "the GPU" if re.search(r"\bGPU:\d", str(error)) else "this machine"
        raise DeviceMemoryError(
            f"the run needs more memory than {where} has free; try a smaller size, or a smaller memory_mb, with which "
            "the slow method computes in strips"
        ) from error
