"""Each error is one problem document with a kind that stays."""

from __future__ import annotations

import inspect

import pytest
from fastapi.testclient import TestClient

from nst_core import errors
from nst_core.api import problems
from tests.nst_core.api.servers import Api, problem, serving


def test_every_error_of_the_tree_has_a_kind_of_its_own() -> None:
    tree = {error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, errors.NSTError)}
    assert set(problems.OF_ERRORS) == tree
    assert all(kind.code == error.code for error, kind in problems.OF_ERRORS.items())


def test_codes_differ() -> None:
    codes = [kind.code for kind in problems.KINDS]
    assert len(set(codes)) == len(codes)


def test_an_error_of_a_class_without_a_kind_is_answered_as_its_parent() -> None:
    class NewError(errors.QueueFullError):
        pass

    answer = problems.of_error(NewError("full", retry_after_seconds=7.2))
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"


def test_a_run_whose_files_cannot_be_read_now_may_be_asked_for_again() -> None:
    assert problems.of_error(errors.LostRunError("gone")).status_code == 404
    later = problems.of_error(errors.LostRunError("unreadable now", is_stored=True))
    assert later.status_code == 503
    assert int(later.headers["retry-after"]) > 0


def test_a_kind_of_problem_explains_itself_at_its_address(api: Api) -> None:
    for kind in problems.KINDS:
        told = api.client.get(f"/problems/{kind.code}")
        assert told.json() == {"code": kind.code, "status": kind.status, "title": kind.title}


def test_an_unknown_address_and_a_wrong_method_are_problems_too(api: Api) -> None:
    assert "/v1/docs" in problem(api.client.get("/nothing"), 404, "http")["detail"]
    answer = api.client.put("/runs/" + "0" * 32)
    assert problem(answer, 405, "http")["detail"].endswith("must be one of HEAD, GET, DELETE")
    assert answer.headers["allow"] == "HEAD, GET, DELETE"
    problem(api.client.get("/runs/%0Aabc"), 422, "request")


@pytest.mark.parametrize("path", ["/nothing", "/runs/x", f"/runs/{'0' * 32}", "/styles/no/picture", "/presets"])
def test_below_a_path_the_type_of_a_problem_is_an_address_too(path: str) -> None:
    with serving(api_per_minute=1 if path == "/presets" else 9) as api:
        below = TestClient(api.client.app, "http://testserver/nst/api/v1", root_path="/nst")
        below.get("/presets")
        kind = below.get(path).json()
        assert kind["type"] == f"/nst/api/v1/problems/{kind['code']}"
        assert below.get(f"http://testserver{kind['type']}").json()["title"] == kind["title"]


def test_a_mistake_of_the_server_tells_nothing_of_its_code(api: Api) -> None:
    def fails() -> None:
        raise ZeroDivisionError("secret detail")

    app = api.client.app.routes[0].app  # type: ignore[attr-defined]
    object.__setattr__(app.state.context, "check", fails)
    quiet = api.client
    quiet._transport.raise_server_exceptions = False
    found = problem(quiet.get("/readyz"), 500, "internal")
    assert "secret" not in found["detail"]
