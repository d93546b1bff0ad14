"""Messages of a WebSocket go out together, as the frames that the protocol's own library makes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from nst_core.server.websocket_frames import ProtocolInScope, frame_head, sender_of


def as_websockets_does(payload: bytes) -> bytes:
    return bytes(Frame(Opcode.BINARY, payload).serialize(mask=False, extensions=[]))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 2**16 - 1, 2**16])
def test_a_frame_is_that_of_the_library(size: int) -> None:
    assert frame_head(bytes(size)) + bytes(size) == as_websockets_does(bytes(size))


class Connection:
    """A WebSocket to a browser: what was written to the network at once, and what went through the middleware."""

    def __init__(self, **protocol: Any) -> None:
        self.written: list[bytes] = []
        self.passed: list[bytes] = []
        self.protocol = WebSocketsSansIOProtocol.__new__(WebSocketsSansIOProtocol)
        self.protocol.conn = SimpleNamespace(extensions=[], state=State.OPEN)  # type: ignore[assignment]
        self.protocol.transport = SimpleNamespace(write=self.written.append)  # type: ignore[assignment]
        self.protocol.writable = asyncio.Event()
        self.protocol.writable.set()
        self.protocol.disconnected = self.protocol.close_sent = False
        self.protocol.__dict__.update(protocol)

    def send(self, *payloads: bytes) -> None:
        """Send messages over this connection, whose middleware has seen the request."""
        scope: dict[str, Any] = {"type": "websocket"}

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await sender_of(SimpleNamespace(scope=scope, send_bytes=self._pass))(payloads)  # type: ignore[arg-type]

        asyncio.run(ProtocolInScope(app)(scope, None, self.protocol.send))  # type: ignore[arg-type]

    async def _pass(self, payload: bytes) -> None:
        self.passed.append(payload)


def test_messages_that_wait_are_one_write_in_order() -> None:
    payloads = [b"first", bytes(70_000), b"last"]
    connection = Connection()
    connection.send(*payloads)
    assert connection.written == [b"".join(map(as_websockets_does, payloads))]
    assert connection.passed == []


@pytest.mark.parametrize("conn", [{"extensions": ["deflate"], "state": State.OPEN}, {"state": State.CLOSING}])
def test_a_connection_that_compresses_or_closes_is_left_to_the_library(conn: dict[str, Any]) -> None:
    connection = Connection(conn=SimpleNamespace(**({"extensions": []} | conn)))
    connection.send(b"a", b"b")
    assert (connection.written, connection.passed) == ([], [b"a", b"b"])


def test_a_browser_that_has_gone_ends_the_sending() -> None:
    with pytest.raises(WebSocketDisconnect):
        Connection(disconnected=True).send(b"a")
