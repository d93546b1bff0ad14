"""What the measurements share: noise to measure on, and processes of their own for what must not be mixed up."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from nst_core.settings import TUNED
from nst_core.step import Pixels


def apart(call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a module's function in a fresh process, whose peak memory is then that of this call alone."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(call, *arguments).result()


def timed(call: Callable[[], Any]) -> float:
    """How many seconds a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def untuned() -> dict[str, str]:
    """The environment without what this project's own processes are tuned with: for programs that users start plain."""
    return {name: value for name, value in os.environ.items() if name not in TUNED}


def noise(side_px: int, seed: int) -> Pixels:
    """A square picture, [1, side, side, 3] in [0, 1]; what is in it changes no time."""
    return np.random.default_rng(seed).random((1, side_px, side_px, 3), np.float32)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the most of what visitors waited for."""
    return {"median": round(statistics.median(seconds), 3), "most": round(max(seconds), 3)}
