"""The types of an ASGI application, and answers in one plain sentence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = Iterable[tuple[bytes, bytes]]

REFUSAL_EXTENSION = "websocket.http.response"
"""The server can answer the request for a WebSocket with a plain HTTP answer."""

FOREVER = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes: its address contains a hash of its bytes."""

LINGER_SECONDS = 2.0
"""How long a refused body is read and discarded: most clients read the answer only after they have sent everything."""


def header(scope: Scope, name: bytes) -> str:
    """The value of a request's header, several joined by commas; "" without one. `name` is in lower case."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding allows gzip."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def answer(  # noqa: PLR0913 - an answer has as many parts
    scope: Scope,
    send: Send,
    status: int,
    sentence: str,
    *,
    retry_after_seconds: float | None = None,
    refused: Receive | None = None,
) -> None:
    """Answer a request, or the request for a WebSocket, with a status and one sentence as plain text.

    Args:
        scope: of the request.
        send: takes the answer.
        status: of the answer.
        sentence: its text.
        retry_after_seconds: the header Retry-After; None for none.
        refused: the request's body, which is read and discarded for `LINGER_SECONDS` after the answer; None for no
            body.
    """
    body = f"{sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if retry_after_seconds is not None:
        headers.append((b"retry-after", str(max(1, round(retry_after_seconds))).encode()))
    if status >= 400 and scope["type"] == "http":
        headers.append((b"connection", b"close"))  # an unread body must not keep the connection open
    kind = "http.response"
    if scope["type"] == "websocket":
        if REFUSAL_EXTENSION not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1013})
            return
        kind = REFUSAL_EXTENSION
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else body, "more_body": True})
    if refused is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_throw_away(refused), LINGER_SECONDS)
    await send({"type": f"{kind}.body", "body": b"", "more_body": False})


async def _throw_away(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass
