"""A form has the fields of its route, and each single one once."""

from __future__ import annotations

import pytest

from tests.nst_core.api.servers import Api, png, problem

PICTURES = [("content", png(1)), ("style", png(2))]


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/runs", "/stylize", "/measure", "/pictures"])
def test_a_misspelt_field_is_named_with_those_that_there_are(api: Api, address: str) -> None:
    for wrong in ({"data": {"reciep": '{"steps": 5}'}}, {"files": [*PICTURES, ("mask", png())]}):
        told = problem(api.client.post(address, **wrong), 422, "request")["detail"]
        assert told.startswith("the form has ")
        assert "picture" in told if address == "/pictures" else "content_id, " in told


def test_a_single_field_does_not_come_twice(api: Api) -> None:
    twice = problem(api.client.post("/runs", files=[*PICTURES, PICTURES[0]]), 422, "request")
    assert twice["detail"].startswith("content must be given once, got 2")
    recipes = {"recipe": ['{"steps": 5}', '{"steps": 6}']}
    problem(api.client.post("/runs", files=PICTURES, data=recipes), 422, "request")
    assert api.client.post("/runs", files=[*PICTURES, PICTURES[1]], data={"style_id": ["brick"] * 2}).status_code == 201


def test_text_and_files_are_not_taken_for_each_other(api: Api) -> None:
    text = problem(api.client.post("/runs", data={"content": "photo.jpg"}, files=PICTURES[1:]), 422, "request")
    assert text["detail"].startswith("body.content must be a file, ")
    file = problem(api.client.post("/runs", files=[*PICTURES, ("recipe", b"{}")]), 422, "request")
    assert file["detail"] == "body.recipe must be text, got a file"
