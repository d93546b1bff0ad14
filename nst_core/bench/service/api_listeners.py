"""Many listeners to the events of one run, in a process of their own that only reads bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

CONNECTING_AT_ONCE = 32


@dataclass
class Heard:
    """What the listeners received.

    Attributes:
        first_seconds: for each listener, from its request to the first bytes of the answer.
        steps: (step, `seconds` of its point, seconds since 1970 when the first listener had it), of new steps alone.
        count: the number of listeners still connected at the end.
    """

    first_seconds: list[float] = field(default_factory=list)
    steps: list[tuple[int, float, float]] = field(default_factory=list)
    count: int = 0


@contextmanager
def listening(url: str, after: int, number: int) -> Iterator[Heard]:
    """Listen with `count` connections to a run's events, from the point after a step.

    The result is filled in when the context ends.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(url, after, number, theirs))
    process.start()
    heard = Heard()
    try:
        ours.recv()  # all are connected
        yield heard
        ours.send(None)
        told: Heard = ours.recv()
        heard.first_seconds, heard.steps, heard.count = told.first_seconds, told.steps, told.count
    finally:
        process.join(5)
        process.kill()


def _main(url: str, after: int, number: int, end: Connection) -> None:
    asyncio.run(_listen(url, after, number, end))


async def _listen(url: str, after: int, number: int, end: Connection) -> None:
    heard, gate = Heard(), asyncio.Semaphore(CONNECTING_AT_ONCE)
    connected = [asyncio.Event() for _ in range(number)]
    tasks = [asyncio.create_task(_one(url, after, gate, event, heard, n == 0)) for n, event in enumerate(connected)]
    await asyncio.gather(*(event.wait() for event in connected))
    end.send(None)
    await asyncio.to_thread(end.recv)
    heard.count = sum(not task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    end.send(heard)


async def _one(  # noqa: PLR0913 - what a listener needs
    url: str, after: int, gate: asyncio.Semaphore, connected: asyncio.Event, heard: Heard, is_first: bool
) -> None:
    place = urlsplit(url)
    async with gate:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        began = time.perf_counter()
        request = f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nLast-Event-ID: {after}\r\n\r\n"
        writer.write(request.encode())
        await reader.readuntil(b"event: ")
        heard.first_seconds.append(time.perf_counter() - began)
        connected.set()
    with contextlib.closing(writer):
        while data := await (reader.readline() if is_first else reader.read(65_536)):
            if is_first and data.startswith(b'data: {"step":') and b'"losses"' in data:
                point = json.loads(data[6:])
                heard.steps.append((point["step"], point["seconds"], time.time()))
