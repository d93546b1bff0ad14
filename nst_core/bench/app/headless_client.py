"""A client of the app without a browser: it requests all that a page requests, receives all of it, and draws nothing.

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

from nst_core.errors import WorkerError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

MEDIA_PATH = re.compile(rb"/media/[0-9a-f]+\.\w+")
IDLE_SECONDS = 0.5
"""Longest wait for a message while no fragment is due."""
PAUSE_POLL_SECONDS = 0.05
"""How often a paused client checks whether to go on."""


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
        self._cached_hashes: list[str] = []
        self._fetched: set[bytes] = set()
        self._due: dict[str, tuple[float, float]] = {}  # fragment id -> time of its next rerun, interval

    @property
    def pictures(self) -> int:
        """Number of different picture files fetched so far."""
        return len(self._fetched)

    def follow(self, socket: ClientConnection, page: str, query: str, closing: threading.Event) -> None:
        """Open a page and rerun its fragments when they are due, until `closing` is set or the server disconnects."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed, OSError):
            socket.send(self._rerun_request(query, page))
            while not closing.is_set():
                if self.paused:
                    closing.wait(PAUSE_POLL_SECONDS)
                    continue
                soonest = min((at for at, _ in self._due.values()), default=time.monotonic() + IDLE_SECONDS)
                try:
                    self._receive(socket.recv(max(0.0, soonest - time.monotonic()), decode=False))
                except TimeoutError:
                    self._poll(socket, page, query)

    def _poll(self, socket: ClientConnection, page: str, query: str) -> None:
        now = time.monotonic()
        for fragment, (at, interval) in self._due.items():
            if at <= now:
                self._due[fragment] = (now + interval, interval)
                self.polls += 1
                socket.send(self._rerun_request(query, page, fragment))

    def _rerun_request(self, query: str, page: str, fragment: str = "") -> bytes:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_name = query, page
        rerun.cached_message_hashes.extend(self._cached_hashes)
        if fragment:
            rerun.fragment_id, rerun.is_auto_rerun = fragment, True
        return bytes(message.SerializeToString())

    def _receive(self, data: bytes) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        self.received += len(data)
        message = ForwardMsg.FromString(data)
        if message.metadata.cacheable and message.hash:
            # From now on the server sends only the hash, as to a browser that has the message in its cache.
            self._cached_hashes.append(message.hash)
        match message.WhichOneof("type"):
            case "auto_rerun":
                interval = message.auto_rerun.interval
                self._due[message.auto_rerun.fragment_id] = (time.monotonic() + interval, interval)
            case "new_session" if not message.metadata.run.fragment_ids:
                self._due.clear()  # the whole page runs, and announces its fragments again
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._due.pop(fragment, None)
        for path in set(MEDIA_PATH.findall(data)) - self._fetched:
            self._fetched.add(path)
            with (
                contextlib.suppress(urllib.error.HTTPError),  # replaced meanwhile: a browser would be late too
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
        arguments = (socket, parts.path.strip("/"), parts.query, closing)
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
