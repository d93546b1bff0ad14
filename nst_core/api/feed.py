"""The events of runs for any number of listeners: each run is watched once, and each event encoded once.

A feed keeps its last events, and each listener counts the events that it was sent. So a slow listener costs no memory.
Once it has missed more events than the feed keeps, it is disconnected, and may resume from the stored curve.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from nst_core.api import event_messages
from nst_core.api.problems import LISTENERS, ProblemError, retry_after
from nst_core.api.resources import Run
from nst_core.errors import JobError
from nst_core.jobs.views import FINAL, JobView, RunProgress
from nst_core.runs.curve import CurvePoint

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

POLL_SECONDS = 0.2
"""Interval at which a run is polled, which is also the longest delay of an event."""
HEARTBEAT_SECONDS = 15.0
"""Silence after which a comment is sent, so that proxies keep the connection."""
WAIT_CHANGE_SECONDS = 5.0
"""The smallest change of the estimated wait that is sent as an event."""
KEPT_EVENTS = 512
CHUNK_EVENTS = 128
"""Events of a stored curve that are sent together."""
RETRY_SECONDS = 10.0
_LOGGER = logging.getLogger(__name__)


class Links:
    """The addresses in a run's events, for clients that reach the API below one path."""

    def __init__(self, describe: Callable[[JobView], Run], picture: Callable[[int], str]) -> None:
        """`describe` returns the run as `GET /runs/{id}` answers it, and `picture` the address of a step's picture."""
        self.describe, self.picture = describe, picture


class Feed:
    """The events of one run, as long as it has listeners. For use in one event loop.

    Attributes:
        listeners: the number of listeners.
    """

    def __init__(self, jobs: JobService, run: str, links: Links) -> None:
        """Begin to watch a run."""
        self.listeners = 0
        self._jobs, self._run, self._links = jobs, run, links
        self._points: list[CurvePoint] = []
        self._steps: list[bytes] = []  # the events of `_points`
        self._known: RunProgress | None = None
        self._state = self._snapshot = self._end = b""
        self._recent: deque[bytes] = deque(maxlen=KEPT_EVENTS)
        self._told = 0  # events so far
        self._is_over = False
        self._changed = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._watch())

    def close(self) -> None:
        """Stop watching."""
        self._task.cancel()

    async def ready(self) -> None:
        """Wait until the run was polled for the first time. Raises LostRunError if it cannot be opened."""
        await asyncio.shield(self._ready)

    async def events(self, after: str) -> AsyncIterator[bytes]:
        """Yield the state and the curve after an event's id (all of it for ""), then new events until the run ends."""
        told, opening = self._told, self._opening(after)
        for chunk in opening:
            yield chunk
        while (behind := self._told - told) <= len(self._recent):
            if behind:
                told = self._told
                yield b"".join(islice(self._recent, len(self._recent) - behind, None))
            elif self._is_over:
                return
            elif not await self._changes():
                yield event_messages.HEARTBEAT

    def _opening(self, after: str) -> Iterator[bytes]:
        """The events that bring a new listener up to date."""
        first, rewind = self._place_after(after), b""
        if first is None:
            # the listener's last event belongs to a curve that was discarded
            first, rewind = 0, event_messages.rewind(None)
        steps = self._steps[first:]
        chunks = (b"".join(steps[at : at + CHUNK_EVENTS]) for at in range(0, len(steps), CHUNK_EVENTS))
        begin, rest = event_messages.OPENING + self._state + rewind, self._snapshot + self._end
        return (chunk for chunk in (begin, *chunks, rest) if chunk)

    def _place_after(self, after: str) -> int | None:
        """The place of the first point after an event's id, "" for none; None if the curve does not have it any more.

        An id without a hash, which programs may have stored from older servers, matches any point of its step.
        """
        if not after:
            return 0
        if not self._points:  # the run begins again
            return None
        number, _, digest = after.partition("-")
        place = sum(point.step <= int(number) for point in self._points)
        is_known = place > 0 and self._points[place - 1].step == int(number)
        if not digest:
            return place if int(number) <= self._points[-1].step else None
        return place if is_known and event_messages.step_id(self._points[place - 1]) == after else None

    async def _changes(self) -> bool:
        """Wait for the next events; False if there are none for long."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _watch(self) -> None:
        try:
            while not self._is_over:
                progress = await asyncio.to_thread(self._jobs.progress, self._run, *self._place())
                view = await asyncio.to_thread(self._jobs.view, self._run) if progress.state in FINAL else None
                self._take(progress, view)
                if not self._ready.done():
                    self._ready.set_result(None)
                await asyncio.sleep(POLL_SECONDS if not self._is_over else 0)
        except JobError as error:  # deleted meanwhile
            self._fail(error)
        except Exception as error:
            _LOGGER.exception("The events of run %s cannot be sent", self._run)
            self._fail(error)

    def _place(self) -> tuple[int, int]:
        return (self._known.restarts, len(self._points)) if self._known else (-1, 0)

    def _fail(self, error: Exception) -> None:
        if not self._ready.done():
            self._ready.set_exception(error)
        self._is_over = True
        self._publish([])

    def _take(self, progress: RunProgress, view: JobView | None) -> None:
        """Turn the run's news into events; `view` is the run once it is over."""
        new: list[bytes] = []
        if rewind := self._rewound(progress):
            new.append(rewind)
        if _is_told(self._known, progress):
            self._state = event_messages.state(progress)
            new.append(self._state)
        fresh = progress.points[len(self._points) - progress.first :]
        steps = [event_messages.step(point) for point in fresh]
        self._points += fresh
        self._steps += steps
        new += steps
        if progress.snapshot_step is None:
            self._snapshot = b""
        elif self._known is None or progress.snapshot_step != self._known.snapshot_step:
            newest = progress.snapshot_step
            self._snapshot = event_messages.snapshot(newest, self._links.picture(newest))
            new.append(self._snapshot)
        if view is not None:
            self._end = event_messages.end(self._links.describe(view))
            new.append(self._end)
        self._known = progress
        self._is_over = view is not None or self._jobs.is_closing
        self._publish(new)

    def _rewound(self, progress: RunProgress) -> bytes:
        """Drop the points that a restart has made invalid.

        Returns the `rewind` event, or b"" if no point was dropped.
        """
        if progress.first:
            return b""
        kept = _common(self._points, progress.points)
        if kept == len(self._points):
            return b""
        del self._points[kept:], self._steps[kept:]
        return event_messages.rewind(self._points[-1].step if kept else None)

    def _publish(self, new: Sequence[bytes]) -> None:
        if new or self._is_over:
            self._recent.extend(new)
            self._told += len(new)
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


def _common(known: Sequence[CurvePoint], told: Sequence[CurvePoint]) -> int:
    """How many points two curves share from their beginning on."""
    for place, (one, other) in enumerate(zip(known, told, strict=False)):
        if one != other:
            return place
    return min(len(known), len(told))


def _is_told(known: RunProgress | None, progress: RunProgress) -> bool:
    """Whether the run's state, or its place in the queue, has changed enough for an event."""
    if known is None or (known.state, known.position) != (progress.state, progress.position):
        return True
    return abs(known.wait_seconds - progress.wait_seconds) >= WAIT_CHANGE_SECONDS


class Listener:
    """One listener's place at a feed, from `Feeds.listen` until `close`."""

    def __init__(self, feeds: Feeds, feed: Feed, key: tuple[str, str], address: str) -> None:
        self._feeds, self._key, self._address = feeds, key, address
        self.feed = feed

    def close(self) -> None:
        """Give the place back."""
        self._feeds.leave(self._key, self._address)


class Feeds:
    """The feeds of a server, with a limit on listeners. For use in one event loop."""

    def __init__(self, jobs: Callable[[], JobService], most: int, most_of_address: int) -> None:
        """`most` listeners in all, and `most_of_address` of them with one network address."""
        self._jobs, self._most, self._most_of_address = jobs, most, most_of_address
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._addresses: Counter[str] = Counter()

    @property
    def listeners(self) -> int:
        """How many there are."""
        return self._addresses.total()

    async def listen(self, run: str, address: str, base: str, links: Links) -> Listener:
        """Reserve a place at the feed of a run.

        Args:
            run: its id.
            address: the client's network address.
            base: the path below which the client reaches the API; each base has a feed of its own, because the events
                hold addresses.
            links: makes the links of a new feed.

        Raises:
            LostRunError: the run cannot be opened.
            ProblemError: there are too many listeners.
        """
        if self._addresses[address] >= self._most_of_address:
            raise _refusal(f"one network address may listen {self._most_of_address} times at once")
        if self.listeners >= self._most:
            raise _refusal(f"{self._most} programs may listen at once")
        self._addresses[address] += 1
        key = (run, base)
        feed = self._feeds.get(key) or Feed(self._jobs(), run, links)
        self._feeds[key] = feed
        feed.listeners += 1
        try:
            await feed.ready()
        except BaseException:
            self.leave(key, address)
            raise
        return Listener(self, feed, key, address)

    def leave(self, key: tuple[str, str], address: str) -> None:
        """Release a place; a run without listeners is not watched."""
        self._addresses -= Counter([address])
        feed = self._feeds[key]
        feed.listeners -= 1
        if not feed.listeners:
            del self._feeds[key]
            feed.close()


def _refusal(sentence: str) -> ProblemError:
    return ProblemError(
        LISTENERS, f"{sentence}; end one, or ask for the run itself", headers=retry_after(RETRY_SECONDS)
    )
