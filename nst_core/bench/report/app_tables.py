"""The tables of what is measured in a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nst_core.bench.app import device, painting, watching
from nst_core.bench.app.live import WAITS
from nst_core.bench.app.pages import PAGES
from nst_core.bench.report.layouts import Layout, Row, duration, edge
from nst_core.bench.report.measured import Measurement

_BROWSER = "Chromium, 2 cores"


def _pages_cells(row: Row) -> tuple[str, ...]:
    cold, switch = row["cold_seconds"], row["switch_seconds"]
    return (row["page"], *(duration(spread[which]) for spread in (cold, switch) for which in ("median", "most")))


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
    return WAITS[row["wait"]], *(duration(row["seconds"][which]) for which in ("median", "most")), str(row["count"])


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
    return _BROWSER, device.BACKENDS[row["backend"]], edge(row), *speed, duration(row["first_seconds"])


def _device_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "The live page as it tells its own speed: medians, with the browser, its camera that plays a film and the "
        "server on the same cores. Latency is from a frame's capture to the screen; the first frame counts from the "
        "click, in a browser that has nothing in its cache, at 256 px."
    )


def _painting_cells(row: Row) -> tuple[str, ...]:
    pace = duration(row["seconds"]), f"{1 / row['seconds']:#.2g}"
    return _BROWSER, device.BACKENDS[row["backend"]], edge(row), *pace, f"{100 * row['difference']:#.2g} %"


def _painting_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        f"Square pictures, {painting.STEPS} steps of the default preset from the photograph; the server is on the same "
        "cores. A step is the median. The difference is the largest one of the total at any step "
        "to the engine's in float32, from the same numbers: the browser has its weights as an 8-bit codebook."
    )


APP_TABLES = {
    "pages": Layout(
        "Pages",
        ("page", "first paint, cold", "at most", "switch", "at most"),
        lambda row: (list(PAGES).index(row["page"]),),
        _pages_cells,
        _pages_notes,
    ),
    "live": Layout(
        "While a run is painted",
        ("a visitor waits", "median", "at most", "times"),
        lambda row: (list(WAITS).index(row["wait"]),),
        _live_cells,
        _live_notes,
    ),
    "device": Layout(
        "Live, in the browser",
        ("device", "backend", "picture", "frames a second", "latency", "first frame"),
        lambda row: (list(device.BACKENDS).index(row["backend"]), row["size"]),
        _device_cells,
        _device_notes,
    ),
    "painting": Layout(
        "Slow, on the visitor's device",
        ("device", "backend", "picture", "a step", "steps a second", "difference"),
        lambda row: (list(device.BACKENDS).index(row["backend"]), row["size"]),
        _painting_cells,
        _painting_notes,
    ),
}
