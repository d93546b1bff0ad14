"""Pages of other sites may call the API if the operator names them."""

from __future__ import annotations

from typing import Any

from nst_core.api.cors import ASKED
from tests.nst_core.api.servers import Api, problem, serving

ORIGIN = {"Origin": "https://example.org"}
SETTING: dict[str, Any] = {"api_origins": ("https://example.org",)}


def asking(method: str = "POST", headers: str = ", ".join(ASKED)) -> dict[str, str]:
    return {**ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


def test_no_other_site_may_call_by_default(api: Api) -> None:
    assert "access-control-allow-origin" not in api.client.get("/healthz", headers=ORIGIN).headers


def test_sites_that_the_operator_names_may_send_every_header_and_read_every_answer() -> None:
    with serving(**SETTING) as api:
        asked = api.client.options("/stylize", headers=asking())
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "https://example.org")
        for answer in (api.client.get("/healthz", headers=ORIGIN), api.client.get("/runs/x", headers=ORIGIN)):
            assert answer.headers["access-control-allow-origin"] == "https://example.org"
            assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


def test_what_may_not_be_sent_is_a_problem() -> None:
    with serving(**SETTING) as api:
        for asked in (asking() | {"Origin": "https://evil.example"}, asking("GET", "x-other"), asking("FOO")):
            answer = api.client.options("/stylize", headers=asked)
            problem(answer, 400, "http")
            assert answer.headers.get("access-control-allow-origin") != "https://evil.example"
