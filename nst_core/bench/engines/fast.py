"""Latency, memory and throughput of the fast method, beside another package with the same network. `bench fast`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from nst_core.bench.engines import baseline
from nst_core.bench.report.tools import in_subprocess, noise, timed
from nst_core.errors import NSTError
from nst_core.recipe import Recipe, make

ROUNDS, WARM_UPS = 15, 3
ROUNDS_LARGE = 2
LARGE_PX = 1024
"""Above this size a call takes seconds: fewer calls are timed, after one to warm up."""
BATCH = 16
BATCH_PX = 256
OPERATIONS_PER_PIXEL = 25_056
"""Floating-point operations of the transformer's convolutions; a multiply-add counts two."""
_HASHES = {"content": "0" * 64, "styles": [{"sha256": "1" * 64}]}
"""Hashes of no real picture: a named style is encoded once and then taken from the cache."""


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Measure the fast method at each size (square), each in a fresh process, and the baseline at its one size.

    Returns:
        `sizes`: the result of `row` for each. `batch`: pictures per second in batches of 16 at 256 px. `baseline`: the
        result of `baseline.run`, with `ours` (our seconds at its size) and `ratio` (our time over its time, both with
        the style known); {`unmeasured`: reason} where the baseline could not be measured.
    """
    rows = [in_subprocess(row, size) for size in sizes]
    report: dict[str, Any] = {"sizes": rows, "batch": in_subprocess(batch)}
    try:
        theirs = baseline.run()
    except NSTError as error:
        return {**report, "baseline": {"unmeasured": str(error)}}
    ours = in_subprocess(row, baseline.SIZE_PX)
    ratio = ours["seconds"]["median"] / theirs["known_style"]["median"]
    return {**report, "baseline": {**theirs, "ours": ours["seconds"], "ratio": ratio}}


def row(size: int) -> dict[str, Any]:
    """Measure one size in this process.

    Returns:
        `first_seconds`: the first call after loading. `seconds`: a call with a known style, as when a slider moves.
        `new_style_seconds`: a call with a new style. The latter two are {median, least}. `share_of_limit`: operations
        per second of a call with a known style over this machine's convolution limit. `peak_rss_mb`: of this process.
    """
    from nst_core.models.device import convolution_limit
    from nst_core.runs import runner, usage

    rounds, warm_ups = (ROUNDS_LARGE, 1) if size > LARGE_PX else (ROUNDS, WARM_UPS)
    recipe = runner.prepare(make(settings={"method": "fast", "longest_edge_px": size, **_HASHES}))
    first = _call(recipe, size)()
    peak = usage.peak_rss_mb()
    known = _call(recipe, size)
    seconds = _median_and_least([known() for _ in range(warm_ups + rounds)][warm_ups:])
    new = [_call(recipe, size, style=number)() for number in range(rounds)]
    limit = convolution_limit("float32")
    return {
        "size": size,
        "first_seconds": first,
        "seconds": seconds,
        "new_style_seconds": _median_and_least(new),
        "share_of_limit": OPERATIONS_PER_PIXEL * size * size / seconds["median"] / limit,
        "peak_rss_mb": max(peak, usage.peak_rss_mb()) if size <= LARGE_PX else peak,
    }


def batch() -> dict[str, Any]:
    """Pictures per second in this process: a sheet of 16 mixes of four styles on one photograph."""
    from nst_core.runs import runner

    recipe = make(settings={"method": "fast", "longest_edge_px": 4 * BATCH_PX, "style_grid_size": 4, **_HASHES})
    styles = [noise(256, seed) for seed in range(4)]
    unnamed = recipe.model_copy(update={"styles": ()})
    content = noise(BATCH_PX, 9)
    seconds = statistics.median(
        [timed(lambda: list(runner.run_recipe(content, styles, unnamed))) for _ in range(ROUNDS)][3:]
    )
    return {"pictures": BATCH, "size": BATCH_PX, "seconds": seconds, "a_second": BATCH / seconds}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["px | s, style known | s, new style | s, first call | share of the convolution limit | peak MB"]
    for r in report["sizes"]:
        lines.append(
            f"{r['size']} | {r['seconds']['median']:.3f} | {r['new_style_seconds']['median']:.3f} | "
            f"{r['first_seconds']:.2f} | {100 * r['share_of_limit']:.0f} % | {r['peak_rss_mb']:.0f}"
        )
    made = report["batch"]
    lines.append(f"batches of {made['pictures']} at {made['size']} px: {made['a_second']:.1f} pictures a second")
    theirs = report["baseline"]
    if "unmeasured" in theirs:
        return "\n".join([*lines, f"no baseline: {theirs['unmeasured']}"])
    lines.append(baseline.table(theirs))
    lines.append(f"ours at {baseline.SIZE_PX} px, style known: {theirs['ratio']:.2f} of its time")
    return "\n".join(lines)


def _call(recipe: Recipe, size: int, style: int | None = None) -> Any:
    """A function that times one call of the whole method; with a new style if `style`, its number, is given."""
    from nst_core.runs import runner

    content, picture = noise(size, 0), noise(256, style or 1)
    if style is not None:
        styles = [{"sha256": f"{style + 16:064x}"}]
        recipe = make(settings={"method": "fast", "longest_edge_px": size, "content": "0" * 64, "styles": styles})
    return lambda: timed(lambda: list(runner.run_recipe(content, [picture], recipe)))


def _median_and_least(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "least": min(seconds)}
