"""Files of stored runs with any content: a run, or a DamagedRecordError; damage to a record is always noticed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from nst_core.jobs import input_files
from nst_core.jobs.memory_blobs import MemoryBlobStore
from nst_core.jobs.records import (
    DamagedRecordError,
    RunRecord,
    checked_lines,
    curve_lines,
    read_curve,
    row_from_bytes,
)
from nst_core.jobs.views import JobView
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import JSON, damaged, spoilt

_VIEW = JobView("a1", "done", make(), step=3, total_steps=9, notes=("a note",), report={"size": [64, 48]}, created=1.5)
_RECORD = RunRecord(_VIEW, {"result.png": "0" * 64}, 1234, 2)
_FILE = _RECORD.to_bytes()
_RUN = json.loads(_FILE)["run"]
_POINTS = (CurvePoint(1, 0.5, {"total": 2.0}), CurvePoint(2, 1.0, {"total": 1.5}, ("scale 96 px",), 96))
_CURVE = curve_lines(_POINTS)


def _read(data: bytes) -> RunRecord | None:
    """The record of these bytes, and its row; None after a DamagedRecordError of one sentence."""
    read = None
    for reader in (row_from_bytes, RunRecord.from_bytes):
        try:
            read = reader("a1", data)
        except DamagedRecordError as error:
            assert_is_one_sentence(error)
            read = None
    assert read is None or isinstance(read, RunRecord)
    return read


@fuzz(data=damaged([_FILE]) | st.binary(max_size=200))
def test_damage_to_a_record_is_noticed(data: bytes) -> None:
    read = _read(data)
    assert read is None or read == _RECORD


@fuzz(run=spoilt(_RUN) | JSON)
def test_a_whole_record_of_another_version(run: Any) -> None:
    sha256 = hashlib.sha256(json.dumps(run).encode()).hexdigest()
    read = _read(json.dumps({"format": 1, "sha256": sha256, "run": run}).encode())
    if read is not None:
        assert isinstance(read.view, JobView)
        assert _read(read.to_bytes()) == read
        assert read.row().job == "a1"


@fuzz(data=damaged([_CURVE, _CURVE * 2]) | st.binary(max_size=100))
def test_damage_to_a_curve_costs_points_and_changes_none(data: bytes) -> None:
    assert all(point in _POINTS for point in read_curve(data))


@fuzz(lines=st.lists(JSON.map(json.dumps) | st.just('{"after": 1}') | st.text(max_size=20), max_size=4))
def test_whole_lines_of_another_version(lines: list[str]) -> None:
    for point in read_curve(_CURVE + checked_lines(lines)):
        assert CurvePoint.from_json(point.to_json()) == point


@fuzz(contents=JSON | st.binary(max_size=80), png=st.binary(max_size=60))
def test_stored_inputs_of_any_content(contents: Any, png: bytes) -> None:
    blobs = MemoryBlobStore()
    blobs.put("a1", input_files.CONTENTS, contents if isinstance(contents, bytes) else json.dumps(contents).encode())
    blobs.put("a1", "inputs/content.png", png)
    assert input_files.load(blobs, "a1") is None
    input_files.content_size(blobs, "a1")
