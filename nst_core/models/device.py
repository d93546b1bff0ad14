"""Which device runs the networks, and in which precision its convolutions are fastest."""

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
_WORTH_IT = 1.4
"""bfloat16 must be this much faster: below it, its rounding costs more than it saves, and the choice would flicker."""


MEMORY_MB = (1000, 1300, 1800, 2500, 5000, 10_000)
"""Limits that a run's memory may have, if none is set: what small hosts offer, and what the largest pictures need."""


@dataclass(frozen=True)
class Device:
    """The device in use.

    Attributes:
        name: TensorFlow's name of it, "/CPU:0" or "/GPU:0".
        title: what a person calls it.
        reason: why it was chosen, for the page.
    """

    name: str
    title: str
    reason: str


def choose(wanted: str, gpus: Sequence[str], cores: int) -> Device:
    """The device for a wish and a machine; a pure decision, so that tests can make it without a GPU.

    Args:
        wanted: "auto", "cpu" or "gpu".
        gpus: titles of the GPUs that TensorFlow sees.
        cores: processor cores.

    Raises:
        RecipeError: a GPU was asked for and there is none, or the wish is unknown.
    """
    if wanted not in ("auto", "cpu", "gpu"):
        raise RecipeError(f"NST_DEVICE must be auto, cpu or gpu, got {wanted!r}")
    if wanted == "gpu" and not gpus:
        raise RecipeError(
            "NST_DEVICE is gpu, but TensorFlow sees no GPU; install tensorflow[and-cuda] or set it to auto"
        )
    if gpus and wanted != "cpu":
        return Device("/GPU:0", gpus[0], "a GPU is there" if wanted == "auto" else "set by NST_DEVICE")
    reason = "no GPU is there" if wanted == "auto" else "set by NST_DEVICE"
    return Device("/CPU:0", f"CPU, {cores} {'core' if cores == 1 else 'cores'}", reason)


@lru_cache(maxsize=1)
def device() -> Device:
    """The device of this process, chosen at the first call, which must come before any tensor is made."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:  # without growth TensorFlow takes all of the memory at once
        tf.config.experimental.set_memory_growth(gpu, True)
    titles = [str(tf.config.experimental.get_device_details(g).get("device_name", g.name)) for g in gpus]
    return choose(Settings.read().device, titles, cores())


def cores() -> int:
    """Processor cores this process may use."""
    import psutil

    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count() or 1


def memory_mb() -> int:
    """Memory a run may take in this process, in MB: the largest of `MEMORY_MB` that it holds or is free.

    Of what is free, 70 % counts: what the machine has, or what a container's limit leaves. Few and wide steps, so that
    the plan of a run, which is a part of its recipe, does not follow every breath of the machine.
    """
    import psutil

    free = float(psutil.virtual_memory().available)
    limit, used = (Path(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit.is_file() and limit.read_text().strip().isdigit():
        free = min(free, float(limit.read_text()) - float(used.read_text()))
    has = (psutil.Process().memory_info().rss + 0.7 * max(free, 0.0)) / 1e6
    return max((step for step in MEMORY_MB if step <= has), default=MEMORY_MB[0])


def precision(wanted: str = "auto") -> str:
    """The precision for convolutions: "float32" or "bfloat16".

    Args:
        wanted: a precision, taken as it is, or "auto": the operator's choice if any, else measured once per process.

    Raises:
        RecipeError: the operator's choice is unknown.
    """
    if wanted != "auto":
        return wanted
    operator = Settings.read().precision
    if operator not in ("auto", *PRECISIONS):
        raise RecipeError(f"NST_PRECISION must be auto, float32 or bfloat16, got {operator!r}")
    return _measured() if operator == "auto" else operator


@lru_cache(maxsize=1)
def _measured() -> str:
    return faster(lambda dtype: convolution_seconds(64, 256, dtype))


def faster(measure: Callable[[str], float], tries: int = 4) -> str:
    """bfloat16 where it is at least 1.4 times as fast as float32 by `measure(precision) -> seconds`, else float32.

    The two are measured in turn and the best of each counts, so that a busy moment does not decide.
    """
    seconds = {dtype: float("inf") for dtype in PRECISIONS}
    for _ in range(tries):
        for dtype in PRECISIONS:
            seconds[dtype] = min(seconds[dtype], measure(dtype))
    return "bfloat16" if seconds["float32"] >= _WORTH_IT * seconds["bfloat16"] else "float32"


def convolution_seconds(side: int, channels: int, dtype: str, repeats: int = 2) -> float:
    """Seconds for `repeats` chained 3 x 3 convolutions, [1, side, side, channels] -> the same, warm."""
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
    """This machine's best rate on VGG-shaped convolutions, in FLOP/s; a multiply-add counts two."""
    shapes = ((128, 128), (64, 256), (32, 512))
    return max(
        2 * 2 * 9 * channels**2 * side**2 / min(convolution_seconds(side, channels, dtype) for _ in range(4))
        for side, channels in shapes
    )
