"""The device that runs the networks, its memory, and the precision in which its convolutions are fastest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.settings import Settings

PRECISIONS = ("float32", "bfloat16")
_MIN_SPEEDUP = 1.4
"""bfloat16 is chosen if it is this many times as fast; a smaller gain is not worth its rounding, and the choice would
change from one measurement to the next."""

MEMORY_LIMITS_MB = (1000, 1300, 1800, 2500, 5000, 10_000)
"""Memory limits that a run can get by default, from small hosts to the need of the largest pictures."""


@dataclass(frozen=True)
class Device:
    """The device in use.

    Attributes:
        name: TensorFlow's name, "/CPU:0" or "/GPU:0".
        title: a name for users, such as "CPU, 2 cores".
        reason: why it was chosen, for users.
    """

    name: str
    title: str
    reason: str


def choose(preference: str, gpus: Sequence[str], cores: int) -> Device:
    """The device for a preference and a machine. It asks no hardware, so that tests need no GPU.

    Args:
        preference: "auto", "cpu" or "gpu".
        gpus: names of the GPUs that TensorFlow finds.
        cores: number of processor cores.

    Raises:
        RecipeError: the preference is "gpu" and there is none, or it is unknown.
    """
    if preference not in ("auto", "cpu", "gpu"):
        raise RecipeError(f"NST_DEVICE must be auto, cpu or gpu, got {preference!r}")
    if preference == "gpu" and not gpus:
        raise RecipeError(
            "NST_DEVICE is gpu, but TensorFlow sees no GPU; install tensorflow[and-cuda] or set it to auto"
        )
    if gpus and preference != "cpu":
        return Device("/GPU:0", gpus[0], "a GPU is there" if preference == "auto" else "set by NST_DEVICE")
    reason = "no GPU is there" if preference == "auto" else "set by NST_DEVICE"
    return Device("/CPU:0", f"CPU, {cores} {'core' if cores == 1 else 'cores'}", reason)


@lru_cache(maxsize=1)
def device() -> Device:
    """The device of this process, chosen at the first call; call it before any tensor is made."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:  # without growth, TensorFlow reserves all memory at once
        tf.config.experimental.set_memory_growth(gpu, True)
    titles = [str(tf.config.experimental.get_device_details(g).get("device_name", g.name)) for g in gpus]
    return choose(Settings.read().device, titles, cores())


def cores() -> int:
    """The number of processor cores that this process may use."""
    import psutil

    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count() or 1


def memory_mb() -> int:
    """Memory that a run may take in this process, in MB: one of `MEMORY_LIMITS_MB`.

    It is the largest limit that fits into the process's own memory plus 70 % of the free memory of the machine or
    container. The limits are few and far apart, so that a run's plan, which is part of its recipe, does not change with
    every small change of free memory.
    """
    import psutil

    free = float(psutil.virtual_memory().available)
    limit, used = (Path(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit.is_file() and limit.read_text().strip().isdigit():
        free = min(free, float(limit.read_text()) - float(used.read_text()))
    has = (psutil.Process().memory_info().rss + 0.7 * max(free, 0.0)) / 1e6
    return max((step for step in MEMORY_LIMITS_MB if step <= has), default=MEMORY_LIMITS_MB[0])


def precision(preference: str = "auto") -> str:
    """The precision of convolutions: "float32" or "bfloat16".

    Args:
        preference: a precision, or "auto" for the operator's choice; without one, it is measured once per process.
    """
    if preference != "auto":
        return preference
    operator = Settings.read().precision
    return _measured_precision() if operator == "auto" else operator


@lru_cache(maxsize=1)
def _measured_precision() -> str:
    return faster_precision(lambda dtype: convolution_seconds(64, 256, dtype))


def faster_precision(measure: Callable[[str], float], tries: int = 4) -> str:
    """bfloat16 if it is at least 1.4 times as fast as float32, else float32.

    Args:
        measure: precision -> seconds.
        tries: measurements of each precision. They alternate and the fastest counts, so that other load on the machine
            does not decide.
    """
    seconds = {dtype: float("inf") for dtype in PRECISIONS}
    for _ in range(tries):
        for dtype in PRECISIONS:
            seconds[dtype] = min(seconds[dtype], measure(dtype))
    return "bfloat16" if seconds["float32"] >= _MIN_SPEEDUP * seconds["bfloat16"] else "float32"


def convolution_seconds(side: int, channels: int, dtype: str, repeats: int = 2) -> float:
    """Seconds for `repeats` chained 3 x 3 convolutions of [1, side, side, channels], after a first pass to warm up."""
    with tf.device(device().name):
        start = tf.cast(tf.random.stateless_normal([1, side, side, channels], seed=(1, 2)), dtype)
        kernel = tf.cast(tf.random.stateless_normal([3, 3, channels, channels], seed=(3, 4)) * 0.01, dtype)

        def chain() -> Any:
            features = start
            for _ in range(repeats):
                features = tf.nn.conv2d(features, kernel, 1, "SAME")
            return tf.reduce_sum(tf.cast(features, tf.float32)).numpy()

        chain()
        began = time.perf_counter()
        chain()
        return time.perf_counter() - began


def convolution_limit(dtype: str = "float32") -> float:
    """The highest rate of this machine on VGG-shaped convolutions, in FLOP/s; a multiply-add counts as two."""
    shapes = ((128, 128), (64, 256), (32, 512))
    return max(
        2 * 2 * 9 * channels**2 * side**2 / min(convolution_seconds(side, channels, dtype) for _ in range(4))
        for side, channels in shapes
    )
