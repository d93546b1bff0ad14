"""Latency and memory of the fast method. `bench fast` runs it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from nst_core.bench.tools import noise, timed
from nst_core.recipe import make

ROUNDS = 7


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Warm latency of one fast call at each size (square), first call apart."""
    from nst_core import player

    rows = []
    for size in sizes:
        recipe = make(settings={"method": "fast", "longest_edge_px": size})
        content, style = noise(size, 0), noise(256, 1)
        first = timed(lambda c=content, s=style, r=recipe: list(player.play(c, [s], r)))  # type: ignore[misc]
        warm = [timed(lambda c=content, s=style, r=recipe: list(player.play(c, [s], r))) for _ in range(ROUNDS)]  # type: ignore[misc]
        rows.append(
            {
                "size": size,
                "first_seconds": first,
                "seconds": {"median": statistics.median(warm), "least": min(warm)},
                "peak_rss_mb": player.peak_rss_mb(),
            }
        )
    return {"sizes": rows}


def table(report: Mapping[str, Any]) -> str:
    """A report as lines for people."""
    rows = report["sizes"]
    return "\n".join(
        [
            "px | s warm | peak MB",
            *(f"{r['size']} | {r['seconds']['median']:.3f} | {r['peak_rss_mb']:.0f}" for r in rows),
        ]
    )
