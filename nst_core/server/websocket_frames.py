"""Many messages of a WebSocket in one write to the network, past the middleware, which has nothing to do with them.

Only where the server is uvicorn with its default protocol for WebSockets; otherwise messages go one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

_KEY = "nst.protocol"
_FINAL_BINARY = 0x82
"""The first byte of a frame that is a whole binary message (RFC 6455, section 5.2)."""


class ProtocolInScope:
    """Middleware that notes the connection of each WebSocket for `sender_of`; the outermost one, before any wrapper."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        protocol = getattr(send, "__self__", None)
        if scope["type"] == "websocket" and isinstance(protocol, WebSocketsSansIOProtocol):
            scope[_KEY] = protocol
        await self._app(scope, receive, send)


def sender_of(websocket: WebSocket) -> Callable[[Sequence[bytes]], Awaitable[None]]:
    """A function that sends binary messages over an accepted WebSocket, in order.

    It raises WebSocketDisconnect if the browser has gone.
    """
    protocol: WebSocketsSansIOProtocol | None = websocket.scope.get(_KEY)

    async def send(payloads: Sequence[bytes]) -> None:
        if protocol is None or protocol.conn.extensions or protocol.conn.state is not State.OPEN:
            for payload in payloads:
                await websocket.send_bytes(payload)
            return
        await protocol.writable.wait()  # the network may be slower than the server
        if protocol.disconnected or protocol.close_sent:
            raise WebSocketDisconnect(1006)
        protocol.transport.write(b"".join(part for payload in payloads for part in (frame_head(payload), payload)))

    return send


def frame_head(payload: bytes) -> bytes:
    """The bytes before a binary message from a server, which are 2 to 10 (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", _FINAL_BINARY, size)
    return (
        struct.pack("!BBH", _FINAL_BINARY, 126, size) if size < 2**16 else struct.pack("!BBQ", _FINAL_BINARY, 127, size)
    )
