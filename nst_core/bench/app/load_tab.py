"""An open tab of `load`: its socket, its polls, its file requests, and its waiting times.

All tabs share one event loop and draw nothing, so that a hundred of them take little of the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nst_core.bench.app.headless_client import MEDIA_PATH
from nst_core.bench.app.protocol import Tab

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

ANSWER_SECONDS = 60.0
"""Longest wait for a page; a later answer counts as an error."""
POLL_CHECK_SECONDS = 0.05
"""How often a tab checks whether a fragment is due."""
REFUSED = b"try again in about"
"""The text of a page when the queue has no room for a run."""
READY = b"Networks ready"
"""The text of a page once the networks are loaded."""
_COMPLETE = ("FINISHED_SUCCESSFULLY", "FINISHED_FRAGMENT_RUN_SUCCESSFULLY")
_MAX_ERROR = 500


@dataclass
class Records:
    """The measurements and the errors of all visitors.

    Attributes:
        seconds: kind of wait -> each wait in seconds.
        served: visitor -> seconds from the first press of a start button to each result.
        errors: events that must not happen, in words.
        refusals: how often a run was refused because the queue was full; under load this is no error.
        received: bytes received.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    served: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    refusals: int = 0
    received: int = 0

    def note_error(self, text: str) -> None:
        """Note an event that must not happen."""
        self.errors.append(text[:_MAX_ERROR])


class OpenTab:
    """A tab with its connection.

    Attributes:
        tab: the state of its page.
        has_networks: whether the page has said that the networks are loaded.
        was_refused: whether the page has said, since the last request, that there is no room for a run.
    """

    def __init__(self, url: str, tab: Tab, socket: ClientConnection, records: Records) -> None:
        """A tab of the server at `url` (scheme and host); `opened` makes one and ends it."""
        self.tab, self.has_networks, self.was_refused = tab, False, False
        self._url, self._socket, self._records = url, socket, records
        self._asked, self._answered = 0.0, asyncio.Event()
        self._fetched: set[bytes] = set()
        self._fetches: set[asyncio.Task[None]] = set()

    async def ask(self, request: bytes) -> float:
        """Send a request, and return the seconds until the run that answers it is complete. Raises TimeoutError."""
        self._answered.clear()
        self.was_refused, self._asked = False, time.perf_counter()
        await self._socket.send(request)
        try:
            await asyncio.wait_for(self._answered.wait(), ANSWER_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"/{self.tab.page} should answer within {ANSWER_SECONDS:g} s, and did not") from None
        return time.perf_counter() - self._asked

    async def listen(self) -> None:
        """Receive all messages of the server until it closes the connection."""
        runs: dict[str, float] = {}  # id of a script run -> when it began
        async for data in self._socket:
            if not isinstance(data, bytes):
                continue
            self._records.received += len(data)
            self.was_refused |= REFUSED in data
            self.has_networks |= READY in data
            message = self.tab.receive(data)
            kind, run = message.WhichOneof("type"), message.metadata.run.script_run_id
            if kind == "new_session":
                runs[run] = time.perf_counter()
            elif kind == "script_finished":
                status = message.DESCRIPTOR.enum_types_by_name["ScriptFinishedStatus"].values_by_number
                if runs.pop(run, 0.0) >= self._asked and status[message.script_finished].name in _COMPLETE:
                    self._answered.set()
            elif kind == "delta":
                self._look_at(message.delta.new_element, data)
        self._records.note_error(f"/{self.tab.page}: the server has closed the connection")

    async def poll(self) -> None:
        """Run fragments again when they are due, as a browser does."""
        while True:
            for request in self.tab.overdue(time.monotonic()):
                await self._socket.send(request)
            await asyncio.sleep(POLL_CHECK_SECONDS)

    def _look_at(self, element: Any, data: bytes) -> None:
        """Note an exception that the page shows, and fetch the files that it names."""
        kind = element.WhichOneof("type")
        if kind == "exception":
            self._records.note_error(f"/{self.tab.page}: {element.exception.type}: {element.exception.message}")
        elif kind != "download_button":  # a file that was not requested yet
            for path in set(MEDIA_PATH.findall(data)) - self._fetched:
                self._fetched.add(path)
                task = asyncio.create_task(fetch(self._url, path.decode(), self._records))
                self._fetches.add(task)
                task.add_done_callback(self._fetches.discard)


@contextlib.asynccontextmanager
async def opened(url: str, page: str, cookie: str, records: Records) -> AsyncIterator[OpenTab]:
    """A new tab of a browser that has this cookie, with the page complete; its opening is recorded."""
    from websockets.asyncio.client import connect

    began = time.perf_counter()
    await fetch(url, f"/{page}", records)
    async with connect(
        f"ws://{urlsplit(url).netloc}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookie},
        max_size=None,
        compression=None,  # compressing would cost this client processor time, and is not measured
    ) as socket:
        tab = OpenTab(url, Tab(page), socket, records)
        background = [asyncio.create_task(tab.listen()), asyncio.create_task(tab.poll())]
        try:
            await tab.ask(tab.tab.request())
            records.seconds["opening"].append(time.perf_counter() - began)
            yield tab
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


async def fetch(url: str, path: str, records: Records) -> None:
    """Fetch a file; no answer, or any other than 200, is an error."""
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(-1), ANSWER_SECONDS)
        writer.close()
    except (OSError, TimeoutError) as error:
        answer = f"{type(error).__name__}: {error}".encode()
    records.received += len(answer)
    if b" 200 " not in answer[:16]:
        records.note_error(f"{path}: {answer[:60].decode(errors='replace')}")
