"""The project's own measurements: `python -m nst_core bench`. Ratios of one run, since machines are noisy."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nst_core.recipe import make

ROUNDS = 7


def slow(sizes: Sequence[int]) -> dict[str, Any]:
    """Cost of one slow step at each size (square), and its share of this machine's convolution limit.

    Operations are those of a direct convolution, also where the compiled ones get by with fewer: their share of the
    limit, which direct convolutions set, may pass 1.

    Returns:
        `limit_gflops`, `precision`, and for each size: `seconds` a step (median and least), `gflop` of the
        convolutions needed (forward and to the picture), `share_of_limit` of the median step, `peak_rss_mb`.
    """
    from nst_core import player
    from nst_core.models.device import convolution_limit, precision
    from nst_core.models.vgg import operations

    dtype = precision()
    rows = []
    for size, how in itertools.product(sizes, ("direct", "winograd") if dtype == "float32" else ("direct",)):
        recipe = player.prepare(
            make("tutorial", {"longest_edge_px": size, "steps": ROUNDS, "snapshot_every": 5, "convolutions": how})
        )
        content, style = _noise(size, 0), _noise(size, 1)
        limits = [convolution_limit(dtype)]  # before and after: the machine may drift
        stamps = [step.seconds for step in player.play(content, [style], recipe)]
        limits.append(convolution_limit(dtype))
        gaps = [b - a for a, b in itertools.pairwise(stamps)]
        layers = (*recipe.objective.content_layers, *recipe.objective.style_layers)
        operations_needed = 2 * operations(recipe.objective.network, layers, size, size)
        limit = statistics.mean(limits)
        rows.append(
            {
                "size": size,
                "convolutions": how,
                "seconds": {"median": statistics.median(gaps), "least": min(gaps)},
                "gflop": operations_needed / 1e9,
                "limit_gflops": limit / 1e9,
                "share_of_limit": operations_needed / statistics.median(gaps) / limit,
                "peak_rss_mb": player.peak_rss_mb(),
            }
        )
    return {"precision": dtype, "sizes": rows}


def table(report: Mapping[str, Any]) -> str:
    """A report as lines for people."""
    lines = ["px | s a step | share of the convolution limit | peak MB"]
    for row in report["sizes"]:
        share = f"{100 * row['share_of_limit']:.0f} %" if "share_of_limit" in row else "-"
        how = f" {row['convolutions']}" if "convolutions" in row else ""
        lines.append(f"{row['size']}{how} | {row['seconds']['median']:.3f} | {share} | {row['peak_rss_mb']:.0f}")
    return "\n".join(lines)


def fast(sizes: Sequence[int]) -> dict[str, Any]:
    """Warm latency of one fast call at each size (square), first call apart."""
    from nst_core import player

    rows = []
    for size in sizes:
        recipe = make(settings={"method": "fast", "longest_edge_px": size})
        content, style = _noise(size, 0), _noise(256, 1)
        first = _timed(lambda c=content, s=style, r=recipe: list(player.play(c, [s], r)))  # type: ignore[misc]
        warm = [_timed(lambda c=content, s=style, r=recipe: list(player.play(c, [s], r))) for _ in range(ROUNDS)]  # type: ignore[misc]
        rows.append(
            {
                "size": size,
                "first_seconds": first,
                "seconds": {"median": statistics.median(warm), "least": min(warm)},
                "peak_rss_mb": player.peak_rss_mb(),
            }
        )
    return {"sizes": rows}


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _noise(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((1, size, size, 3), np.float32)
