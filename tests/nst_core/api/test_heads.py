"""HEAD gives what GET gives, without the body."""

from __future__ import annotations

import pytest

from tests.nst_core.api.servers import Api, problem


@pytest.mark.parametrize("path", ["/healthz", "/presets", "/docs", "/openapi.json", "/styles/night-swirls/picture"])
def test_head_has_the_headers_of_get_and_no_body(api: Api, path: str) -> None:
    whole, head = api.client.get(path), api.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


def test_what_cannot_be_had_has_no_head_either(api: Api) -> None:
    assert api.client.head("/runs/" + "0" * 32).status_code == 404
    assert api.client.head("/estimate").status_code == 405


def test_a_stream_which_would_not_end_has_no_head(api: Api) -> None:
    path = f"/runs/{api.submit()['id']}/events"
    assert api.client.head(path).status_code == 405
    answer = api.client.put(path)
    problem(answer, 405, "http")
    assert answer.headers["allow"] == "GET"
