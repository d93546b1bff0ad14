"""A visitor without a browser: asks the app for what a page would ask for, takes all of it, and draws nothing.

A browser that works on the cores that paint takes its part of them; that of someone who looks at a hosted app works at
home. What this visitor costs a run is what the server does for it.
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

PICTURE = re.compile(rb"/media/[0-9a-f]+\.\w+")
IDLE_SECONDS = 0.5
"""How long it listens where nothing is to be asked for again."""
RESTING_SECONDS = 0.05
"""How soon one who rests sees that they should look again."""


class Onlooker:
    """What was asked for and what came.

    Attributes:
        polls: how often a part of the page was asked for again.
        received: bytes that came, pictures included.
        pictures: how many of them were pictures' files.
        rests: whether they stay, but ask for nothing.
    """

    def __init__(self, url: str) -> None:
        """Nobody yet; `looking` makes one that looks."""
        self.polls = self.received = 0
        self.rests = False
        self._url = url
        self._known: list[str] = []
        self._seen: set[bytes] = set()
        self._due: dict[str, tuple[float, float]] = {}

    @property
    def pictures(self) -> int:
        """How many pictures' files came."""
        return len(self._seen)

    def look(self, wire: ClientConnection, page: str, query: str, left: threading.Event) -> None:
        """Open a page and keep it up to date until `left`, or until the app breaks off."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed, OSError):
            wire.send(self._ask(query, page))
            while not left.is_set():
                if self.rests:
                    left.wait(RESTING_SECONDS)
                    continue
                soonest = min((at for at, _ in self._due.values()), default=time.monotonic() + IDLE_SECONDS)
                try:
                    self._take(wire.recv(max(0.0, soonest - time.monotonic()), decode=False))
                except TimeoutError:
                    self._poll(wire, page, query)

    def _poll(self, wire: ClientConnection, page: str, query: str) -> None:
        now = time.monotonic()
        for part, (at, every) in self._due.items():
            if at <= now:
                self._due[part] = (now + every, every)
                self.polls += 1
                wire.send(self._ask(query, page, part))

    def _ask(self, query: str, page: str, part: str = "") -> bytes:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked = BackMsg()
        run = asked.rerun_script
        run.query_string, run.page_name = query, page
        run.cached_message_hashes.extend(self._known)
        if part:
            run.fragment_id, run.is_auto_rerun = part, True
        return bytes(asked.SerializeToString())

    def _take(self, data: bytes) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        self.received += len(data)
        came = ForwardMsg.FromString(data)
        if came.metadata.cacheable and came.hash:
            self._known.append(came.hash)  # the server names it from now on, as it does for a browser that keeps it
        match came.WhichOneof("type"):
            case "auto_rerun":
                every = came.auto_rerun.interval
                self._due[came.auto_rerun.fragment_id] = (time.monotonic() + every, every)
            case "new_session" if not came.metadata.run.fragment_ids:
                self._due.clear()  # the whole page runs, and says anew what is to be asked for again
            case "stop_auto_rerun":
                for part in came.stop_auto_rerun.fragment_ids:
                    self._due.pop(part, None)
        for path in set(PICTURE.findall(data)) - self._seen:
            self._seen.add(path)
            with (
                contextlib.suppress(urllib.error.HTTPError),  # replaced meanwhile: a browser would be late too
                urllib.request.urlopen(self._url + path.decode()) as file,  # noqa: S310 - our own address
            ):
                self.received += len(file.read())


@contextlib.contextmanager
def looking(address: str) -> Iterator[Onlooker]:
    """Someone who looks at a page of the app, by its whole address, on a thread of its own, as long as the context.

    Raises:
        WorkerError: they did not look to the end, so that what was measured meanwhile is not what watching costs.
    """
    from websockets.sync.client import connect

    parts = urlsplit(address)
    onlooker, left = Onlooker(f"{parts.scheme}://{parts.netloc}"), threading.Event()
    with connect(f"ws://{parts.netloc}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as wire:  # type: ignore[list-item]
        arguments = (wire, parts.path.strip("/"), parts.query, left)
        thread = threading.Thread(target=onlooker.look, args=arguments, daemon=True)
        thread.start()
        try:
            yield onlooker
            looked = thread.is_alive()
        finally:
            left.set()
            thread.join()
    if not looked:
        raise WorkerError("the app should answer whoever looks at it, but broke off; see what it says")
