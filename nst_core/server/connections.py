"""A limit on open connections, HTTP and WebSocket together, so that enough file handles stay free for other work.

Without a limit the server accepts connections until no handle is left. Then nothing can be opened any more, not even a
stored result, and asyncio logs each failed accept: 2,048 tracebacks a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

LEAST_SPARE_HANDLES = 16
"""File handles that stay free for files and pipes; a quarter of all if that is more."""
LEAST_CONNECTIONS = 4
SILENT_SECONDS = 15.0
"""How long a connection may stay open without a complete request: before the first one, and after each answer."""
STALLED_SECONDS = 60.0
"""How long a client may read nothing of an answer that waits for it."""
RETRY_SECONDS = 5
_REFUSAL_LINGER_SECONDS = 0.5
_MOST_LINGERING = 4
"""The most refused connections that are kept open until their clients have read the answer."""
_NO_HANDLE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE_SECONDS = 1.0
_LOGGER = logging.getLogger(__name__)


def _whole_answer(status: str, sentence: str, *more: str) -> bytes:
    """An answer that is given without the app: it has the headers that the app's answers have."""
    body = f"{sentence}\n".encode()
    headers = (
        *("Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", "Cache-Control: no-store", *more),
        *("X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: same-origin"),
        *("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'", "Connection: close"),
    )
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode() + body


REFUSAL = _whole_answer(
    "503 Service Unavailable",
    f"The server has as many visitors as it can serve; try again in {RETRY_SECONDS} s.",
    f"Retry-After: {RETRY_SECONDS}",
)
MALFORMED = _whole_answer("400 Bad Request", "This request is not valid HTTP.")


def most_connections() -> int:
    """The number of connections that the process's limit on file handles allows now, with some handles kept free."""
    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handles == resource.RLIM_INFINITY:
        handles = 65_536
    in_use = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 32
    return max(LEAST_CONNECTIONS, handles - in_use - max(LEAST_SPARE_HANDLES, handles // 4))


class ConnectionLimit:
    """Counts the open connections of a server, and limits them. For use in one event loop.

    Attributes:
        most: the most connections that may be open.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: set[_Connection] = set()
        self._watched: dict[Any, _Seen] = {}  # uvicorn's protocols of HTTP connections
        self._lingering: list[socket.socket] = []

    @property
    def open(self) -> int:
        """The number of open connections."""
        return len(self._open)

    def apply(self, loop: asyncio.AbstractEventLoop) -> None:
        """Limit the servers that `loop` creates from now on for sockets that listen already, as `streamlit run` does.

        Uvicorn has no setting for this: its own limit counts requests, and an open connection need not send any.
        """
        create = loop.create_server

        async def create_server(factory: Any, *arguments: Any, **options: Any) -> Any:
            if options.get("sock") is not None:
                options["sock"] = CappedListener(options["sock"], self, is_plain=not options.get("ssl"))
                factory = self._watching(factory)
            return await create(factory, *arguments, **options)

        loop.create_server = create_server  # type: ignore[method-assign,assignment]

    def _watching(self, factory: Callable[[], Any]) -> Callable[[], Any]:
        def make() -> Any:
            protocol = factory()
            if hasattr(protocol, "cycle"):  # uvicorn's, of HTTP: the request under way
                self._watched[protocol] = _Seen(time.monotonic())
                protocol.send_400_response = partial(_refuse_malformed, protocol)
            return protocol

        return make

    def admit(self, connection: socket.socket) -> _Connection | None:
        """Wrap a connection so that it is counted until it is closed; None if there is no room for it."""
        if len(self._open) >= self.most:
            return None
        counted = _Connection(connection, self)
        self._open.add(counted)
        return counted

    def refuse(self, connection: socket.socket, *, is_plain: bool = True) -> None:
        """Answer 503 and close; `is_plain` is False for TLS, where no answer can be given before the handshake."""
        with contextlib.suppress(OSError):
            connection.setblocking(False)
            if is_plain:
                connection.send(REFUSAL)
                connection.shutdown(socket.SHUT_WR)
        self._lingering.append(connection)
        asyncio.get_running_loop().call_later(_REFUSAL_LINGER_SECONDS, self._end, connection)
        while len(self._lingering) > _MOST_LINGERING:
            self._end(self._lingering[0])
        _LOGGER.warning("All %d connections are taken; new ones are answered with status 503", self.most)

    def _end(self, connection: socket.socket) -> None:
        if connection in self._lingering:
            self._lingering.remove(connection)
        with contextlib.suppress(OSError):
            # unread data would turn the close into a reset, and the client would lose the answer
            connection.recv(65_536)
        connection.close()

    def forget(self, connection: _Connection) -> None:
        """Stop counting a closed connection."""
        self._open.discard(connection)

    def end_silent(self) -> None:
        """End the connections whose client sends no complete request, or reads no answer; called regularly.

        Uvicorn waits without limit for the rest of a request's head, and for a client that reads nothing.
        """
        now = time.monotonic()
        for protocol, before in list(self._watched.items()):
            transport = protocol.transport
            if transport is None and now - before.since <= SILENT_SECONDS:
                continue  # its connection is being made
            if transport is None or transport.is_closing() or transport.get_protocol() is not protocol:
                del self._watched[protocol]  # closed, or a WebSocket by now
                continue
            seen = _Seen.of(protocol, now)
            if seen.is_like(before):
                seen = before
            self._watched[protocol] = seen
            if seen.has_expired(now):
                transport.abort()


def _refuse_malformed(protocol: Any, _: str) -> None:
    """Answer a malformed request instead of uvicorn, whose answer lacks the security headers; then close."""
    request = protocol.cycle
    if request is None or request.response_complete or not request.response_started:
        protocol.transport.write(MALFORMED)
    protocol.transport.close()


@dataclass(frozen=True)
class _Seen:
    """The state of a connection, and since when it has not changed.

    Attributes:
        since: when this state was first seen, in seconds of the monotonic clock.
        request: uvicorn's object of the newest request; None before the first one.
        is_answered: whether that request is answered; True before the first one.
        waiting_bytes: bytes of the answer that the client has not read yet.
    """

    since: float
    request: Any = None
    is_answered: bool = True
    waiting_bytes: int = 0

    @classmethod
    def of(cls, protocol: Any, now: float) -> _Seen:
        request = protocol.cycle
        is_answered = request is None or request.response_complete
        return cls(now, request, is_answered, protocol.transport.get_write_buffer_size())

    def is_like(self, before: _Seen) -> bool:
        """Whether nothing has happened in between."""
        same = (self.is_answered, self.waiting_bytes) == (before.is_answered, before.waiting_bytes)
        return same and self.request is before.request

    def has_expired(self, now: float) -> bool:
        """Whether the client has kept the server waiting for too long; while an answer is computed, it does not."""
        if self.waiting_bytes:
            return now - self.since > STALLED_SECONDS
        return self.is_answered and now - self.since > SILENT_SECONDS


class _Connection(socket.socket):
    """A connection that reports its close."""

    def __init__(self, connection: socket.socket, limit: ConnectionLimit) -> None:
        super().__init__(connection.family, connection.type, connection.proto, fileno=connection.detach())
        self._limit = limit

    def close(self) -> None:
        super().close()
        self._limit.forget(self)


class CappedListener(socket.socket):
    """A listening socket that accepts as many connections as a limit allows, and refuses others at once.

    It keeps a spare file handle. If no other handle is left, it releases the spare one while it refuses a connection.
    So asyncio never sees the error, and continues.
    """

    def __init__(self, listening: socket.socket, limit: ConnectionLimit, *, is_plain: bool = True) -> None:
        """Listen with the socket of `listening`, which its owner still has to close."""
        super().__init__(listening.family, listening.type, listening.proto, fileno=os.dup(listening.fileno()))
        self.setblocking(False)
        self._limit, self._is_plain = limit, is_plain
        self._spare: int | None = None
        self._paused_until = 0.0
        self._take_spare()

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection that there is room for. Raises BlockingIOError if there is none."""
        if time.monotonic() < self._paused_until:
            raise BlockingIOError
        while True:
            try:
                connection, address = super().accept()
            except OSError as error:
                if error.errno not in _NO_HANDLE:
                    raise
                self._refuse_with_spare()
                continue
            if counted := self._limit.admit(connection):
                return counted, address
            self._limit.refuse(connection, is_plain=self._is_plain)

    def close(self) -> None:
        """Close it, and the spare handle."""
        self._give_spare()
        super().close()

    def _refuse_with_spare(self) -> None:
        """Refuse one connection while no handle is left.

        If that fails too, raises OSError once, so that asyncio pauses.
        """
        self._give_spare()
        try:
            connection, _ = super().accept()
            with contextlib.suppress(OSError):
                connection.setblocking(False)
                if self._is_plain:
                    connection.send(REFUSAL)
            connection.close()
        except OSError as error:
            if error.errno in _NO_HANDLE:
                # asyncio calls accept up to 2,048 times in a row
                self._paused_until = time.monotonic() + _PAUSE_SECONDS / 2
            raise
        finally:
            self._take_spare()
        _LOGGER.warning("No file handle is left; new connections are answered with status 503")

    def _take_spare(self) -> None:
        with contextlib.suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY) if self._spare is None else self._spare

    def _give_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
