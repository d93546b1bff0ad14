"""The OpenAPI document: as committed, named for clients, with an example of everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nst_core import api as package
from nst_core.api import description, examples, problems
from tests.nst_core.api.servers import Api

DOCUMENT = package.document()
OPERATIONS = {operation["operationId"]: operation for _, _, operation in description.operations(DOCUMENT)}
each_operation = pytest.mark.parametrize("name", OPERATIONS)


def fits(value: Any, schema: Mapping[str, Any]) -> None:
    """Check a value against a schema of the document."""
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def media_of(part: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(part.get("content", {}).items())


def test_the_committed_document_is_up_to_date() -> None:
    assert description.COMMITTED.read_text() == description.as_text(DOCUMENT), "run `make docs`"


def test_a_server_serves_this_document(api: Api) -> None:
    assert api.client.get("/openapi.json").json() == DOCUMENT


def test_each_operation_has_a_name_for_clients() -> None:
    names = [operation["operationId"] for _, _, operation in description.operations(DOCUMENT)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


@each_operation
def test_an_operation_says_what_it_does_and_how_to_sign_in(name: str) -> None:
    operation = OPERATIONS[name]
    assert 10 < len(operation["summary"]) < 110
    assert operation["tags"][0] in {tag["name"] for tag in description.TAGS}
    assert set().union(*operation["security"]) <= set(DOCUMENT["components"]["securitySchemes"])
    assert operation["security"]


@each_operation
def test_an_operation_has_examples_that_fit(name: str) -> None:
    operation, shared = OPERATIONS[name], DOCUMENT["components"]["examples"]
    for _, media in media_of(operation.get("requestBody", {})):
        assert media["examples"]
        for example in media["examples"].values():
            fits(example["value"], media.get("schema", {}))
    for status, response in operation["responses"].items():
        for kind, media in media_of(response):
            if "json" in kind:
                assert media["examples"], status
                for example in media["examples"].values():
                    fits(shared[example["$ref"].rpartition("/")[2]]["value"], media.get("schema", {}))


@each_operation
def test_an_operation_answers_errors_with_problems(name: str) -> None:
    for status in ("4XX", "5XX"):
        assert list(OPERATIONS[name]["responses"][status]["content"]) == [problems.MEDIA_TYPE]


def test_no_example_is_without_an_operation() -> None:
    assert set(examples.REQUESTS) | set(examples.ANSWERS) <= set(OPERATIONS)
    assert set(examples.ANSWERS.values()) == set(examples.RESPONSES)
