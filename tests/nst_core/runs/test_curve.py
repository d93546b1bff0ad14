"""A point of the curve in its two stored forms; the examples are as earlier versions wrote them."""

import json

import pytest

from nst_core.runs.curve import CurvePoint
from nst_core.step import Step

POINT = CurvePoint(3, 0.75, {"total": 1.5, "content": 0.5}, ("scale 96 px",), 96, 4, {"content": 1.0})
STORED = (
    '{"number": 3, "marks": ["scale 96 px"], "seconds": 0.75, "losses": {"total": 1.5, "content": 0.5}, '
    '"scale_px": 96, "evaluations": 4, "weights": {"content": 1.0}}'
)
"""As in a stored curve."""
RECORD = {
    "number": 3,
    "seconds": 0.75,
    "scale_px": 96,
    "evaluations": 4,
    "total": 1.5,
    "content": 0.5,
    "marks": ["scale 96 px"],
}
"""As in a checkpoint."""


def test_a_stored_point_is_read_and_written_with_the_same_names() -> None:
    assert CurvePoint.from_json(STORED) == POINT
    assert json.loads(POINT.to_json()) == json.loads(STORED)


def test_a_point_of_a_checkpoint_is_read_and_written_with_the_same_names() -> None:
    assert CurvePoint.from_record(RECORD) == CurvePoint(3, 0.75, POINT.losses, POINT.events, 96, 4)
    assert POINT.to_record() == RECORD
    assert list(POINT.to_record()) == list(RECORD)


def test_a_point_without_events_has_no_marks_in_a_checkpoint() -> None:
    point = CurvePoint(1, 0.5, {"total": 2.0}, (), 64, 1)
    assert "marks" not in point.to_record()
    assert CurvePoint.from_record(point.to_record()) == point


def test_a_checkpoint_of_an_older_version_has_no_evaluations() -> None:
    older = {name: value for name, value in RECORD.items() if name != "evaluations"}
    assert CurvePoint.from_record(older).evaluations == 0


def test_a_loss_that_is_not_finite_survives() -> None:
    point = CurvePoint(1, 0.5, {"total": float("inf")})
    assert CurvePoint.from_json(point.to_json()) == point


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "3"}, "number"),
        ({"number": 3.5}, "number"),
        ({"losses": {"total": "much"}}, r"losses\.total"),
        ({"losses": None}, "losses"),
        ({"marks": "plateau"}, "marks"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_damaged_point_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        CurvePoint.from_json(json.dumps({**json.loads(STORED), **change}))


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"number": 1}'])
def test_other_text_is_no_point(text: str) -> None:
    with pytest.raises(ValueError, match="not a point of a curve"):
        CurvePoint.from_json(text)


def test_the_point_of_a_step_has_its_values() -> None:
    step = Step(3, 9, 96, 0.75, {"total": 1.5}, events=("plateau",), evaluations=4)
    assert CurvePoint.of(step) == CurvePoint(3, 0.75, {"total": 1.5}, ("plateau",), 96, 4)
    assert CurvePoint.of(step, ("steered",)).events == ("steered",)
