"""A server with few connections, and one whose process has no file handle left."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import pytest

from nst_core.server import connections
from nst_core.server.connections import REFUSAL, CappedListener, ConnectionLimit, most_connections

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


def test_a_connection_that_sends_no_whole_request_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.05)

    async def visit() -> None:
        limit = ConnectionLimit(2)
        async with serving(limit) as port:
            silent, half = await asyncio.open_connection("127.0.0.1", port)
            half.write(b"GET / HTTP/1.1\r\n")
            assert await silent.readline() == b"ok\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r")
            await asyncio.sleep(0.05)
            writer.write(b"\n\r\n")
            assert await reader.readline() == b"ok\n"
            assert await reader.readline() == b"ok\n"
            await asyncio.sleep(0.1)
            limit.end_silent()
            assert await asyncio.wait_for(silent.read(), SECONDS) == b""
            await until_open(limit, 1)
            writer.close()

    asyncio.run(visit())


@pytest.fixture
def few_handles() -> Iterator[None]:
    """The process may open 8 more files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 9, before[1]))
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
