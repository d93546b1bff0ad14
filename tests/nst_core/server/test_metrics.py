import asyncio
import logging
import socket
import urllib.error
import urllib.request
from typing import Any

import pytest

from nst_core.server.metrics import ClosedMetrics, metrics_only, serving_metrics
from tests.asgi import ask, plain

OWN, STREAMLITS = b"ours 1\n# EOF\n", b"theirs 2\n# EOF\n"


def own() -> bytes:
    return OWN


async def streamlit(scope: Any, receive: Any, send: Any) -> None:
    """An application with metrics, which are text only for clients that do not ask for another form."""
    names = {name for name, _ in scope["headers"]}
    is_metrics = scope["path"] == "/_stcore/metrics" and scope["method"] == "GET" and b"accept" not in names
    body = STREAMLITS if is_metrics else b"hello"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics"])
def test_the_public_address_has_no_metrics(path: str) -> None:
    assert ask(ClosedMetrics(plain), path=path).status == 404
    assert ask(ClosedMetrics(plain), path="/_stcore/health").text == "hello"


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_the_private_address_has_our_metrics_and_streamlits_as_one_text(path: str) -> None:
    private = metrics_only(ClosedMetrics(streamlit), own)
    answer = ask(private, path=path, headers={"Accept": "application/x-protobuf"})
    assert (answer.status, answer.body) == (200, b"ours 1\ntheirs 2\n# EOF\n")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=")
    assert ask(private, "HEAD", path).body == b""


def test_the_private_address_has_nothing_else() -> None:
    private = metrics_only(ClosedMetrics(streamlit), own)
    assert ask(private, path="/").status == 404
    assert ask(private, path="/_stcore/stream", kind="websocket").status == 404


@pytest.mark.parametrize("app", [plain, broken])
def test_our_metrics_are_told_when_streamlits_are_not_there(app: Any) -> None:
    assert ask(metrics_only(app, own), path="/metrics").body == OWN


def get(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return bytes(answer.read())


def test_the_private_address_is_served_as_long_as_the_app() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def visit() -> bytes:
        async with serving_metrics(ClosedMetrics(streamlit), ("127.0.0.1", port)):
            while True:
                try:
                    return await asyncio.to_thread(get, port)
                except urllib.error.URLError:
                    await asyncio.sleep(0.02)

    assert asyncio.run(visit()) == STREAMLITS
    with pytest.raises(urllib.error.URLError):
        get(port)


def test_an_address_in_use_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def enter(port: int) -> None:
        async with serving_metrics(plain, ("127.0.0.1", port)):
            await asyncio.sleep(0.2)

    with socket.socket() as taken, caplog.at_level(logging.ERROR):
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asyncio.run(enter(taken.getsockname()[1]))
    assert "NST_METRICS_ADDRESS" in caplog.text


def test_streamlits_metrics_are_found_below_its_base_path() -> None:
    async def based(scope: Any, receive: Any, send: Any) -> None:
        await streamlit({**scope, "path": scope["path"].removeprefix("/base")}, receive, send)

    assert ask(metrics_only(ClosedMetrics(based), own, "/base"), path="/metrics").body == b"ours 1\ntheirs 2\n# EOF\n"
