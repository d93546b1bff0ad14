"""A time limit for a whole request: when it is over, the request's connections are shut down.

A socket's timeout limits only one wait: a server that sends a byte a second never exceeds it. A `Deadline` limits
connecting, TLS, headers, body and redirects together. Only name resolution cannot be ended: the system's resolver has
its own limits.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nst_core.errors import FetchError

ResolvedAddresses = Sequence[tuple[Any, Any, int, str, Any]]
"""The result of `socket.getaddrinfo`."""
CheckAddresses = Callable[[str, ResolvedAddresses], object]
"""A check of a host and its addresses; it raises FetchError to refuse them."""


class Deadline:
    """The time limit of one request. Use it as a context manager around the request.

    Attributes:
        has_expired: whether the time is up.
    """

    def __init__(self, seconds: float) -> None:
        """Start with `seconds` left."""
        self.has_expired = False
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._twins: list[socket.socket] = []
        self._timer = self._started_timer(seconds)

    def __enter__(self) -> Deadline:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def extend(self, seconds: float) -> None:
        """Set the end to `seconds` from now, unless the time is up."""
        self._timer.cancel()
        self._ends = time.monotonic() + seconds
        self._timer = self._started_timer(seconds)

    def expire(self) -> None:
        """End the time now, which interrupts every wait on the request's connections."""
        with self._lock:
            self.has_expired = True
            for twin in self._twins:
                with contextlib.suppress(OSError):  # not connected
                    twin.shutdown(socket.SHUT_RDWR)

    def handlers(self, check: CheckAddresses | None = None) -> tuple[urllib.request.BaseHandler, ...]:
        """Urllib handlers whose connections end at the deadline, and connect only to addresses that pass the check."""
        connect = partial(self._connect, check)
        return _HTTPHandler(connect), _HTTPSHandler(connect)

    def _connect(
        self, check: CheckAddresses | None, address: tuple[str, int], timeout: float | None, *_source: object
    ) -> socket.socket:
        """Like `socket.create_connection`. Raises FetchError, and OSError if no address can be connected to."""
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        if check is not None:
            check(address[0], found)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, target in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._at_most(timeout))
                self._watch(sock)
                sock.connect(target)
                sock.settimeout(timeout)
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise failure

    def _watch(self, sock: socket.socket) -> None:
        """Register a connection to be shut down when the time is up. Raises TimeoutError if it is up already."""
        with self._lock:
            if self.has_expired:
                raise TimeoutError("timed out")
            self._twins.append(sock.dup())  # TLS takes the socket itself away from its object

    def _at_most(self, timeout: float | None) -> float:
        left = max(0.001, self._ends - time.monotonic())
        return left if timeout is None else min(timeout, left)

    def _started_timer(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self.expire)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:
            raise no_thread() from None
        return timer


def no_thread() -> FetchError:
    """The error when the system has no room for another thread."""
    return FetchError("a download needs a thread, and this server has no room for another one; try again in a minute")


def _connection(
    kind: type[http.client.HTTPConnection], connect: Callable[..., socket.socket], *host: Any, **options: Any
) -> Any:
    connection: Any = kind(*host, **options)
    connection._create_connection = connect  # which keeps proxies, TLS and socket options as they are
    return connection


class _HTTPHandler(urllib.request.HTTPHandler):
    def __init__(self, connect: Callable[..., socket.socket]) -> None:
        super().__init__()
        self._connection: Any = partial(_connection, http.client.HTTPConnection, connect)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open through `Deadline._connect`."""
        return self.do_open(self._connection, req)


class _HTTPSHandler(urllib.request.HTTPSHandler):
    def __init__(self, connect: Callable[..., socket.socket]) -> None:
        super().__init__()
        self._connection: Any = partial(_connection, http.client.HTTPSConnection, connect)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open through `Deadline._connect`; certificates are verified."""
        return self.do_open(self._connection, req)
