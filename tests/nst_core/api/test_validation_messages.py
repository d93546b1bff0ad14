"""Faults of a request are described in the API's words, not in the validator's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nst_core.api.validation_messages import sentence
from tests.nst_core.api.servers import Api, problem


class Wanted(BaseModel):
    """One field of each kind that requests have."""

    model_config = ConfigDict(extra="forbid")
    steps: int = Field(1, ge=1, le=9)
    name: str = Field("a", max_length=3, pattern="^[a-z]*$")
    share: float = 0.5
    measure: bool = True
    kind: Literal["png", "jpeg"] = "png"
    many: Annotated[list[int], Field(max_length=1)] = []
    settings: dict[str, int] = {}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"steps": 10}, "steps must be at most 9, got 10"),
        ({"steps": "x"}, "steps must be a whole number, got 'x'"),
        ({"steps": 1.5}, "steps must be a whole number, got 1.5"),
        ({"name": "abcd"}, "name must be at most 3 characters long, got 'abcd'"),
        ({"name": "A"}, "name must be text of the form ^[a-z]*$, got 'A'"),
        ({"name": 5}, "name must be text, got 5"),
        ({"share": []}, "share must be a number, got []"),
        ({"measure": "perhaps"}, "measure must be true or false, got 'perhaps'"),
        ({"kind": "gif"}, "kind must be one of 'png' or 'jpeg', got 'gif'"),
        ({"many": [1, 2]}, "many must be a list or an object with at most 1 entries, got [1, 2]"),
        ({"many": "x"}, "many must be a list, got 'x'"),
        ({"settings": 1}, "settings must be an object, got 1"),
        ({"depth": 2}, "depth is unknown; leave it out"),
    ],
)
def test_a_fault_says_what_was_required_and_what_came(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as found:
        Wanted(**values)
    assert [sentence(dict(fault)) for fault in found.value.errors()] == [told]


def test_a_missing_field_is_named() -> None:
    assert (
        sentence({"type": "missing", "loc": ("body", "width"), "msg": "Field required"}) == "body.width must be given"
    )


def test_a_fault_of_a_kind_without_a_sentence_of_its_own_has_one_too() -> None:
    told = sentence({"type": "brand_new", "loc": ("query", "x"), "msg": "Pydantic's", "input": 1})
    assert told == "query.x must be as the description of the API tells, got 1"


def test_what_came_is_one_short_line_and_a_header_is_not_repeated() -> None:
    long = sentence({"type": "int_parsing", "loc": ("query", "x" * 900), "msg": "", "input": "a\n" * 900})
    assert len(long) < 150
    assert long.isprintable()
    assert "secret" not in sentence({"type": "string_type", "loc": ("header", "x"), "msg": "", "input": "secret"})


def test_an_answer_has_these_sentences(api: Api) -> None:
    told = problem(api.client.post("/estimate", json={"width": 0, "depth": 2}), 422, "request")
    assert told["errors"] == [
        "body.width must be at least 1, got 0",
        "body.height must be given",
        "body.depth is unknown; leave it out",
    ]
    broken = api.client.post("/estimate", content=b"{", headers={"Content-Type": "application/json"})
    assert problem(broken, 422, "request")["detail"].startswith("body must be JSON (")
