"""Requests to an ASGI application without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nst_core.server.asgi import Application, Message

PEER = ("203.0.113.7", 40000)


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, body; how many chunks of the request's body were read before the answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    chunks_read: int

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(app: Application, method: str = "GET", path: str = "/", **more: Any) -> Answer:
    """One request; see `asked`."""
    return asyncio.run(asked(app, method, path, **more))


async def asked(
    app: Application,
    method: str = "GET",
    path: str = "/",
    *,
    headers: Mapping[str, str] | None = None,
    chunks: Iterable[bytes] = (b"",),
    peer: tuple[str, int] = PEER,
    kind: str = "http",
) -> Answer:
    """The answer to a request, or to the request for a WebSocket if `kind` is "websocket": 101 if it is accepted.

    A WebSocket is closed by its client as soon as it is accepted.
    """
    waiting, taken = list(chunks), 0
    told: list[Message] = []
    read_before: list[int] = []

    async def receive() -> Message:
        nonlocal taken
        if kind == "websocket":
            taken += 1
            return {"type": "websocket.connect"} if taken == 1 else {"type": "websocket.disconnect", "code": 1001}
        if taken >= len(waiting):
            return {"type": "http.disconnect"}
        taken += 1
        return {"type": "http.request", "body": waiting[taken - 1], "more_body": taken < len(waiting)}

    async def send(message: Message) -> None:
        told.append(message)
        read_before.append(taken)

    scope = {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "type": kind,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": peer,
        "server": ("127.0.0.1", 80),
        "extensions": {"websocket.http.response": {}} if kind == "websocket" else {},
        "subprotocols": [],
    }
    await app(scope, receive, send)
    start = next(message for message in told if message["type"].endswith((".start", ".accept", ".close")))
    status = start.get("status", 101 if start["type"].endswith("accept") else 403)
    pairs = {name.decode().lower(): value.decode() for name, value in start.get("headers", ())}
    return Answer(status, pairs, b"".join(message.get("body", b"") for message in told), read_before[0])


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the whole request, and answers "hello", or accepts a WebSocket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})
