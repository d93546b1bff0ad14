"""A record whose values have other types is one of another version, and never an error of another kind."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

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

WHOLE = json.loads(RunRecord(JobView("a1", "done", make()), {"result.png": "0" * 64}).to_bytes())["run"]


def record(**changes: Any) -> bytes:
    """A record with other values, or without those that are "absent", and the checksum that belongs to it."""
    run = {name: value for name, value in (WHOLE | changes).items() if value != "absent"}
    sha256 = hashlib.sha256(json.dumps(run).encode()).hexdigest()
    return json.dumps({"format": 1, "sha256": sha256, "run": run}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": 5},
        {"files": None},
        {"files": {"result.png": None}},
        {"bytes": "12"},
        {"bytes": -1},
        {"points": 10**30},
        {"state": "asleep"},
        {"state": ["done"]},
        {"created": "yesterday"},
        {"notes": "one"},
        {"notes": [1]},
        {"report": []},
        {"levels": {"fast": 1.0}},
        {"recipe": None},
        {"listed": 1},
        {"state": "absent"},
        {"recipe": "absent"},
    ],
    ids=repr,
)
def test_a_value_of_a_wrong_type_is_of_another_version(changes: dict[str, Any]) -> None:
    for read in (row_from_bytes, RunRecord.from_bytes):
        with pytest.raises(DamagedRecordError, match="is of another version of NST Studio") as caught:
            read("a1", record(**changes))
        assert str(caught.value).isprintable()


def test_values_that_an_older_version_did_not_know_may_be_missing_and_newer_ones_are_ignored() -> None:
    known = {name: "absent" for name in WHOLE if name not in ("id", "state", "recipe")}
    for changes in (known, {"of_the_future": [1, 2]}):
        assert RunRecord.from_bytes("a1", record(**changes)).view.id == "a1"
        assert row_from_bytes("a1", record(**changes)).state == "done"


@pytest.mark.parametrize("rest", ["", ": ", ': "3"}', ": [3]}", ": 1e999}", ": null}", ": 3"])
def test_a_line_of_a_curve_that_another_version_wrote_voids_no_point(rest: str) -> None:
    points = tuple(CurvePoint(step, 1.0, {"total": 1.0}) for step in (1, 2))
    assert read_curve(curve_lines(points) + checked_lines(['{"after"' + rest])) == points
