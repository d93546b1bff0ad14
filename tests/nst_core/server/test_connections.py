"""A server with few connections, and one whose process has no file handle left."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
from uvicorn import Config

from nst_core.server import connections
from nst_core.server.connections import MALFORMED, REFUSAL, CappedListener, ConnectionLimit, most_connections
from nst_core.server.metrics import InnerServer
from tests.asgi import plain

pytestmark = pytest.mark.slow
SECONDS = 5.0


@asynccontextmanager
async def serving(limit: ConnectionLimit) -> AsyncIterator[int]:
    """A server that answers each line with "ok"; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"ok\n")
        writer.close()

    loop = asyncio.get_running_loop()
    limit.apply(loop)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        listening.setblocking(False)
        async with await asyncio.start_server(answer, sock=listening):
            yield listening.getsockname()[1]


async def answered(port: int) -> bytes:
    """The answer to a new connection that asks at once, and closes."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), SECONDS)
    with closing(writer):
        writer.write(b"hello\n")
        return await asyncio.wait_for(reader.readline(), SECONDS)


async def until_open(limit: ConnectionLimit, count: int) -> None:
    async def wait() -> None:
        while limit.open != count:
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), SECONDS)


def test_connections_beyond_the_limit_are_refused_until_others_close(caplog: pytest.LogCaptureFixture) -> None:
    async def visit() -> None:
        limit = ConnectionLimit(3)
        async with serving(limit) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            await until_open(limit, 3)
            assert [await answered(port) for _ in range(20)] == [b"HTTP/1.1 503 Service Unavailable\r\n"] * 20
            for _, writer in held:
                writer.close()
            await until_open(limit, 0)
            assert await answered(port) == b"ok\n"

    asyncio.run(visit())
    assert "All 3 connections are taken" in caplog.text


def test_the_refusal_is_a_whole_answer_with_a_time() -> None:
    head, _, body = REFUSAL.partition(b"\r\n\r\n")
    assert b"Retry-After: 5" in head
    assert f"Content-Length: {len(body)}".encode() in head


@asynccontextmanager
async def http_server(limit: ConnectionLimit, app: Any) -> AsyncIterator[int]:
    """A server of HTTP, as Streamlit starts it; its port."""
    loop = asyncio.get_running_loop()
    limit.apply(loop)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        server = InnerServer(Config(app, lifespan="off", log_config=None, timeout_keep_alive=60))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = server.force_exit = True
        await task


HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"\r\n" + HEAD, HEAD + b"\r\n"], ids=len)
def test_a_connection_without_a_request_gives_up_its_place_and_a_working_one_stays(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.1)

    async def visit() -> None:
        limit = ConnectionLimit(9)
        hold, held = asyncio.Event(), asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/long":
                held.set()
                await hold.wait()
            await plain(scope, receive, send)

        async with http_server(limit, app) as port:
            long, long_out = await asyncio.open_connection("127.0.0.1", port)
            long_out.write(HEAD.replace(b"/ ", b"/long "))
            long_out.write(b"\r\n")
            page, page_out = await asyncio.open_connection("127.0.0.1", port)
            upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            page_out.write(HEAD + upgrade + b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n")
            await asyncio.wait_for(page.readuntil(b"\r\n\r\n"), SECONDS)
            await asyncio.wait_for(held.wait(), SECONDS)
            idle, idle_out = await asyncio.open_connection("127.0.0.1", port)
            idle_out.write(sent)
            await until_open(limit, 3)
            end = asyncio.get_running_loop().time() + SECONDS
            while limit.open == 3:
                assert asyncio.get_running_loop().time() < end
                limit.end_silent()
                await asyncio.sleep(0.01)
            await asyncio.wait_for(_to_the_end(idle), SECONDS)
            hold.set()
            assert (await asyncio.wait_for(long.readline(), SECONDS)).startswith(b"HTTP/1.1 200")
            assert limit.open == 2

    asyncio.run(visit())


@pytest.mark.parametrize("sent", [b"NONSENSE\r\n\r\n", b"\x16\x03\x01\x02", HEAD + b"\r\n\x00\r\n\r\n"], ids=repr)
def test_what_is_no_http_gets_one_answer_with_the_security_headers(sent: bytes) -> None:
    async def visit() -> bytes:
        async with http_server(ConnectionLimit(9), plain) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            return await asyncio.wait_for(reader.read(), SECONDS)

    answer = asyncio.run(visit())
    assert answer.endswith(MALFORMED)
    assert answer.count(b"HTTP/1.1") == 1 + sent.startswith(HEAD)
    for name in (b"Content-Security-Policy", b"X-Content-Type-Options", b"X-Frame-Options", b"Referrer-Policy"):
        assert name in MALFORMED
        assert name in REFUSAL


def test_a_client_that_takes_nothing_of_an_answer_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.1)

    async def flood(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(500):  # more than the system's buffers hold
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})

    async def visit() -> None:
        limit = ConnectionLimit(9)
        async with http_server(limit, flood) as port:
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(HEAD + b"\r\n")
            await until_open(limit, 1)
            end = asyncio.get_running_loop().time() + SECONDS
            while limit.open:
                assert asyncio.get_running_loop().time() < end
                limit.end_silent()
                await asyncio.sleep(0.01)
            client.close()

    asyncio.run(visit())


async def _to_the_end(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read()


@pytest.fixture
def few_handles() -> Iterator[None]:
    """The process may open 24 more files: a server takes 7, and threads of other tests may still open some."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 25, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def all_handles() -> list[int]:
    """Open files until no handle is left."""
    taken: list[int] = []
    while True:
        try:
            taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return taken


@pytest.mark.usefixtures("few_handles")
def test_without_a_handle_connections_are_refused_and_the_log_stays_short(caplog: pytest.LogCaptureFixture) -> None:
    async def visit() -> None:
        async with serving(ConnectionLimit(1000)) as port:
            client = socket.socket()
            taken = all_handles()
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, ("127.0.0.1", port))
            assert (await asyncio.wait_for(loop.sock_recv(client, 64), SECONDS)).startswith(b"HTTP/1.1 503")
            client.close()
            for handle in taken:
                os.close(handle)
            assert await answered(port) == b"ok\n"

    with caplog.at_level(logging.WARNING):
        asyncio.run(visit())
    ours = [record.getMessage() for record in caplog.records if record.name == "nst_core.server.connections"]
    assert ours == ["No file handle is left; new connections are answered with status 503"]
    assert "out of system resource" not in caplog.text


@pytest.mark.usefixtures("few_handles")
def test_without_even_a_spare_handle_the_error_is_raised_once() -> None:
    with socket.socket() as listening, socket.socket() as client:
        listening.bind(("127.0.0.1", 0))
        listening.listen(10)
        listener = CappedListener(listening, ConnectionLimit(10))
        listener._give_spare()
        taken = all_handles()
        client.connect(listening.getsockname())
        with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
            listener.accept()
        for _ in range(100):
            with pytest.raises(BlockingIOError):
                listener.accept()
        for handle in taken:
            os.close(handle)
        listener.close()


@pytest.mark.parametrize(("handles", "least", "most"), [(8, 4, 4), (64, 4, 48), (1024, 500, 768)])
def test_the_limit_leaves_handles_for_the_work(
    handles: int, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (handles, handles))
    assert least <= most_connections() <= most
