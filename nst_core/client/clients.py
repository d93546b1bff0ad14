"""`Client` and `AsyncClient`: the calls of `nst_core.client.calls` as methods, and the events of a run."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse, connect_sse

from nst_core.client import calls
from nst_core.client.problems import ServerError
from nst_core.client.results import Event, Run, made
from nst_core.client.retries import Call, Outcome, performing

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
PATIENCE_SECONDS = 60.0


def _blocking(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    @wraps(build)
    def method(self: Client, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.perform(build(*args, **kwargs))

    return method  # type: ignore[return-value]  # `wraps` names the first argument


def _awaitable(build: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Awaitable[T]]:
    @wraps(build)
    async def method(self: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.perform(build(*args, **kwargs))

    return method  # type: ignore[return-value]  # as above


class _Connection:
    """The state that both clients share.

    Attributes:
        secret: the secret of the owner of this client's runs; a second client with it may change them too.
    """

    def __init__(
        self, address: str, *, token: str = "", secret: str = "", patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.secret = secret or secrets.token_hex(16)
        self._patience_seconds = patience_seconds
        headers = {"X-Run-Secret": self.secret} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._options: dict[str, Any] = {
            "base_url": _root(address),
            "headers": headers,
            "timeout": TIMEOUT,
        }


def _root(address: str) -> httpx.URL:
    """The root of a server's API. Raises ServerError if the server's address is none."""
    with suppress(httpx.InvalidURL):
        root = httpx.URL(f"{address.rstrip('/')}/api/v1")
        if root.scheme in ("http", "https") and root.host:
            return root
    raise ServerError(f"the server's address must be like http://localhost:8501, got {address[:200]!r}")


class _Following:
    """Follows the events of one run over several connections: remembers the last event, and whether the run is over."""

    def __init__(self, run: str, patience_seconds: float) -> None:
        self._call: Call[None] = Call("GET", f"/runs/{run}/events", lambda _: None)
        self._last, self._patience_seconds = "", patience_seconds
        self.is_over = False
        self._begin()

    def _begin(self) -> None:
        self._attempts = performing(self._call, self._patience_seconds)
        next(self._attempts)

    @property
    def request(self) -> dict[str, Any]:
        """The next request, for `connect_sse`."""
        headers = {"Last-Event-ID": self._last} if self._last else {}
        return {"method": "GET", "url": self._call.path, "headers": headers}

    def event(self, sent: ServerSentEvent) -> Event | None:
        """The received message as an event; None for a comment that only keeps the connection open."""
        if not sent.data:
            return None
        if sent.event == "step" and self._last != sent.id:
            self._begin()  # events arrive again, so the next lost connection starts with full patience
        self._last = sent.id or self._last  # a new connection begins with the state, which has no id
        self.is_over = sent.event == "end"
        return Event(sent.event, json.loads(sent.data))

    def lost(self, outcome: Outcome) -> float:
        """Seconds to wait before the next connection. Raises NSTError after `patience_seconds` without an event."""
        return self._attempts.send(outcome)


class Client(_Connection):
    """A client of one server. Methods raise the errors of `nst_core.errors`, or ServerError."""

    def __init__(self, address: str, *, transport: httpx.BaseTransport | None = None, **options: Any) -> None:
        """`address` of the server, such as http://localhost:8501; `options` are token, secret, patience_seconds."""
        super().__init__(address, **options)
        self._http = httpx.Client(**self._options, transport=transport)

    submit = _blocking(calls.submit)
    submit_film = _blocking(calls.submit_film)
    stylize = _blocking(calls.stylize)
    run = _blocking(calls.run)
    stop = _blocking(calls.stop)
    pause = _blocking(calls.pause)
    resume = _blocking(calls.resume)
    steer = _blocking(calls.steer)
    delete = _blocking(calls.delete)
    picture = _blocking(calls.picture)
    film = _blocking(calls.film)
    curve = _blocking(calls.curve)
    upload = _blocking(calls.upload)
    presets = _blocking(calls.presets)
    styles = _blocking(calls.styles)
    estimate = _blocking(calls.estimate)
    measure = _blocking(calls.measure)

    def events(self, run: str) -> Iterator[Event]:
        """Yield the events of a run until it is over.

        A lost connection is opened again and resumes after the last event.
        """
        following = _Following(run, self._patience_seconds)
        while not following.is_over:
            outcome: Outcome = httpx.RemoteProtocolError("the stream ended before the run did")
            try:
                with connect_sse(self._http, **following.request) as source:
                    if source.response.is_error:
                        source.response.read()
                        outcome = source.response
                    else:
                        yield from filter(None, map(following.event, source.iter_sse()))
            except httpx.TransportError as error:
                outcome = error
            if not following.is_over:
                time.sleep(following.lost(outcome))

    def wait(self, run: str) -> Run:
        """Wait until a run is over."""
        return made(Run, next(event for event in self.events(run) if event.name == "end").data)

    def perform(self, call: Call[T]) -> T:
        """Perform a call, again where that is safe."""
        attempts = performing(call, self._patience_seconds)
        pause = next(attempts)
        while True:
            time.sleep(pause)
            try:
                outcome: Outcome = self._http.request(call.method, call.path, **call.options)
            except httpx.TransportError as error:
                outcome = error
            try:
                pause = attempts.send(outcome)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()


class AsyncClient(_Connection):
    """A client of one server for asyncio; otherwise like `Client`."""

    def __init__(self, address: str, *, transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> None:
        """See `Client`."""
        super().__init__(address, **options)
        self._http = httpx.AsyncClient(**self._options, transport=transport)

    submit = _awaitable(calls.submit)
    submit_film = _awaitable(calls.submit_film)
    stylize = _awaitable(calls.stylize)
    run = _awaitable(calls.run)
    stop = _awaitable(calls.stop)
    pause = _awaitable(calls.pause)
    resume = _awaitable(calls.resume)
    steer = _awaitable(calls.steer)
    delete = _awaitable(calls.delete)
    picture = _awaitable(calls.picture)
    film = _awaitable(calls.film)
    curve = _awaitable(calls.curve)
    upload = _awaitable(calls.upload)
    presets = _awaitable(calls.presets)
    styles = _awaitable(calls.styles)
    estimate = _awaitable(calls.estimate)
    measure = _awaitable(calls.measure)

    async def events(self, run: str) -> AsyncIterator[Event]:
        """See `Client.events`."""
        following = _Following(run, self._patience_seconds)
        while not following.is_over:
            outcome: Outcome = httpx.RemoteProtocolError("the stream ended before the run did")
            try:
                async with aconnect_sse(self._http, **following.request) as source:
                    if source.response.is_error:
                        await source.response.aread()
                        outcome = source.response
                    else:
                        async for sent in source.aiter_sse():
                            if event := following.event(sent):
                                yield event
            except httpx.TransportError as error:
                outcome = error
            if not following.is_over:
                await asyncio.sleep(following.lost(outcome))

    async def wait(self, run: str) -> Run:
        """Wait until a run is over."""
        *_, last = [event async for event in self.events(run) if event.name == "end"]
        return made(Run, last.data)

    async def perform(self, call: Call[T]) -> T:
        """Perform a call, again where that is safe."""
        attempts = performing(call, self._patience_seconds)
        pause = next(attempts)
        while True:
            await asyncio.sleep(pause)
            try:
                outcome: Outcome = await self._http.request(call.method, call.path, **call.options)
            except httpx.TransportError as error:
                outcome = error
            try:
                pause = attempts.send(outcome)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
