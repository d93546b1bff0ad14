"""A body of another type than its address reads is refused as such."""

from __future__ import annotations

import pytest

from tests.nst_core.api.servers import Api, problem


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_pictures_come_in_a_form(api: Api, kind: str) -> None:
    for address in ("/runs", "/stylize", "/measure", "/pictures"):
        answer = api.client.post(address, content=b"{}", headers={"Content-Type": kind})
        told = problem(answer, 415, "content-type")["detail"]
        assert told.startswith("the content type must be multipart/form-data or ")
        assert told.endswith(f"got {kind!r}" if kind else "got none")


def test_settings_come_as_json(api: Api) -> None:
    told = problem(api.client.post("/estimate", data={"width": "5"}), 415, "content-type")
    assert "must be application/json" in told["detail"]
    well = {"Content-Type": "application/json; charset=utf-8"}
    assert api.client.post("/estimate", content=b'{"width": 640, "height": 480}', headers=well).status_code == 200
    run = api.submit()["id"]
    assert api.client.post(f"/runs/{run}/stop", headers={"Content-Type": "text/plain"}).status_code == 403  # no body


def test_an_empty_request_lacks_fields_and_is_of_no_wrong_type(api: Api) -> None:
    problem(api.client.post("/estimate"), 422, "request")
