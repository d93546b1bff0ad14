"""A client of the app without a browser: it requests and receives everything that a page requests, but draws nothing.

A browser on the same machine takes processor time from the run. The browser of a visitor elsewhere does not. This
client therefore measures the server's share of the cost of watching a run.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nst_core.bench.app.protocol import Tab
from nst_core.errors import WorkerError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

MEDIA_PATH = re.compile(rb"/media/[0-9a-f]+\.\w+")
IDLE_SECONDS = 0.5
"""Longest wait for a message while no fragment is due."""
PAUSE_POLL_SECONDS = 0.05
"""How often a paused client checks whether to continue."""


class HeadlessClient:
    """One session of the app over Streamlit's websocket.

    Attributes:
        polls: number of fragment reruns requested so far.
        received: bytes received so far, picture files included.
        paused: while True the session stays open but requests nothing.
    """

    def __init__(self, url: str) -> None:
        """A client of the server at `url` (scheme and host); `connected` opens its session."""
        self.polls = self.received = 0
        self.paused = False
        self._url = url
        self._fetched: set[bytes] = set()

    @property
    def pictures(self) -> int:
        """Number of different picture files fetched so far."""
        return len(self._fetched)

    def follow(self, socket: ClientConnection, tab: Tab, closing: threading.Event) -> None:
        """Open a page and rerun its fragments when they are due, until `closing` is set or the server disconnects."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed, OSError):
            socket.send(tab.request())
            while not closing.is_set():
                if self.paused:
                    closing.wait(PAUSE_POLL_SECONDS)
                    continue
                soonest = min((at for at, _ in tab.due.values()), default=time.monotonic() + IDLE_SECONDS)
                try:
                    self._receive(tab, socket.recv(max(0.0, soonest - time.monotonic()), decode=False))
                except TimeoutError:
                    for request in tab.overdue(time.monotonic()):
                        self.polls += 1
                        socket.send(request)

    def _receive(self, tab: Tab, data: bytes) -> None:
        self.received += len(data)
        tab.receive(data)
        for path in set(MEDIA_PATH.findall(data)) - self._fetched:
            self._fetched.add(path)
            with (
                # the file was replaced meanwhile: a browser would be late too
                contextlib.suppress(urllib.error.HTTPError),
                urllib.request.urlopen(self._url + path.decode()) as file,  # noqa: S310 - our own address
            ):
                self.received += len(file.read())


@contextlib.contextmanager
def connected(address: str) -> Iterator[HeadlessClient]:
    """A client that follows the page at `address` (with its query) on a thread of its own, until the context ends.

    Raises:
        WorkerError: the server disconnected before the end, so that a measurement made meanwhile is invalid.
    """
    from websockets.sync.client import connect

    parts = urlsplit(address)
    client, closing = HeadlessClient(f"{parts.scheme}://{parts.netloc}"), threading.Event()
    with connect(f"ws://{parts.netloc}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        arguments = (socket, Tab(parts.path.strip("/"), parts.query), closing)
        thread = threading.Thread(target=client.follow, args=arguments, daemon=True)
        thread.start()
        try:
            yield client
            stayed = thread.is_alive()
        finally:
            closing.set()
            thread.join()
    if not stayed:
        raise WorkerError("the app should serve its clients to the end, but disconnected one; see the server's output")
