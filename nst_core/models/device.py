"""The device that runs the networks, its memory, and the precision in which its convolutions are fastest.

TensorFlow's documentation says of GPUs:

- Without memory growth a process reserves all memory of each GPU that it sees at once.
- Operations on a GPU may differ in their last bits from one time to the next. `enable_op_determinism` makes them equal
  on the same hardware and software; it is slower, and an operation without a deterministic form raises
  UnimplementedError.
- float16 needs its losses scaled, or small gradients become 0. bfloat16 has the range of float32: it is the only other
  precision used here, and only where it is measured to be faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.models import gpu_memory
from nst_core.settings import Settings
from nst_core.system import container
from nst_core.system.host_profile import host_profile
from nst_core.system.processor import cores

PRECISIONS = ("float32", "bfloat16")
_PROBE_SIDES_PX = {False: 64, True: 256}
"""Side of the picture whose convolutions are timed to compare precisions, on a processor and on a GPU. With a smaller
picture, the time that a GPU takes to start an operation would dominate."""
_MIN_SPEEDUP = 1.4
"""bfloat16 is chosen if it is this many times as fast; a smaller gain is not worth its rounding, and noise would change
the choice from one measurement to the next."""

MEMORY_LIMITS_MB = (1000, 1300, 1800, 2500, 5000, 10_000)
"""The default memory limits of a run, from small hosts to the need of the largest pictures."""


@dataclass(frozen=True)
class Device:
    """The device in use.

    Attributes:
        name: TensorFlow's name, "/CPU:0" or "/GPU:0".
        title: a name for users, such as "CPU, 2 cores".
        reason: why it was chosen, for users.
        deterministic: whether it computes the same bits each time: a CPU does, a GPU if NST_DETERMINISTIC is 1.
    """

    name: str
    title: str
    reason: str
    deterministic: bool = True

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.name.startswith("/GPU")


def choose(preference: str, gpus: Sequence[str], cores: int, *, deterministic: bool = False) -> Device:
    """The device for a preference and a machine. It asks no hardware, so that tests need no GPU.

    Args:
        preference: "auto", "cpu" or "gpu".
        gpus: names of the GPUs that TensorFlow finds.
        cores: number of processor cores.
        deterministic: whether a GPU must compute the same bits each time; its title then says so.

    Raises:
        RecipeError: the preference is "gpu" and there is none, or it is unknown.
    """
    if preference not in ("auto", "cpu", "gpu"):
        raise RecipeError(f"NST_DEVICE must be auto, cpu or gpu, got {preference!r}")
    if preference == "gpu" and not gpus:
        raise RecipeError(
            "NST_DEVICE is gpu, but TensorFlow sees no GPU; install requirements-gpu.txt or set it to auto"
        )
    if gpus and preference != "cpu":
        # shown by the provenance, the pages and the doctor
        title = f"{gpus[0]}, deterministic" if deterministic else gpus[0]
        reason = "a GPU is there" if preference == "auto" else "set by NST_DEVICE"
        return Device("/GPU:0", title, reason, deterministic)
    reason = "no GPU is there" if preference == "auto" else "set by NST_DEVICE"
    return Device("/CPU:0", f"CPU, {cores} {'core' if cores == 1 else 'cores'}", reason)


@lru_cache(maxsize=1)
def device() -> Device:
    """The device of this process, chosen at the first call; call it before any tensor is made."""
    settings = Settings.read()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    chosen = choose(settings.device, gpu_titles(), cores(), deterministic=settings.deterministic)
    if chosen.is_gpu:
        gpu_memory.usable_mb()  # before TensorFlow has reserved any of it
        if chosen.deterministic:
            tf.config.experimental.enable_op_determinism()
    return chosen


def gpu_titles() -> list[str]:
    """The names of the GPUs that TensorFlow sees."""
    details = tf.config.experimental.get_device_details
    return [str(details(gpu).get("device_name", gpu.name)) for gpu in tf.config.list_physical_devices("GPU")]


def memory_mb() -> int:
    """Memory that a run may take on the device, in MB: one of `MEMORY_LIMITS_MB`.

    On a CPU it is the largest limit that fits into the process's own memory plus 70 % of the free memory of the machine
    or container. Several workers divide that memory, and the host's profile limits it too. On a GPU the limit fits into
    the memory that was free when this process began. The limits are few and far apart, so that a run's plan, which is
    part of its recipe, does not change with every small change of free memory.
    """
    import psutil

    if device().is_gpu:
        return _largest_limit(gpu_memory.usable_mb())
    free = container.available_bytes()
    free /= max(Settings.read().workers, 1)
    has = (psutil.Process().memory_info().rss + 0.7 * free) / 1e6
    return _largest_limit(min(has, host_profile().run_mb))


def _largest_limit(most_mb: float) -> int:
    return max((limit for limit in MEMORY_LIMITS_MB if limit <= most_mb), default=MEMORY_LIMITS_MB[0])


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
    side = _PROBE_SIDES_PX[device().is_gpu]

    def measure(dtype: str) -> float:
        try:
            return convolution_seconds(side, 256, dtype)
        except tf.errors.OpError:  # an older GPU has no convolutions in bfloat16
            if dtype == "float32":
                raise
            return float("inf")

    return faster_precision(measure)


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
