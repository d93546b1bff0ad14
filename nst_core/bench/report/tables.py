"""The stored measurements as tables of text, for the bench README and the About page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_core.bench.app import device, painting, watching
from nst_core.bench.app.live import WAITS
from nst_core.bench.app.pages import PAGES
from nst_core.bench.engines import export, films, quality, slow
from nst_core.bench.report.measured import FILE, Measurement, records
from nst_core.export.manifest import PRECISIONS

NOT_MEASURED = "–"
_BROWSER = "Chromium, 2 cores"
_CONVOLUTIONS = {"direct": "direct", "winograd": "compiled", "bfloat16": "direct, bfloat16"}
_CONVOLUTIONS |= {bound: f"{_CONVOLUTIONS[kind]}, in strips" for bound, kind in slow.BOUNDED.items()}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A title, a head, rows with one cell for each column, and sentences below the table."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def table(kind: str, file: Path = FILE) -> Table:
    """The stored measurements of one of `KINDS`; the last column gives the number of the run if there are several."""
    runs = records(kind, file)
    layout = KINDS[kind]
    rows = sorted((layout.key(row), layout.cells(row), n) for n, run in enumerate(runs, 1) for row in run.rows)
    several = len(runs) > 1
    cells = tuple((*texts, str(n)) if several else texts for _, texts, n in rows)
    notes = [*layout.notes(runs), *([] if runs else [f"Not measured yet: `python -m nst_core bench {kind} --keep`."])]
    notes = [*notes, *(_conditions(n, run, several) for n, run in enumerate(runs, 1))]
    return Table(layout.title, (*layout.head, "run") if several else layout.head, cells, tuple(notes))


@dataclass(frozen=True)
class _Layout:
    """The layout of the table of one kind of measurement: title, head, sort key, cells and notes."""

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
    powers = {title: slow.exponent(rows, kind) for kind, title in _CONVOLUTIONS.items()}
    exponents = ", ".join(f"{power:.2f} ({title})" for title, power in powers.items() if power is not None)
    yield (
        "Square pictures; median step, copy of the picture included. The limit is the machine's highest measured "
        "rate of direct convolutions in that precision, in the same run; compiled ones need fewer products and may "
        f"exceed it. Steps in strips stay within a `memory_mb` of {slow.BOUNDED_MB:,}."
    )
    if exponents:
        yield f"Time grows with the number of pixels to the power of {exponents}."


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
    yield "Square pictures; medians of whole calls. The style is known, for example, while a slider moves."
    for number, run in enumerate(runs, 1):
        prefix = f"Run {number}: " if len(runs) > 1 else ""
        if "batch" in run.report:
            batch = run.report["batch"]
            rate = f"{batch['a_second']:.0f} pictures a second"
            yield f"{prefix}{rate}, {batch['size']} px, {batch['pictures']} at a time."
        theirs = run.report.get("baseline", {})
        if "known_style" in theirs:
            yield (
                f"{prefix}{theirs['package']} {theirs['version']}, the same network in 8-bit integers, takes "
                f"{_median(theirs['call'])} a call at its one size of {theirs['size']} px and "
                f"{_median(theirs['known_style'])} with the style known; ours, timed right after it, "
                f"{_median(theirs['ours'])}, {theirs['ratio']:.2f} times as long."
            )


def _race_cells(row: Row) -> tuple[str, ...]:
    reference, quick = row["reference"], row["quick"]
    times = f"{row['ratio']:.1f}" if quick["reached"] else "not reached"
    seconds = _seconds(reference["seconds"]), _seconds(quick["seconds"])
    return row["pair"], _px(row), *seconds, f"{quick['evaluations']:,}", times


def _race_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Time until the loss is within 1 % of the loss of TensorFlow's tutorial after its 1,000 steps. The tutorial's "
        "own loop is run to its end or extrapolated from timed steps; the time of the preset tutorial-quick includes "
        "compiling."
    )


def _pages_cells(row: Row) -> tuple[str, ...]:
    cold, switch = row["cold_seconds"], row["switch_seconds"]
    return (row["page"], *(_seconds(spread[which]) for spread in (cold, switch) for which in ("median", "most")))


def _pages_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Cold: from the request to the painted page, from a server that nobody has visited, in a browser without a "
        "cache. Switch: from the click in the menu to the painted page."
    )
    for number, run in enumerate(runs, 1):
        if "rss_mb" in run.report:
            memory = [f"{mb:.0f} MB after {views}" for views, mb in run.report["rss_mb"].items()]
            subject = f"Run {number}: the" if len(runs) > 1 else "The"
            yield (
                f"{subject} web process has {', '.join(memory)} page views, and changes by "
                f"{run.report['slope_mb_per_100_views']:.1f} MB per 100; errors in the browser: "
                f"{len(run.report['errors'])}."
            )


def _live_cells(row: Row) -> tuple[str, ...]:
    return WAITS[row["wait"]], *(_seconds(row["seconds"][which]) for which in ("median", "most")), str(row["count"])


def _live_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield "After a warm-up, with the browser on the same cores as the run."
    for number, run in enumerate(runs, 1):
        if "drawing" in run.report:
            costs, subject = run.report["drawing"], f"Run {number}: a" if len(runs) > 1 else "A"
            longer = {
                way: f"{watching.format_interval(share)} ({costs['pairs'][way]} pairs)"
                for way, share in costs["longer"].items()
            }
            yield (
                f"{subject} step of {costs['step_seconds'][watching.UNWATCHED]:.2f} s takes longer while its curves "
                f"are watched: {longer['elsewhere']}, by a client that requests all that a browser requests but draws "
                f"nothing here, like a visitor's browser elsewhere; {longer['beside']}, by a browser on the "
                "same cores. Each figure is a median over pairs of phases with its 95 % confidence interval. "
                f"The server's work for the client is {100 * costs['web_share']:.1f} % of the run's. Errors in the "
                f"browser: {len(run.report['errors'])}."
            )


def _device_cells(row: Row) -> tuple[str, ...]:
    speed = f"{row['rate']:.1f}", f"{row['latency_ms']:.0f} ms"
    return _BROWSER, device.BACKENDS[row["backend"]], _px(row), *speed, _seconds(row["first_seconds"])


def _device_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "The live page as it tells its own speed: medians, with the browser, its camera that plays a film and the "
        "server on the same cores. Latency is from a frame's capture to the screen; the first frame counts from the "
        "click, in a browser that has nothing in its cache, at 256 px."
    )


def _painting_cells(row: Row) -> tuple[str, ...]:
    pace = _seconds(row["seconds"]), f"{1 / row['seconds']:#.2g}"
    return _BROWSER, device.BACKENDS[row["backend"]], _px(row), *pace, f"{100 * row['difference']:#.2g} %"


def _painting_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        f"Square pictures, {painting.STEPS} steps of the default preset from the photograph; the server is on the same "
        "cores. A step is the median. The difference is the largest one of the total at any step "
        "to the engine's in float32, from the same numbers: the browser has its weights as an 8-bit codebook."
    )


def _quality_cells(row: Row) -> tuple[str, ...]:
    scales = {"tutorial_total": 1e6, "style_gram": 1e9, "style_wasserstein2": 1e6}
    distances = (row[name] / scale for name, scale in scales.items())
    texts = (f"{value:,.0f}" if value >= 10 else f"{value:#.2g}" for value in distances)
    return row["pair"], row["method"], _seconds(row["seconds"]), *texts, f"{row['ssim']:.2f}"


def _quality_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    yield (
        f"Longest edge {' and '.join(sorted({_px(row) for row in rows}))}. Slow: the default preset; tutorial: its "
        "objective by tutorial-quick, 200 steps. Distances are means over layers, Gram in thousand millions and the "
        "others in millions; lower is better. SSIM is the similarity to the photograph."
    )
    figures = {"total": "tutorial_total", "Gram": "style_gram", "Wasserstein": "style_wasserstein2"}
    for method in ("balanced", "slow"):
        counts = {name: quality.better(rows, method, "fast", figure) for name, figure in figures.items()}
        wins = ", ".join(f"{name} on {won} of {pairs}" for name, (won, pairs) in counts.items())
        yield f"{method.capitalize()} is better than fast by {wins}."


def _export_cells(row: Row) -> tuple[str, ...]:
    difference, correlation = f"{row['difference']:#.2g}", f"{row['correlation']:.4f}"
    times = (f"{1000 * row['seconds'][threads]['least']:.0f} ms" for threads in ("1", "2"))
    return (
        export.NAMES[row["part"]],
        _px(row),
        row["precision"],
        f"{row['megabytes']:.2f} MB",
        difference,
        correlation,
        *times,
    )


def _export_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "`python -m nst_core export`, run by LiteRT on a processor as on a phone without a GPU. The difference is that "
        "of the stylised pictures a pixel, of 255, on pictures that nothing was calibrated with; the correlation that "
        "of a file's own results. In int8, convolutions compute in 8 bits and the norms between them in float32. "
        "Times are the shortest of 25 calls."
    )


def _batch_cells(row: Row) -> tuple[str, ...]:
    rates = (f"{row['engine_a_second']:.1f}", f"{row['a_second']:.1f}", _percent(row["share"]))
    measured = row["measured"]
    return _px(row), *rates, f"{measured['a_second']:.1f}", f"{measured['share']:.2f}", _gb(row)


def _batch_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Photographs of 1,024 x 768 px from JPEG files, each in two styles, to PNG files with contact sheets and "
        "manifest, by one process; the engine alone paints the same pictures from memory, as many in a pass. Medians "
        "of rounds in which the two take turns. With measures: every result by the yardstick; the ratio is to engine "
        "and yardstick one after the other, without their measures of contents and styles being shared."
    )


def _film_cells(row: Row) -> tuple[str, ...]:
    alone, steady = row["alone"], row["steady"]
    error = f"{_levels(alone['warping_error'])} → {_levels(steady['warping_error'])}"
    still = NOT_MEASURED if steady["flicker"] is None else f"{_levels(alone['flicker'])} → {_levels(steady['flicker'])}"
    drifts = ", ".join(_levels(steady["drift"][gap]) for gap in sorted(steady["drift"] or (), key=int)) or NOT_MEASURED
    styles = (f"{100 * (steady[name] / alone[name] - 1):+.0f} %" for name in films.STYLE)
    times = f"{alone['warping_error'] / steady['warping_error']:.1f}"
    return (
        f"{row['film']}, {row['style']}",
        row["method"],
        error,
        times,
        still,
        drifts,
        *styles,
        _seconds(steady["seconds"]),
    )


def _film_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    frames = {method: sorted({row["frames"] for row in rows if row["method"] == method}) for method in films.METHODS}
    counts = ", ".join(f"{method} {' or '.join(map(str, counts))}" for method, counts in frames.items() if counts)
    yield (
        f"Frames {' and '.join(sorted({_px(row) for row in rows}))} wide; {counts} of each film. Frame by frame → as a "
        "film; errors in 1/255. The warping error is the root mean square difference of neighbouring results where the "
        "motion is trusted; the motion is known where a photograph was filmed, and estimated in real clips. Flicker is "
        "the mean absolute difference of neighbouring results of a still scene with a camera's noise. Drift is the "
        "warping error over 10 and 30 frames of the film. Style: how much farther from the style the film is than its "
        "frames one by one, by the yardstick; less than 0 is nearer."
    )


def _levels(value: float) -> str:
    return f"{value:#.2g}" if value < 10 else f"{value:.0f}"


KINDS = {
    "slow": _Layout(
        "A step of the slow method",
        ("picture", "convolutions", "a step", "share of the limit", "beyond the network", "peak memory"),
        lambda row: (row["size"], row["convolutions"]),
        _slow_cells,
        _slow_notes,
    ),
    "fast": _Layout(
        "A pass of the fast method",
        ("picture", "style known", "new style", "first call", "share of the limit", "peak memory"),
        lambda row: (row["size"],),
        _fast_cells,
        _fast_notes,
    ),
    "race": _Layout(
        "Time to the tutorial's loss",
        ("content + style", "picture", "the tutorial", "tutorial-quick", "its evaluations", "times as fast"),
        lambda row: (row["size"], -(row["ratio"] or 0)),
        _race_cells,
        _race_notes,
    ),
    "quality": _Layout(
        "Six pairs",
        ("content + style", "method", "time", "tutorial total", "style, Gram", "style, Wasserstein", "SSIM"),
        lambda row: (row["size"], row["pair"], list(quality.METHODS).index(row["method"])),
        _quality_cells,
        _quality_notes,
    ),
    "pages": _Layout(
        "Pages",
        ("page", "first paint, cold", "at most", "switch", "at most"),
        lambda row: (list(PAGES).index(row["page"]),),
        _pages_cells,
        _pages_notes,
    ),
    "device": _Layout(
        "Live, in the browser",
        ("device", "backend", "picture", "frames a second", "latency", "first frame"),
        lambda row: (list(device.BACKENDS).index(row["backend"]), row["size"]),
        _device_cells,
        _device_notes,
    ),
    "painting": _Layout(
        "Slow, on the visitor's device",
        ("device", "backend", "picture", "a step", "steps a second", "difference"),
        lambda row: (list(device.BACKENDS).index(row["backend"]), row["size"]),
        _painting_cells,
        _painting_notes,
    ),
    "live": _Layout(
        "While a run is painted",
        ("a visitor waits", "median", "at most", "times"),
        lambda row: (list(WAITS).index(row["wait"]),),
        _live_cells,
        _live_notes,
    ),
    "film": _Layout(
        "Films, frame by frame and as a film",
        (
            "film, style",
            "method",
            "warping error",
            "times less",
            "flicker",
            "drift",
            "style, Wasserstein",
            "style, Gram",
            "a frame",
        ),
        lambda row: (row["size"], list(films.METHODS).index(row["method"]), row["film"]),
        _film_cells,
        _film_notes,
    ),
    "batch": _Layout(
        "A folder of photographs",
        ("picture", "engine, a second", "batch, a second", "share", "with measures", "ratio", "peak memory"),
        lambda row: (row["size"],),
        _batch_cells,
        _batch_notes,
    ),
    "export": _Layout(
        "Files for phones and browsers",
        ("network", "picture", "weights", "size", "difference", "correlation", "1 thread", "2 threads"),
        lambda row: (row["part"], row["size"], PRECISIONS.index(row["precision"])),
        _export_cells,
        _export_notes,
    ),
}


def measured_kinds(file: Path = FILE) -> dict[str, str]:
    """The kinds of measurements that were kept, with the titles of their tables."""
    return {kind: layout.title for kind, layout in KINDS.items() if records(kind, file)}


def _conditions(number: int, run: Measurement, several: bool) -> str:
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
