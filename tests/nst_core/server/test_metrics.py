import asyncio
import logging
import socket
import urllib.error
import urllib.request

import pytest

from nst_core.server.metrics import ClosedMetrics, metrics_only, serving_metrics
from tests.asgi import ask, plain


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics"])
def test_the_public_address_has_no_metrics(path: str) -> None:
    assert ask(ClosedMetrics(plain), path=path).status == 404
    assert ask(ClosedMetrics(plain), path="/_stcore/health").text == "hello"


def test_the_private_address_has_nothing_else() -> None:
    private = metrics_only(ClosedMetrics(plain))
    assert ask(private, path="/metrics").text == "hello"
    assert ask(private, path="/").status == 404
    assert ask(private, path="/_stcore/stream", kind="websocket").status == 404


def get(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return bytes(answer.read())


def test_the_private_address_is_served_as_long_as_the_app() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def visit() -> bytes:
        async with serving_metrics(ClosedMetrics(plain), ("127.0.0.1", port)):
            while True:
                try:
                    return await asyncio.to_thread(get, port)
                except urllib.error.URLError:
                    await asyncio.sleep(0.02)

    assert asyncio.run(visit()) == b"hello"
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
