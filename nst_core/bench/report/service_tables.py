"""The tables of what measures the job service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nst_core.bench.report.layouts import Layout, Row, duration, median, percent
from nst_core.bench.report.measured import Measurement


def _queue_cells(row: Row) -> tuple[str, ...]:
    waits = (duration(row[name]) for name in ("measured", "simulated"))
    return (
        percent(row["busy"]),
        f"{row['runs']:,}",
        duration(row["service_seconds"]),
        *waits,
        f"{100 * row['difference']:+.0f} %",
        duration(row["drawn"]),
        duration(row["predicted"]),
    )


def _queue_notes(runs: Sequence[Measurement]) -> Iterator[str]:
    yield (
        "Short real runs of two kinds arrive at random at a job service with one worker. Mean waiting times; the "
        "simulation of `python -m nst_core capacity` gets the same arrivals, and each run's own time at the worker. "
        "Drawn: with times drawn at random from those of this load, so that slow runs do not follow each other as they "
        "do on a busy machine. Predicted: with times that were measured before, one run at a time. The simulated "
        "worker is occupied by each handover too, as long as it took before."
    )
    for number, run in enumerate(runs, 1):
        times = [(f"{kind['method']} {kind['edge_px']} px", kind["seconds"]) for kind in run.report["kinds"]]
        kinds = ", ".join(f"{name} {median(seconds)}" for name, seconds in times)
        yield f"{f'Run {number}: ' if len(runs) > 1 else ''}a run alone takes, median: {kinds}."


SERVICE_TABLES = {
    "queue": Layout(
        "The queue, measured and simulated",
        ("worker busy", "runs", "a run takes", "wait, measured", "simulated", "difference", "drawn", "predicted"),
        lambda row: (row["load"],),
        _queue_cells,
        _queue_notes,
    ),
}
