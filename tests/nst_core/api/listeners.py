"""A client that reads an answer of the API while it is being sent, in the event loop of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.types import Message

from tests.nst_core.api.servers import Api


class Event(NamedTuple):
    """A server-sent event."""

    name: str
    data: dict[str, Any]
    id: str | None


class Listening:
    """A request for the events of a run, under way.

    Attributes:
        received: the bytes received so far.
        status, headers: of the answer.
        reads: cleared while the client reads nothing.
    """

    def __init__(self, api: Api, run: str, **headers: str) -> None:
        self.received, self.status, self.headers, self.is_over = b"", 0, dict[str, str](), False
        self.reads = asyncio.Event()
        self.reads.set()
        self._left = asyncio.Event()
        path = f"/api/v1/runs/{run}/events"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
            "server": ("testserver", 80),
        }
        app = api.client.app

        async def ask() -> None:
            await app(scope, self._receive, self._send)

        self.task = asyncio.create_task(ask())

    async def _receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.received += message["body"]
            self.is_over = not message.get("more_body", False)

    def events(self) -> list[Event]:
        """The events received so far, without comments."""
        found = []
        for block in self.received.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
            if "event" in fields:
                found.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id")))
        return found

    def steps(self) -> list[int]:
        """The steps received so far."""
        return [event.data["step"] for event in self.events() if event.name == "step"]

    def has(self, step: int) -> bool:
        """Whether a step was received."""
        return step in self.steps()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.002)

    async def heard(self, name: str) -> Event:
        """Wait for an event of this name."""
        await self.until(lambda: any(event.name == name for event in self.events()))
        return next(event for event in self.events() if event.name == name)

    async def over(self) -> list[Event]:
        """All events; waits for the end of the answer."""
        await self.until(self.task.done)
        self.task.result()
        return self.events()

    async def leave(self) -> None:
        """Disconnect."""
        self._left.set()
        await self.until(self.task.done)
