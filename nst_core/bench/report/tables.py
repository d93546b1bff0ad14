"""The kept measurements as cells for people, for the README and the About page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_core.bench.app import drawing
from nst_core.bench.app.live import WAITS
from nst_core.bench.app.pages import PAGES
from nst_core.bench.engines import quality, slow
from nst_core.bench.report.measured import FILE, Measurement, records

NOT_MEASURED = "–"
_CONVOLUTIONS = {"direct": "direct", "winograd": "compiled", "bfloat16": "direct, bfloat16"}
_CONVOLUTIONS |= {bound: f"{_CONVOLUTIONS[kind]}, in strips" for bound, kind in slow.BOUNDED.items()}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A title, a head, rows of as many cells, and sentences below."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def table(what: str, file: Path = FILE) -> Table:
    """What is kept of one of `KINDS`; its last column names the run where there are several."""
    runs = records(what, file)
    kind = KINDS[what]
    found = sorted((kind.key(row), kind.cells(row), n) for n, run in enumerate(runs, 1) for row in run.rows)
    several = len(runs) > 1
    rows = tuple((*cells, str(n)) if several else cells for _, cells, n in found)
    notes = [*kind.notes(runs), *(_run(n, run, several) for n, run in enumerate(runs, 1))]
    return Table(kind.title, (*kind.head, "run") if several else kind.head, rows, tuple(notes))


@dataclass(frozen=True)
class _Kind:
    title: str
    head: tuple[str, ...]
    key: Callable[[Row], tuple[Any, ...]]
    cells: Callable[[Row], tuple[str, ...]]
    notes: Callable[[Sequence[Measurement]], Iterator[str]]


def _slow_cells(row: Row) -> tuple[str, ...]:
    each = _seconds(row["seconds"]["median"])
    return (
        _px(row),
        _CONVOLUTIONS[row["convolutions"]],
        each,
        _percent(row["share_of_limit"]),
        _percent(row["beyond_network"]),
        _gb(row),
    )


def _slow_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    powers = {told: slow.exponent(rows, kind) for kind, told in _CONVOLUTIONS.items()}
    grown = ", ".join(f"{power:.2f} ({how})" for how, power in powers.items() if power is not None)
    yield (
        "Square pictures, median step, picture handed over. The limit is the machine's own best rate of direct "
        "convolutions of that precision, in the same run; compiled ones need fewer products, and may pass it. Steps in "
        f"strips stay within a `memory_mb` of {slow.BOUNDED_MB:,}."
    )
    if grown:
        yield f"Time grows with the number of pixels to the power of {grown}."


def _fast_cells(row: Row) -> tuple[str, ...]:
    return (
        _px(row),
        _median(row["seconds"]),
        _median(row["new_style_seconds"]),
        _seconds(row["first_seconds"]),
        _percent(row["share_of_limit"]),
        _gb(row),
    )


def _fast_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield "Square pictures, medians of whole calls. A style is known while a slider moves."
    for number, run in enumerate(runs, 1):
        said = f"Run {number}: " if len(runs) > 1 else ""
        if "batch" in run.report:
            batch = run.report["batch"]
            each = f"{batch['a_second']:.0f} pictures a second"
            yield f"{said}{each}, {batch['size']} px, {batch['pictures']} at a time."
        theirs = run.report.get("rival", {})
        if "known_style" in theirs:
            yield (
                f"{said}{theirs['package']} {theirs['version']}, the same network in 8-bit integers, takes "
                f"{_median(theirs['call'])} a call at its one size of {theirs['size']} px and "
                f"{_median(theirs['known_style'])} with the style known; ours, timed right after it, "
                f"{_median(theirs['ours'])}, {theirs['ratio']:.2f} times as long."
            )


def _race_cells(row: Row) -> tuple[str, ...]:
    reference, quick = row["reference"], row["quick"]
    times = f"{row['ratio']:.1f}" if quick["reached"] else "not reached"
    took = _seconds(reference["seconds"]), _seconds(quick["seconds"])
    return row["pair"], _px(row), *took, f"{quick['evaluations']:,}", times


def _race_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "How long until the loss is reached, within 1 %, that TensorFlow's tutorial has after its 1,000 steps: its own "
        "loop, whole or reckoned from timed steps, against the preset tutorial-quick, compiling included."
    )


def _pages_cells(row: Row) -> tuple[str, ...]:
    cold, switch = row["cold_seconds"], row["switch_seconds"]
    return (row["page"], *(_seconds(spread[which]) for spread in (cold, switch) for which in ("median", "most")))


def _pages_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Cold: from the address to the painted page, of a server that nobody has visited, in a browser without a "
        "cache. A switch: from the click in the menu to the painted page."
    )
    for number, run in enumerate(runs, 1):
        if "rss_mb" in run.report:
            told = [f"{mb:.0f} MB after {views}" for views, mb in run.report["rss_mb"].items()]
            said = f"Run {number}: the" if len(runs) > 1 else "The"
            yield (
                f"{said} web process has {', '.join(told)} page views, and changes by "
                f"{run.report['slope_mb_per_100_views']:.1f} MB per 100; errors in the browser: "
                f"{len(run.report['errors'])}."
            )


def _live_cells(row: Row) -> tuple[str, ...]:
    return WAITS[row["wait"]], *(_seconds(row["seconds"][which]) for which in ("median", "most")), str(row["count"])


def _live_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield "Everything warm, and the browser on the very cores that paint."
    for number, run in enumerate(runs, 1):
        if "drawing" in run.report:
            costs, said = run.report["drawing"], f"Run {number}: a" if len(runs) > 1 else "A"
            longer = {
                way: f"{drawing.told(share)} ({costs['pairs'][way]} pairs)" for way, share in costs["longer"].items()
            }
            yield (
                f"{said} step of {costs['step_seconds']['unseen']:.2f} s takes so much more time while its curves are "
                f"watched: {longer['elsewhere']}, by a page that asks for all that a browser asks for, but draws "
                f"nothing here, as from a visitor's own machine; {longer['beside']} with a browser on the same cores. "
                "Each is the median of pairs of turns, with where it lies at 95 % certainty. What the server computes "
                f"for the first is {100 * costs['web_share']:.1f} % of what the run does. Errors in the browser: "
                f"{len(run.report['errors'])}."
            )


def _quality_cells(row: Row) -> tuple[str, ...]:
    scales = {"tutorial_total": 1e6, "style_gram": 1e9, "style_wasserstein2": 1e6}
    distances = (row[name] / scale for name, scale in scales.items())
    told = (f"{value:,.0f}" if value >= 10 else f"{value:#.2g}" for value in distances)
    return row["pair"], row["method"], _seconds(row["seconds"]), *told, f"{row['ssim']:.2f}"


def _quality_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    yield (
        f"Longest edge {' and '.join(sorted({_px(row) for row in rows}))}. Slow: the default preset; tutorial: its "
        "objective by tutorial-quick, 200 steps. Distances are means over layers, Gram in thousand millions and the "
        "others in millions; lower is better. SSIM is likeness to the photograph."
    )
    figures = {"total": "tutorial_total", "Gram": "style_gram", "Wasserstein": "style_wasserstein2"}
    for method in ("balanced", "slow"):
        counts = {name: quality.better(rows, method, "fast", figure) for name, figure in figures.items()}
        told = ", ".join(f"{name} on {won} of {of}" for name, (won, of) in counts.items())
        yield f"{method.capitalize()} is better than fast by {told}."


KINDS = {
    "slow": _Kind(
        "A step of the slow method",
        ("picture", "convolutions", "a step", "share of the limit", "beyond the network", "peak memory"),
        lambda row: (row["size"], row["convolutions"]),
        _slow_cells,
        _slow_notes,
    ),
    "fast": _Kind(
        "A pass of the fast method",
        ("picture", "style known", "new style", "first call", "share of the limit", "peak memory"),
        lambda row: (row["size"],),
        _fast_cells,
        _fast_notes,
    ),
    "race": _Kind(
        "Time to the tutorial's loss",
        ("content + style", "picture", "the tutorial", "tutorial-quick", "its evaluations", "times as fast"),
        lambda row: (row["size"], -(row["ratio"] or 0)),
        _race_cells,
        _race_notes,
    ),
    "quality": _Kind(
        "Six pairs",
        ("content + style", "method", "time", "tutorial total", "style, Gram", "style, Wasserstein", "SSIM"),
        lambda row: (row["size"], row["pair"], list(quality.METHODS).index(row["method"])),
        _quality_cells,
        _quality_notes,
    ),
    "pages": _Kind(
        "Pages",
        ("page", "first paint, cold", "at most", "switch", "at most"),
        lambda row: (list(PAGES).index(row["page"]),),
        _pages_cells,
        _pages_notes,
    ),
    "live": _Kind(
        "While it paints",
        ("a visitor waits", "median", "at most", "times"),
        lambda row: (list(WAITS).index(row["wait"]),),
        _live_cells,
        _live_notes,
    ),
}


def _run(number: int, run: Measurement, several: bool) -> str:
    note = f"; {run.note}" if run.note else ""
    return f"{f'Run {number}: ' if several else ''}`{run.command}`, {run.date}, {run.machine}{note}."


def _px(row: Row) -> str:
    return f"{row['size']:,} px"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return NOT_MEASURED
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:#.2g} s"


def _median(spread: Mapping[str, float] | None) -> str:
    return _seconds(spread["median"] if spread else None)


def _percent(share: float | None) -> str:
    return NOT_MEASURED if share is None else f"{100 * share:.0f} %"


def _gb(row: Row) -> str:
    return f"{row['peak_rss_mb'] / 1000:.2f} GB"
