"""Measurements as cells: nothing is lost, and what was not measured says so."""

import json

import pytest

from nst_core.bench.report import measured, tables


@pytest.mark.parametrize("what", measured.ROWS)
def test_each_kept_row_is_a_row_of_the_table(what):
    made = tables.table(what)
    assert len(made.rows) == sum(len(run.rows) for run in measured.records(what))
    assert {len(row) for row in made.rows} == {len(made.head)}


@pytest.mark.parametrize("what", measured.ROWS)
def test_each_run_is_told_with_its_command_and_machine(what):
    notes = "\n".join(tables.table(what).notes)
    for run in measured.records(what):
        assert f"`{run.command}`, {run.date}, {run.machine}" in notes


@pytest.mark.parametrize("what", measured.ROWS)
def test_the_last_column_leads_to_the_run_it_is_from(what):
    runs, made = measured.records(what), tables.table(what)
    if len(runs) == 1:
        assert "run" not in made.head
    for n, run in enumerate(runs, 1) if len(runs) > 1 else ():
        assert sum(row[-1] == str(n) for row in made.rows) == len(run.rows)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0349, "0.035 s"), (0.8712, "0.87 s"), (1.0, "1.0 s"), (6.003, "6.0 s"), (58.8, "59 s"), (2360.0, "2,360 s")],
)
def test_seconds_have_two_digits_that_mean_something(tmp_path, seconds, text):
    row = {"size": 64, "convolutions": "direct", "seconds": {"median": seconds}, "share_of_limit": 0.5}
    (cells,) = tables.table("slow", kept(tmp_path, row | {"beyond_network": None, "peak_rss_mb": 900.0})).rows
    assert cells == ("64 px", "direct", text, "50 %", tables.NOT_MEASURED, "0.90 GB")


def test_a_race_that_was_not_won_says_so(tmp_path):
    road = {"seconds": 10.0, "evaluations": 600, "reached": False}
    row = {"pair": "A + B", "size": 64, "reference": road, "quick": road, "ratio": None}
    ((*_, times),) = tables.table("race", kept(tmp_path, row, "race")).rows
    assert times == "not reached"


def kept(folder, row, what="slow"):
    """A file with one run of one row."""
    run = {"what": what, "date": "2026-01-01", "machine": "m", "command": "c", "note": ""}
    file = folder / "measured.json"
    file.write_text(json.dumps({"records": [run | {"report": {measured.ROWS[what]: [row]}}]}))
    return file
