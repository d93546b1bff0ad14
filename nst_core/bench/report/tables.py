"""The stored measurements as tables of text, for the bench README and the About page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nst_core.bench.report.app_tables import APP_TABLES
from nst_core.bench.report.engine_tables import ENGINE_TABLES
from nst_core.bench.report.measured import FILE, Measurement, records
from nst_core.bench.report.service_tables import SERVICE_TABLES

KINDS = {
    kind: (ENGINE_TABLES | APP_TABLES | SERVICE_TABLES)[kind]
    for kind in (
        "slow",
        "fast",
        "race",
        "quality",
        "balance",
        "artefacts",
        "pages",
        "device",
        "painting",
        "live",
        "film",
        "batch",
        "export",
        "queue",
    )
}
"""Kind of measurement -> the layout of its table, in the order in which pages show them."""


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


def measured_kinds(file: Path = FILE) -> dict[str, str]:
    """The kinds of measurements that were kept, with the titles of their tables."""
    return {kind: layout.title for kind, layout in KINDS.items() if records(kind, file)}


def _conditions(number: int, run: Measurement, several: bool) -> str:
    note = f"; {run.note}" if run.note else ""
    return f"{f'Run {number}: ' if several else ''}`{run.command}`, {run.date}, {run.machine}{note}."
