"""Latency, memory and throughput of the fast method, beside another package with the same network. `bench fast`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from nst_core.bench.engines import rival
from nst_core.bench.report.tools import apart, noise, timed
from nst_core.errors import NSTError
from nst_core.recipe import Recipe, make

ROUNDS, WARM_UPS = 15, 3
ROUNDS_LARGE = 2
LARGE_PX = 1024
"""Beyond it a call takes seconds: fewer are made, after one to warm up."""
BATCH = 16
BATCH_PX = 256
OPERATIONS_PER_PIXEL = 25_056
"""Of the transformer's convolutions as the network defines them; a multiply-add counts two."""
_NAMES = {"content": "0" * 64, "styles": [{"sha256": "1" * 64}]}
"""Hashes stand for any picture: what is named is not looked at twice."""


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """The fast method at each size (square), each in a process of its own; and the rival at its one size.

    Returns:
        `sizes`: what `row` gives for each. `batch`: pictures a second, in batches of 16 at 256 px. `rival`: what
        `rival.run` gives, `ratio` of our time with the style known to its own, at its size, and why there is none
        where it could not be measured.
    """
    rows = [apart(row, size) for size in sizes]
    report: dict[str, Any] = {"sizes": rows, "batch": apart(batch)}
    try:
        theirs = rival.run()
    except NSTError as error:
        return {**report, "rival": {"unmeasured": str(error)}}
    ours = apart(row, rival.SIZE_PX)
    ratio = ours["seconds"]["median"] / theirs["known_style"]["median"]
    return {**report, "rival": {**theirs, "ours": ours["seconds"], "ratio": ratio}}


def row(size: int) -> dict[str, Any]:
    """One size, in this process.

    Returns:
        `first_seconds` of the first call, network loaded; `seconds` of a call whose style is known, as when a slider
        moves, and `new_style_seconds` of one whose style is not, each {median, least}; `share_of_limit` of the former,
        of what this machine's convolutions can do; `peak_rss_mb` of this process.
    """
    from nst_core.models.device import convolution_limit
    from nst_core.runs import runner

    rounds, warm_ups = (ROUNDS_LARGE, 1) if size > LARGE_PX else (ROUNDS, WARM_UPS)
    recipe = runner.prepare(make(settings={"method": "fast", "longest_edge_px": size, **_NAMES}))
    first = _call(recipe, size)()
    peak = runner.peak_rss_mb()
    known = _call(recipe, size)
    seconds = _spread([known() for _ in range(warm_ups + rounds)][warm_ups:])
    new = [_call(recipe, size, style=number)() for number in range(rounds)]
    limit = convolution_limit("float32")
    return {
        "size": size,
        "first_seconds": first,
        "seconds": seconds,
        "new_style_seconds": _spread(new),
        "share_of_limit": OPERATIONS_PER_PIXEL * size * size / seconds["median"] / limit,
        "peak_rss_mb": max(peak, runner.peak_rss_mb()) if size <= LARGE_PX else peak,
    }


def batch() -> dict[str, Any]:
    """Pictures a second, in this process: 16 mixes of two styles on one photograph, as a sheet is made of."""
    from nst_core.runs import runner

    recipe = make(settings={"method": "fast", "longest_edge_px": 4 * BATCH_PX, "style_grid_size": 4, **_NAMES})
    styles = [noise(256, seed) for seed in range(4)]
    named = recipe.model_copy(update={"styles": ()})
    content = noise(BATCH_PX, 9)
    seconds = statistics.median(
        [timed(lambda: list(runner.run_recipe(content, styles, named))) for _ in range(ROUNDS)][3:]
    )
    return {"pictures": BATCH, "size": BATCH_PX, "seconds": seconds, "a_second": BATCH / seconds}


def table(report: Mapping[str, Any]) -> str:
    """A report as lines for people."""
    lines = ["px | s, style known | s, new style | s, first call | share of the convolution limit | peak MB"]
    for r in report["sizes"]:
        lines.append(
            f"{r['size']} | {r['seconds']['median']:.3f} | {r['new_style_seconds']['median']:.3f} | "
            f"{r['first_seconds']:.2f} | {100 * r['share_of_limit']:.0f} % | {r['peak_rss_mb']:.0f}"
        )
    made = report["batch"]
    lines.append(f"batches of {made['pictures']} at {made['size']} px: {made['a_second']:.1f} pictures a second")
    theirs = report["rival"]
    if "unmeasured" in theirs:
        return "\n".join([*lines, f"no rival: {theirs['unmeasured']}"])
    lines.append(rival.table(theirs))
    lines.append(f"ours at {rival.SIZE_PX} px, style known: {theirs['ratio']:.2f} of its time")
    return "\n".join(lines)


def _call(recipe: Recipe, size: int, style: int | None = None) -> Any:
    """A timed call of the whole method; with another style each time where a number for it is given."""
    from nst_core.runs import runner

    content, picture = noise(size, 0), noise(256, style or 1)
    if style is not None:
        named = [{"sha256": f"{style + 16:064x}"}]
        recipe = make(settings={"method": "fast", "longest_edge_px": size, "content": "0" * 64, "styles": named})
    return lambda: timed(lambda: list(runner.run_recipe(content, [picture], recipe)))


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "least": min(seconds)}
