"""Cost of a slow step: seconds, share of the machine's convolution limit, memory, growth. `bench slow` runs it."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nst_core.bench.report.tools import in_subprocess, noise
from nst_core.recipe import Recipe, make
from nst_core.runs import cost

KINDS = {"direct": ("direct", "float32"), "winograd": ("winograd", "float32"), "bfloat16": ("direct", "bfloat16")}
"""Name of a kind of convolutions -> `Recipe.convolutions` and `Recipe.precision`."""
BOUNDED = {f"{kind} bounded": kind for kind in ("direct", "bfloat16")}
"""Kinds that are also measured within BOUNDED_MB, as on a small machine, from BOUNDED_FROM_PX on."""
BOUNDED_MB, BOUNDED_FROM_PX = 2400, 2048
ROUNDS, BATCHES = 7, 4
"""Batches of ROUNDS steps alternate with the bare network and the machine's limit, since the speed of a shared machine
drifts."""
ROUNDS_LARGE = 3
LARGE_PX = 768
"""From this size on a step takes so long that one batch of fewer steps is steady enough."""
COMPILED_UP_TO_PX = 1024
"""Above this size compiled convolutions need so much memory that an automatic recipe does not choose them."""


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Measure one slow step at each size (square), each in a fresh process.

    Operations are counted as in a direct convolution. Compiled convolutions need fewer, so that their share of the
    limit, which is that of direct convolutions in the same precision, may exceed 1.

    Returns:
        `sizes`: the result of `row` for each size and kind of convolutions. `exponents`: kind -> exponent of the power
        law of time over pixels, fitted to the medians; None with fewer than two sizes.
    """
    from nst_core.models.device import precision

    faster = "bfloat16" if in_subprocess(precision) == "bfloat16" else "winograd"  # as an automatic recipe chooses
    rows = [
        in_subprocess(row, size, kind)
        for size, kind in itertools.product(sizes, ("direct", faster))
        if kind != "winograd" or size <= COMPILED_UP_TO_PX
    ]
    bounded = f"{faster if faster == 'bfloat16' else 'direct'} bounded"
    rows += [in_subprocess(row, size, bounded) for size in sizes if size >= BOUNDED_FROM_PX]
    kinds = sorted({r["convolutions"] for r in rows})
    return {"sizes": rows, "exponents": {kind: exponent(rows, kind) for kind in kinds}}


def row(size: int, kind: str, batches: int = BATCHES) -> dict[str, Any]:
    """Measure one size and one of `KINDS` or `BOUNDED` in this process.

    Args:
        size: of the square picture, in pixels.
        kind: a key of `KINDS` or `BOUNDED`.
        batches: how many rounds of steps, bare network and limit are measured; one for a large size.

    Returns:
        `seconds`: of a step, {median, least}, snapshots and copies of pictures included. `gflop`: of the convolutions,
        forward and backward to the picture. `share_of_limit`: of the median step. `beyond_network`: share of the median
        step outside the bare network's forward and backward pass. `peak_rss_mb`: of this process. `estimated_seconds`:
        what `runs.cost` estimates for a step; None for other than direct convolutions, and where the machine was not
        measured.
    """
    from nst_core.models import vgg, vgg_layout
    from nst_core.models.convolution_method import METHODS
    from nst_core.models.device import convolution_limit
    from nst_core.models.timing import bare_pass
    from nst_core.runs import runner, usage

    rounds, batches = (ROUNDS_LARGE, 1) if size >= LARGE_PX else (ROUNDS, batches)
    convolutions, dtype = KINDS[BOUNDED.get(kind, kind)]
    settings = {"convolutions": convolutions, "precision": dtype} | (
        {"memory_mb": BOUNDED_MB} if kind in BOUNDED else {}
    )
    recipe = runner.prepare(
        make("tutorial", {"longest_edge_px": size, "steps": rounds, "snapshot_every": 5, **settings})
    )
    content, style = noise(size, 0), noise(size, 1)
    layers = (*recipe.objective.content_layers, *recipe.objective.style_layers)
    operations = 2 * vgg_layout.operations(recipe.objective.network, layers, size, size)
    config = vgg.VggConfig(recipe.objective.pooling, recipe.objective.padding, METHODS[convolutions])
    limits, steps, bare, peak = [convolution_limit(recipe.precision)], [], [], 0.0
    for _ in range(batches):
        stamps = [step.seconds for step in runner.run_recipe(content, [style], recipe)]
        steps += [b - a for a, b in itertools.pairwise(stamps)]
        peak = peak or usage.peak_rss_mb()  # of the steps alone, without the bare network
        limits.append(convolution_limit(recipe.precision))
        if size < LARGE_PX:
            network = vgg.load(recipe.objective.network, recipe.precision)
            bare.append(bare_pass(network, content, layers, config, rounds))
    median, limit = statistics.median(steps), statistics.mean(limits)
    return {
        "size": size,
        "convolutions": kind,
        "seconds": {"median": median, "least": min(steps)},
        "gflop": operations / 1e9,
        "limit_gflops": limit / 1e9,
        "share_of_limit": operations / median / limit,
        "beyond_network": 1 - statistics.median(bare) / median if bare else None,
        "peak_rss_mb": peak,
        "estimated_seconds": estimated_seconds(recipe) if kind == "direct" else None,
    }


def estimated_seconds(recipe: Recipe) -> float | None:
    """What pages would estimate for a direct step of a square picture; None on a machine that was not measured."""
    estimate = cost.of(recipe, (recipe.longest_edge_px, recipe.longest_edge_px))
    return estimate.seconds / (recipe.steps + cost.SETUP_EVALUATIONS) if estimate.calibrated else None


def exponent(rows: Sequence[Mapping[str, Any]], kind: str) -> float | None:
    """The exponent of seconds ~ pixels^exponent over the rows of one kind, by least squares of the logarithms."""
    points = [(2 * math.log(r["size"]), math.log(r["seconds"]["median"])) for r in rows if r["convolutions"] == kind]
    if len({pixels for pixels, _ in points}) < 2:
        return None
    pixels, seconds = zip(*points, strict=True)
    return float(np.polyfit(pixels, seconds, 1)[0])


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["px | s a step | share of the convolution limit | beyond the network | peak MB | estimated s"]
    for r in report["sizes"]:
        beyond = "-" if r["beyond_network"] is None else f"{100 * r['beyond_network']:.0f} %"
        estimated = f"{r['estimated_seconds']:.3f}" if r.get("estimated_seconds") else "-"
        lines.append(
            f"{r['size']} {r['convolutions']} | {r['seconds']['median']:.3f} | {100 * r['share_of_limit']:.0f} % | "
            f"{beyond} | {r['peak_rss_mb']:.0f} | {estimated}"
        )
    grown = (f"{kind} {power:.2f}" for kind, power in report["exponents"].items() if power is not None)
    return "\n".join([*lines, f"time grows with pixels to the power: {', '.join(grown) or '-'}"])
