"""Stored runs: counted; one whose record is damaged is a problem, a folder without a record a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.doctor import stored_runs
from nst_core.jobs.records import COPY, RECORD
from nst_core.jobs.store import Store
from nst_core.jobs.views import JobView
from nst_core.recipe import make
from tests.nst_core.doctor.conftest import all_ok, by_level, the_problem, the_warning


def stored(machine: Path, *jobs: str) -> Path:
    """The folder of runs with these runs, as a server leaves it."""
    store = Store(machine / "data")
    for job in jobs:
        store.begin(JobView(job, "done", make()))
    store.close()
    return machine / "data" / "runs"


def test_without_a_folder_there_are_no_runs(machine: Path) -> None:
    assert all_ok(stored_runs.check()) == "no runs are stored yet"
    assert list(machine.iterdir()) == []


def test_whole_runs_are_counted(machine: Path) -> None:
    stored(machine, "a1", "b2")
    assert all_ok(stored_runs.check()).startswith("2 runs can be read; all of ")


def test_a_damaged_record_is_a_problem_unless_its_copy_is_whole(machine: Path) -> None:
    runs = stored(machine, "a1", "b2", "c3", "d4", "e5")
    for job in ("a1", "b2", "c3", "d4"):
        (runs / job / RECORD).write_bytes((runs / job / RECORD).read_bytes()[:-9])
        (runs / job / COPY).write_bytes(b"") if (runs / job / COPY).exists() else None
    text = the_problem(stored_runs.check())
    assert text.startswith("4 stored runs cannot be read (its record is cut or overwritten): ")
    assert f"{runs / 'a1'}, {runs / 'b2'}, {runs / 'c3'} and 1 more" in text
    assert by_level(stored_runs.check())["ok"][0].text.startswith("1 run can be read")


def test_a_folder_without_a_record_is_a_warning(machine: Path) -> None:
    runs = stored(machine, "a1")
    (runs / "lost").mkdir()
    (runs / "lost" / "result.png").write_bytes(b"png")
    assert the_warning(stored_runs.check()) == f"1 folder of a run without a record: {runs / 'lost'}"


def test_runs_that_cannot_be_listed_are_a_problem_and_not_absent(
    forbidden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_DATA_DIR", str(forbidden))
    assert "cannot be listed: Permission denied" in the_problem(stored_runs.check())
