"""Measurements as cells: no row is lost, and figures that were not measured are marked."""

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.bench.report import layouts, measured, tables


@pytest.mark.parametrize("kind", measured.ROWS)
def test_each_stored_row_is_a_row_of_the_table(kind: Any) -> None:
    made = tables.table(kind)
    assert len(made.rows) == sum(len(run.rows) for run in measured.records(kind))
    assert {len(row) for row in made.rows} <= {len(made.head)}


@pytest.mark.parametrize("kind", measured.ROWS)
def test_each_run_is_shown_with_its_command_and_machine(kind: Any) -> None:
    notes = "\n".join(tables.table(kind).notes)
    for run in measured.records(kind):
        assert f"`{run.command}`, {run.date}, {run.machine}" in notes


@pytest.mark.parametrize("kind", measured.ROWS)
def test_the_last_column_is_the_number_of_the_run(kind: Any) -> None:
    runs, made = measured.records(kind), tables.table(kind)
    if len(runs) == 1:
        assert "run" not in made.head
    for n, run in enumerate(runs, 1) if len(runs) > 1 else ():
        assert sum(row[-1] == str(n) for row in made.rows) == len(run.rows)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0349, "0.035 s"), (0.8712, "0.87 s"), (1.0, "1.0 s"), (6.003, "6.0 s"), (58.8, "59 s"), (2360.0, "2,360 s")],
)
def test_seconds_have_two_significant_digits(tmp_path: Path, seconds: float, text: str) -> None:
    row = {"size": 64, "convolutions": "direct", "seconds": {"median": seconds}, "share_of_limit": 0.5}
    (cells,) = tables.table("slow", stored(tmp_path, row | {"beyond_network": None, "peak_rss_mb": 900.0})).rows
    assert cells == ("64 px", "direct", text, "50 %", layouts.NOT_MEASURED, "0.90 GB")


def test_a_race_that_did_not_reach_the_loss_says_so(tmp_path: Path) -> None:
    run = {"seconds": 10.0, "evaluations": 600, "reached": False}
    row = {"pair": "A + B", "size": 64, "reference": run, "quick": run, "ratio": None}
    ((*_, times),) = tables.table("race", stored(tmp_path, row, "race")).rows
    assert times == "not reached"


def test_a_file_for_phones_is_shown_with_its_shortest_times(tmp_path: Path) -> None:
    row = {"part": "style_transform", "size": 64, "precision": "int8", "megabytes": 0.3, "difference": 2.57}
    times = {"1": {"median": 0.9, "least": 0.02}, "2": {"median": 0.9, "least": 0.0114}}
    (cells,) = tables.table("export", stored(tmp_path, row | {"correlation": 0.99, "seconds": times}, "export")).rows
    assert cells == ("transformer", "64 px", "int8", "0.30 MB", "2.6", "0.9900", "20 ms", "11 ms")


def test_a_step_on_a_visitors_device_is_shown_with_its_pace_and_its_difference_from_the_engine(tmp_path: Path) -> None:
    row = {"backend": "threads", "size": 128, "steps": 5, "seconds": 0.625, "difference": 0.00123}
    (cells,) = tables.table("painting", stored(tmp_path, row, "painting")).rows
    assert cells == ("Chromium, 2 cores", "WebAssembly, threads", "128 px", "0.62 s", "1.6", "0.12 %")


def test_a_film_is_shown_frame_by_frame_and_as_a_film(tmp_path: Path) -> None:
    figures = {"style_wasserstein2": 2e7, "style_gram": 1e10, "seconds": 0.5, "drift": None}
    alone = figures | {"warping_error": 24.0, "flicker": 2.1, "seconds": 0.1}
    steady = figures | {"warping_error": 4.0, "flicker": 0.04, "style_gram": 1.1e10, "drift": {"30": 9.0, "10": 5.0}}
    row = {"film": "a pan", "style": "Facets", "size": 64, "method": "fast", "frames": 34}
    made = tables.table("film", stored(tmp_path, row | {"alone": alone, "steady": steady}, "film"))
    (cells,) = made.rows
    shown = ("24 → 4.0", "6.0", "2.1 → 0.040", "5.0, 9.0", "+0 %", "+10 %", "0.50 s")
    assert cells == ("a pan, Facets", "64 px", "fast", *shown)
    assert "each film: fast 34." in made.notes[0]


def test_what_was_not_measured_yet_is_said_where_it_would_stand_and_left_out_of_the_kinds(tmp_path: Path) -> None:
    file = stored(tmp_path, {"backend": "threads", "size": 128, "seconds": 1.0, "difference": 0.1}, "painting")
    assert tables.measured_kinds(file) == {"painting": tables.KINDS["painting"].title}
    made = tables.table("race", file)
    assert made.rows == ()
    assert made.notes[-1].startswith("Not measured yet: `python -m nst_core bench race")


def stored(folder: Any, row: Any, kind: str = "slow") -> Any:
    """A file with one run of one row."""
    run = {"kind": kind, "date": "2026-01-01", "machine": "m", "command": "c", "note": ""}
    file = folder / "measured.json"
    file.write_text(json.dumps({"records": [run | {"report": {measured.ROWS[kind]: [row]}}]}))
    return file
