"""The requested address in proxies' headers: used only from our proxies, and only if it has a plain form."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from nst_core.server.forwarded import Forwarded
from tests.asgi import ask, plain

OURS = (ipaddress.ip_network("10.0.0.0/8"),)
PROXY, STRANGER = ("10.0.0.1", 40000), ("203.0.113.7", 40000)
SAID = {
    "Host": "app:8501",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "paint.example.org",
    "X-Forwarded-Prefix": "/nst",
}


def _root(request: Request) -> JSONResponse:
    return JSONResponse({"root": request.scope.get("root_path", ""), "url": str(request.url)})


API = Mount("/api", Starlette(routes=[Route("/v1/runs", _root)]))
APP = Forwarded(Starlette(routes=[API, Route("/slow", _root)]), OURS)


def _told(path: str, peer: tuple[str, int], **headers: str) -> Any:
    answer = ask(APP, path=path, peer=peer, headers=SAID | headers)
    assert answer.status == 200
    return json.loads(answer.body)


def test_links_of_the_api_begin_with_the_path_that_the_proxy_took_off() -> None:
    assert _told("/api/v1/runs", PROXY) == {"root": "/nst/api", "url": "https://paint.example.org/nst/api/v1/runs"}
    assert _told("/slow", PROXY)["url"] == "https://paint.example.org/slow"


def test_a_stranger_is_not_believed() -> None:
    assert _told("/api/v1/runs", STRANGER) == {"root": "/api", "url": "http://app:8501/api/v1/runs"}


@pytest.mark.parametrize(
    "prefix", ["", "/", "nst", "//evil.example", "/a/../b", "/a b", "/<script>", "https://evil.example"]
)
def test_a_path_that_is_none_is_left_out(prefix: str) -> None:
    assert _told("/api/v1/runs", PROXY, **{"X-Forwarded-Prefix": prefix})["root"] == "/api"


@pytest.mark.parametrize("host", ["", "a b", "evil.example/path", "user@host", "a:port"])
def test_a_host_that_is_none_is_left_out(host: str) -> None:
    url = _told("/api/v1/runs", PROXY, **{"X-Forwarded-Host": host})["url"]
    assert url == "https://app:8501/nst/api/v1/runs"


def test_of_two_proxies_the_nearest_one_counts() -> None:
    told = _told("/api/v1/runs", PROXY, **{"X-Forwarded-Host": "invented.example, paint.example.org:8443"})
    assert told["url"] == "https://paint.example.org:8443/nst/api/v1/runs"


def test_a_websocket_gets_the_scheme_of_websockets() -> None:
    seen: list[str] = []

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["scheme"])
        await plain(scope, receive, send)

    ask(Forwarded(noted, OURS), path="/_stcore/stream", peer=PROXY, headers=SAID, kind="websocket")
    assert seen == ["wss"]
