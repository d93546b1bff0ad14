"""Stored measurements: each case once, replaced by newer runs of the same case."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nst_core.bench.report import measured

TIMES = {"seconds": {"median": 1.0, "least": 0.5}}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    return shutil.copy(measured.FILE, tmp_path / "measured.json")


def cases(kind: Any, file: Any) -> Any:
    return {
        (row["size"], row.get("convolutions"), n)
        for n, run in enumerate(measured.records(kind, file))
        for row in run.rows
    }


def test_a_newer_run_replaces_the_same_cases_only(file: Any) -> None:
    before = {(size, how) for size, how, _ in cases("slow", file)}
    row = {"size": 256, "convolutions": "winograd", **TIMES}
    measured.store("slow", {"sizes": [row]}, "bench slow", file)
    assert {(size, how) for size, how, n in cases("slow", file) if n} == before - {(256, "winograd")}
    fresh, *_ = measured.records("slow", file)
    assert fresh.rows == (row,)
    assert fresh.command == "bench slow"


def test_other_kinds_stay_unchanged(file: Any) -> None:
    before = measured.records("fast", file), measured.records("race", file)
    measured.store("slow", {"sizes": [{"size": 256, "convolutions": "direct", **TIMES}]}, "bench slow", file)
    assert (measured.records("fast", file), measured.records("race", file)) == before


def test_a_run_without_remaining_rows_is_removed(file: Any) -> None:
    rows = [{"size": size, "convolutions": how} for size, how, _ in cases("slow", file)]
    measured.store("slow", {"sizes": rows}, "bench slow", file)
    assert len(measured.records("slow", file)) == 1


def test_neither_curves_nor_folders_are_stored(file: Any) -> None:
    run = {"seconds": 2.0, "curve": [[1, 0.5, 3.0]]}
    race = {"pair": "sample:chelsea + /home/me/night-swirls.jpg", "size": 64, "reference": run, "quick": run}
    measured.store("race", {"races": [race]}, "bench race", file)
    text = file.read_text()
    assert "curve" not in text
    assert "/home" not in text
    assert measured.records("race", file)[0].rows[0]["pair"] == "Chelsea + Night swirls"


def test_the_published_file_has_no_curves_and_no_case_twice_in_one_run() -> None:
    assert "curve" not in measured.FILE.read_text()
    for kind in measured.ROWS:
        for run in measured.records(kind):
            case = ("film", "pair", "size", "convolutions", "page", "wait", "method", "backend", "file", "load")
            named = [json.dumps([row.get(name) for name in case]) for row in run.rows]
            assert len(named) == len(set(named))


def test_the_description_of_this_machine_begins_with_its_cores() -> None:
    assert measured.machine()[0].isdigit()
