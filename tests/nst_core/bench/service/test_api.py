"""The benchmark of the API: its arithmetic, and listeners of a small real server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from nst_core.bench.service import api
from nst_core.bench.service.api_listeners import listening

REPORT = {
    "edge_px": 384,
    "clients": 4,
    "pass_seconds": {"median": 0.1, "most": 0.2},
    "stylize": {"median": 0.5, "most": 0.9},
    "ratio": 1.25,
    "rate_ratio": 1.2,
    "listeners": {
        "count": 200,
        "step_seconds": {"without": 0.2, "with": 0.206},
        "longer": {"median": 0.03, "least": 0.01, "most": 0.04},
        "late": {"median": 0.1, "most": 0.3},
        "first": {"median": 0.02, "most": 0.1},
    },
}


def test_events_are_late_against_the_quickest() -> None:
    steps = [(1, 1.0, 101.25), (2, 2.0, 102.0), (3, 3.0, 103.5)]
    assert api.lateness(steps) == pytest.approx([0.25, 0.0, 0.5])


def test_the_table_tells_what_is_aimed_at() -> None:
    text = api.table(REPORT)
    for figure in ("1.25 times", "+3.0 %", "at most 0.30 s"):
        assert figure in text


@pytest.fixture
def url() -> Iterator[str]:
    """A server that sends every listener two steps, and then keeps the connection."""
    ready, ends = threading.Event(), threading.Event()
    port = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        assert b"Last-Event-ID: 7" in request
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nevent: state\ndata: {}\n\n")
        for step in (8, 9):
            writer.write(b'event: step\ndata: {"step":%d,"seconds":%d.5,"losses":{}}\n\n' % (step, step))
        await reader.read()
        writer.close()

    async def main() -> None:
        nonlocal port
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            ready.set()
            await asyncio.to_thread(ends.wait)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(5)
    yield f"http://127.0.0.1:{port}/events"
    ends.set()
    thread.join(5)


@pytest.mark.slow
def test_listeners_stay_and_tell_what_they_heard(url: str) -> None:
    before = time.time()
    with listening(url, 7, 40) as heard:
        time.sleep(0.2)
    assert heard.count == len(heard.first_seconds) == 40
    assert [(step, seconds) for step, seconds, _ in heard.steps] == [(8, 8.5), (9, 9.5)]
    assert all(before <= at <= time.time() for _, _, at in heard.steps)
