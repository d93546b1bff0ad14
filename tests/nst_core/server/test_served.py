"""The middleware before the real app: one server for all tests of this file."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.serving import Server

pytestmark = pytest.mark.slow

NEEDED = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "x-frame-options",
)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    server = Server("serve.py", folder / "log", NST_DATA_DIR=str(folder / "data"), NST_LOG="json")
    server.start()
    try:
        yield server
    finally:
        server.end()
    assert "Traceback" not in server.log


def get(server: Server, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/slow?job=0123456789abcdef", "GET", 200),
        ("/favicon.png", "GET", 200),
        ("/media/no-such-file.png", "GET", 404),
        ("/_stcore/health", "GET", 200),
        ("/_stcore/metrics", "GET", 404),
        ("/_stcore/health", "PATCH", 405),
        ("/..%2f..%2fetc/passwd", "GET", 400),
        ("/healthz", "GET", 200),
        ("/readyz", "GET", 200),
    ],
)
def test_every_answer_has_the_security_headers(server: Server, path: str, method: str, status: int) -> None:
    answer = get(server, path, method)
    assert answer.status == status
    assert [name for name in NEEDED if not answer.getheader(name)] == []


def test_a_refused_websocket_has_them_too(server: Server) -> None:
    answer = get(server, "/_stcore/stream", **UPGRADE, Origin="http://elsewhere.example")
    assert answer.status == 403
    assert [name for name in NEEDED if not answer.getheader(name)] == []


def test_no_line_of_the_log_holds_an_address(server: Server) -> None:
    assert get(server, "/_stcore/stream", **UPGRADE).status == 101
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    own = urlsplit(server.url).netloc
    assert lines
    assert not [line for line in lines if "127.0.0.1" in line["message"].replace(own, "")]
