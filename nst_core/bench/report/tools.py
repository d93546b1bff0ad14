"""Helpers that several benchmarks share: fresh processes, timing, noise pictures."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from nst_core.step import Pixels
from nst_core.system.tuning import TUNED


def in_subprocess(call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a module-level function in a fresh process, so that the peak memory is that of this call alone."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(call, *arguments).result()


def timed(call: Callable[[], Any]) -> float:
    """The seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def plain_environment() -> dict[str, str]:
    """The environment without `TUNED`: for programs that users start without this project's tuning."""
    return {name: value for name, value in os.environ.items() if name not in TUNED}


def noise(side_px: int, seed: int) -> Pixels:
    """A square random picture, [1, side, side, 3] in [0, 1]; no time depends on a picture's content."""
    return np.random.default_rng(seed).random((1, side_px, side_px, 3), np.float32)


def slope(values: Mapping[int, float]) -> float:
    """Growth per 100 uses by least squares, over the later half of them, since caches fill during the first.

    Args:
        values: number of uses, such as page views or runs -> value then, such as MB.
    """
    later = {uses: value for uses, value in values.items() if 2 * uses >= max(values)}
    return float(100 * np.polyfit(list(later), list(later.values()), 1)[0]) if len(later) > 1 else 0.0


def median_and_most(seconds: Sequence[float]) -> dict[str, float]:
    """`median` and `most` (the maximum) of measured seconds, rounded to milliseconds."""
    return {"median": round(statistics.median(seconds), 3), "most": round(max(seconds), 3)}
