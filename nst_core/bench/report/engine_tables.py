"""The tables of what measures engines, files and whole commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nst_core.bench.engines import artefacts, balance, export, film_methods, quality, slow
from nst_core.bench.report.layouts import (
    NOT_MEASURED,
    Layout,
    Row,
    duration,
    edge,
    levels,
    median,
    peak_memory,
    percent,
)
from nst_core.bench.report.measured import Measurement
from nst_core.export.manifest import PRECISIONS

_CONVOLUTIONS = {"direct": "direct", "winograd": "compiled", "bfloat16": "direct, bfloat16"}
_CONVOLUTIONS |= {bound: f"{_CONVOLUTIONS[kind]}, in strips" for bound, kind in slow.BOUNDED.items()}


def _slow_cells(row: Row) -> tuple[str, ...]:
    each = duration(row["seconds"]["median"])
    return (
        edge(row),
        _CONVOLUTIONS[row["convolutions"]],
        each,
        percent(row["share_of_limit"]),
        percent(row["beyond_network"]),
        peak_memory(row),
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
        edge(row),
        median(row["seconds"]),
        median(row["new_style_seconds"]),
        duration(row["first_seconds"]),
        percent(row["share_of_limit"]),
        peak_memory(row),
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
                f"{median(theirs['call'])} a call at its one size of {theirs['size']} px and "
                f"{median(theirs['known_style'])} with the style known; ours, timed right after it, "
                f"{median(theirs['ours'])}, {theirs['ratio']:.2f} times as long."
            )


def _race_cells(row: Row) -> tuple[str, ...]:
    reference, quick = row["reference"], row["quick"]
    times = f"{row['ratio']:.1f}" if quick["reached"] else "not reached"
    seconds = duration(reference["seconds"]), duration(quick["seconds"])
    return row["pair"], edge(row), *seconds, f"{quick['evaluations']:,}", times


def _race_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Time until the loss is within 1 % of the loss of TensorFlow's tutorial after its 1,000 steps. The tutorial's "
        "own loop is run to its end or extrapolated from timed steps; the time of the preset tutorial-quick includes "
        "compiling."
    )


def _quality_cells(row: Row) -> tuple[str, ...]:
    scales = {"tutorial_total": 1e6, "style_gram": 1e9, "style_wasserstein2": 1e6}
    distances = (row[name] / scale for name, scale in scales.items())
    texts = (f"{value:,.0f}" if value >= 10 else f"{value:#.2g}" for value in distances)
    return row["pair"], row["method"], duration(row["seconds"]), *texts, f"{row['ssim']:.2f}"


def _quality_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    yield (
        f"Longest edge {' and '.join(sorted({edge(row) for row in rows}))}. Slow: the default preset; tutorial: its "
        "objective by tutorial-quick, 200 steps. Distances are means over layers, Gram in thousand millions and the "
        "others in millions; lower is better. SSIM is the similarity to the photograph."
    )
    figures = {"total": "tutorial_total", "Gram": "style_gram", "Wasserstein": "style_wasserstein2"}
    for method in ("balanced", "slow"):
        counts = {name: quality.better(rows, method, "fast", figure) for name, figure in figures.items()}
        wins = ", ".join(f"{name} on {won} of {pairs}" for name, (won, pairs) in counts.items())
        yield f"{method.capitalize()} is better than fast by {wins}."


def _balance_cells(row: Row) -> tuple[str, ...]:
    figures = (f"{row[name]:.2f}" for name in ("structure", "least", "spread"))
    return row["method"], edge(row), str(row["pairs"]), *figures, f"{row['style_gram'] / 1e9:#.2g}"


def _balance_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Each photograph in each style; by default twelve of both, and of the styles four are paintings and eight are "
        "stripes, checks, dots, zigzags and bricks. Structure is the share of the photograph's structure that a result "
        "has, whatever its colours and textures: 1 for the photograph itself, about 0 for another picture. Least: of "
        "all pairs. Spread: the standard deviation over the styles of a photograph, mean over photographs; 0 if a "
        "subject survives all of them equally. Style: the Gram distance, geometric mean in thousand millions; lower is "
        "nearer to the style."
    )
    for row in (row for run in runs for row in run.rows if row["method"] in balance.VARIANTS):
        by_style = ", ".join(f"{name.replace('-', ' ')} {value:.2f}" for name, value in row["by_style"].items())
        yield f"Structure by style, {row['method']}, {edge(row)}: {by_style}."


def _artefacts_cells(row: Row) -> tuple[str, ...]:
    figures = (f"{row[name]:.1f}" for name in artefacts.MEASURES)
    return row["method"], edge(row), *figures, f"{row['style_gram'] / 1e9:#.2g}"


def _artefacts_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Means over six pairs. The mesh is the power at the frequencies of the networks' grids (2, 4, 8 and 16 px, the "
        "strongest of them) in units of that beside them: 1 is none. Chroma noise is the root mean square of fine "
        "variations of a* and b* where the photograph is flat; specks are pixels in a thousand that differ from all "
        "around them. A style has fine strokes of its own, so that a result need not come down to the photograph. "
        "Style: the Gram distance, geometric mean in thousand millions; lower is nearer to the style."
    )


def _export_cells(row: Row) -> tuple[str, ...]:
    difference, correlation = f"{row['difference']:#.2g}", f"{row['correlation']:.4f}"
    times = (f"{1000 * row['seconds'][threads]['least']:.0f} ms" for threads in ("1", "2"))
    return (
        export.NAMES[row["part"]],
        edge(row),
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
    rates = (f"{row['engine_a_second']:.1f}", f"{row['a_second']:.1f}", percent(row["share"]))
    measured = row["measured"]
    return edge(row), *rates, f"{measured['a_second']:.1f}", f"{measured['share']:.2f}", peak_memory(row)


def _batch_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Photographs of 1,024 x 768 px from JPEG files, each in two styles, to PNG files with contact sheets and "
        "manifest, by one process; the engine alone paints the same pictures from memory, as many in a pass. Medians "
        "of rounds in which the two take turns. With measures: every result by the yardstick; the ratio is to engine "
        "and yardstick one after the other, without their measures of contents and styles being shared."
    )


def _film_cells(row: Row) -> tuple[str, ...]:
    alone, steady = row["alone"], row["steady"]
    error = f"{levels(alone['warping_error'])} → {levels(steady['warping_error'])}"
    still = NOT_MEASURED if steady["flicker"] is None else f"{levels(alone['flicker'])} → {levels(steady['flicker'])}"
    drifts = ", ".join(levels(steady["drift"][gap]) for gap in sorted(steady["drift"] or (), key=int)) or NOT_MEASURED
    styles = (f"{100 * (steady[name] / alone[name] - 1):+.0f} %" for name in film_methods.STYLE)
    times = f"{alone['warping_error'] / steady['warping_error']:.1f}"
    return (
        f"{row['film']}, {row['style']}",
        edge(row),
        row["method"],
        error,
        times,
        still,
        drifts,
        *styles,
        duration(steady["seconds"]),
    )


def _film_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    rows = [row for run in runs for row in run.rows]
    methods = film_methods.METHODS
    frames = {method: sorted({row["frames"] for row in rows if row["method"] == method}) for method in methods}
    counts = ", ".join(f"{method} {' or '.join(map(str, counts))}" for method, counts in frames.items() if counts)
    yield (
        f"Frames of each film: {counts}. Frame by frame → as a film; errors in 1/255. The warping error is the root "
        "mean square difference of neighbouring results where the motion is trusted; it is known where a photograph "
        "was filmed, and estimated in real clips. Flicker is the mean absolute difference of neighbouring results of a "
        "still scene with a camera's noise. Drift is the warping error over 10 and 30 frames of the film. Style: how "
        "much farther from the style the film is than its frames one by one, by the yardstick; less than 0 is nearer."
    )


ENGINE_TABLES = {
    "slow": Layout(
        "A step of the slow method",
        ("picture", "convolutions", "a step", "share of the limit", "beyond the network", "peak memory"),
        lambda row: (row["size"], row["convolutions"]),
        _slow_cells,
        _slow_notes,
    ),
    "fast": Layout(
        "A pass of the fast method",
        ("picture", "style known", "new style", "first call", "share of the limit", "peak memory"),
        lambda row: (row["size"],),
        _fast_cells,
        _fast_notes,
    ),
    "race": Layout(
        "Time to the tutorial's loss",
        ("content + style", "picture", "the tutorial", "tutorial-quick", "its evaluations", "times as fast"),
        lambda row: (row["size"], -(row["ratio"] or 0)),
        _race_cells,
        _race_notes,
    ),
    "quality": Layout(
        "Six pairs",
        ("content + style", "method", "time", "tutorial total", "style, Gram", "style, Wasserstein", "SSIM"),
        lambda row: (row["size"], row["pair"], list(quality.METHODS).index(row["method"])),
        _quality_cells,
        _quality_notes,
    ),
    "balance": Layout(
        "How much of the subject is left, whatever the style",
        ("weights", "picture", "pairs", "structure", "least", "spread over styles", "style, Gram"),
        lambda row: (row["size"], [*balance.VARIANTS, *balance.CONTROLS].index(row["method"])),
        _balance_cells,
        _balance_notes,
    ),
    "artefacts": Layout(
        "Mesh, chroma noise and specks",
        ("method", "picture", "mesh", "chroma noise", "specks", "style, Gram"),
        lambda row: (row["size"], [artefacts.CONTROL, *artefacts.VARIANTS].index(row["method"])),
        _artefacts_cells,
        _artefacts_notes,
    ),
    "export": Layout(
        "Files for phones and browsers",
        ("network", "picture", "weights", "size", "difference", "correlation", "1 thread", "2 threads"),
        lambda row: (row["part"], row["size"], PRECISIONS.index(row["precision"])),
        _export_cells,
        _export_notes,
    ),
    "batch": Layout(
        "A folder of photographs",
        ("picture", "engine, a second", "batch, a second", "share", "with measures", "ratio", "peak memory"),
        lambda row: (row["size"],),
        _batch_cells,
        _batch_notes,
    ),
    "film": Layout(
        "Films, frame by frame and as a film",
        (
            "film, style",
            "width",
            "method",
            "warping error",
            "times less",
            "flicker",
            "drift",
            "style, Wasserstein",
            "style, Gram",
            "a frame",
        ),
        lambda row: (row["size"], list(film_methods.METHODS).index(row["method"]), row["film"]),
        _film_cells,
        _film_notes,
    ),
}
