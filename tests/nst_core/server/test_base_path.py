"""The app below a base path, as a proxy reaches it that keeps the path and speaks HTTPS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.serving import Server

pytestmark = pytest.mark.slow
PROXIED = {
    "Host": "app:8501",
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Host": "paint.example.org",
    "X-Forwarded-Proto": "https",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("based")
    environment = {"NST_DATA_DIR": str(folder / "data"), "NST_TRUSTED_PROXIES": "127.0.0.1"}
    server = Server("serve.py", folder / "log", STREAMLIT_SERVER_BASE_URL_PATH="tools/nst", **environment)
    server.health = "/tools/nst/_stcore/health"
    server.start()
    try:
        yield server
    finally:
        server.end()
    assert "Traceback" not in server.log


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(server: Server, path: str) -> tuple[int, str, str]:
    """Status, body and Location of the answer to a proxy."""
    request = urllib.request.Request(server.url + path, headers=PROXIED)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("location", "")


@pytest.mark.parametrize("path", ["/tools/nst/healthz", "/tools/nst/readyz", "/healthz", "/tools/nst/slow"])
def test_pages_and_checks_are_below_the_path(server: Server, path: str) -> None:
    assert get(server, path)[0] == 200


def test_the_api_is_below_the_path_and_its_links_too(server: Server) -> None:
    status, body, _ = get(server, "/tools/nst/api/v1/openapi.json")
    assert status == 200
    assert json.loads(body)["servers"] == [{"url": "/tools/nst/api"}]
    assert get(server, "/api/v1/openapi.json")[0] == 404


def test_a_redirection_keeps_scheme_host_and_path(server: Server) -> None:
    status, _, location = get(server, "/tools/nst/api/v1/presets/")
    assert (status, location) == (307, "https://paint.example.org/tools/nst/api/v1/presets")


def test_a_page_of_the_visitors_address_may_open_its_websocket(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/tools/nst/_stcore/stream"
    headers = {name: value for name, value in PROXIED.items() if name != "Host"}
    with connect(address, origin=Origin("https://paint.example.org"), additional_headers=headers):
        pass
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin=Origin("https://elsewhere.example"), additional_headers=headers)
