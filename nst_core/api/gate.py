"""Checks before a byte of a request's body is read: the rate of its address, its token, and free memory for the body.

FastAPI reads and parses a body before it runs a route's dependencies; without these checks anybody could fill the
server's memory.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections import Counter
from collections.abc import Collection

from starlette.exceptions import HTTPException

from nst_core.api import problems
from nst_core.api.problems import ProblemError, retry_after
from nst_core.server.addresses import HEADER as ADDRESS_HEADER
from nst_core.server.asgi import Application, Message, Receive, Scope, Send, header
from nst_core.settings import Settings
from nst_core.system.rates import RateLimit

PLAIN_BYTES = 128 * 1024
"""The largest body without pictures, which is JSON: a recipe has a few thousand bytes."""
ENVELOPE_BYTES = 256 * 1024
"""Bytes that a body with pictures may have beside them: the recipe, boundaries and names."""
PICTURES = 10
"""Pictures of the largest size that fit into one request; a run has a photograph, styles and perhaps a start."""
BODY_SECONDS = 120.0
"""The longest time that a body may take to arrive."""
TAIL_BYTES = 256
"""The end of a form that is searched for its last boundary, which has at most 70 characters."""
_BOUNDARY = re.compile(r"""\bboundary=(?:"([^"]{1,70})"|([^";,\s]{1,70}))""", re.IGNORECASE)
BODIES_PER_ADDRESS = 4
"""Bodies of one address that may arrive at once."""
OPEN = ("/healthz", "/readyz", "/problems", "/openapi.json", "/docs")
"""Routes for everybody, below `/v1`; none takes a body."""


class Gate:
    """Middleware: refuses requests over a limit or without a token, and counts arriving bodies."""

    def __init__(self, app: Application, settings: Settings, rate: RateLimit) -> None:
        """`rate` counts the requests of each address; the other limits are the operator's `settings`."""
        self._app, self._rate, self._per_minute = app, rate, settings.api_per_minute
        self._tokens = settings.api_tokens
        with_film = settings.film_mb + (PICTURES - 1) * settings.picture_mb
        self._most = max(PICTURES * settings.picture_mb, with_film) * 2**20 + ENVELOPE_BYTES
        self._room = BodyMemory(max(settings.upload_total_mb * 2**20, self._most))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer with a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/v1")
        is_open = any(path == route or path.startswith(f"{route}/") for route in OPEN)
        address = header(scope, ADDRESS_HEADER.lower().encode())
        most = self._limit(scope, is_open=is_open)
        try:
            if not is_open:
                self._check_rate(address)
                check_token(header(scope, b"authorization"), self._tokens)
            told = header(scope, b"content-length")
            if told.isdecimal() and int(told) > most:
                raise ProblemError(problems.TOO_LARGE, too_large(most))
        except ProblemError as problem:
            headers = {**problem.headers, "connection": "close"}
            answer = problems.answer(problem.kind, str(problem), headers=headers, root=problems.root_of(scope))
            await answer(scope, receive, send)
            return
        # no route reads the body of these methods, and an event stream stays open for long
        if scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._room, address, most, _last_boundary(header(scope, b"content-type")))
        try:
            await self._app(scope, body.receive, send)
        finally:
            body.release()

    def _check_rate(self, address: str) -> None:
        if wait := self._rate.wait_seconds(address):
            sentence = f"one network address may send {self._per_minute} requests in a minute"
            raise ProblemError(problems.RATE, sentence, headers=retry_after(wait))

    def _limit(self, scope: Scope, *, is_open: bool) -> int:
        """The bytes that this request's body may have."""
        has_pictures = header(scope, b"content-type").lower().startswith("multipart/form-data")
        return self._most if has_pictures and not is_open else PLAIN_BYTES


def check_token(authorization: str, tokens: Collection[str]) -> None:
    """Refuse a request without one of the operator's tokens, if there are any. Raises ProblemError."""
    if not tokens:
        return
    scheme, _, given = authorization.partition(" ")
    # every token is compared, so that the time tells nothing about them
    is_known = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in tokens]
    if scheme.lower() != "bearer" or not any(is_known):
        raise ProblemError(
            problems.TOKEN,
            "this server asks for a token: send the header Authorization: Bearer TOKEN",
            headers={"www-authenticate": "Bearer"},
        )


class BodyMemory:
    """Counts the bodies in memory: for each address those that still arrive, and the bytes of all.

    For use in one event loop.
    """

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes` is for all bodies together."""
        self._most, self._bytes = most_bytes, 0
        self._arriving: Counter[str] = Counter()

    def enter(self, address: str) -> None:
        """Count a body that begins to arrive. Raises HTTPException if its address has too many already."""
        if address and self._arriving[address] >= BODIES_PER_ADDRESS:
            sentence = f"one network address may send {BODIES_PER_ADDRESS} bodies at once; send one after another"
            raise HTTPException(429, sentence, retry_after(2))
        self._arriving[address] += 1

    def leave(self, address: str) -> None:
        """Stop counting a body among those that arrive: it is complete, or it was given up."""
        self._arriving[address] -= 1
        if not self._arriving[address]:
            del self._arriving[address]

    def take(self, count: int) -> None:
        """Count bytes that have just arrived. Raises HTTPException if there are too many of all requests together."""
        if self._bytes + count > self._most:
            raise HTTPException(503, "too many pictures arrive at once; try again in some seconds", retry_after(5))
        self._bytes += count

    def give_back(self, count: int) -> None:
        """Forget bytes of a request that is answered."""
        self._bytes -= count


class _Body:
    """The body of one request, counted while it arrives."""

    def __init__(self, receive: Receive, room: BodyMemory, address: str, most: int, end: bytes) -> None:
        self._receive, self._room, self._address, self._most = receive, room, address, most
        self._end, self._tail = end, b""
        self._bytes, self._is_arriving, self._has_arrived = 0, False, False
        self._until = time.monotonic() + BODY_SECONDS

    async def receive(self) -> Message:
        """The next message; raises HTTPException where the body is too large, too slow, or one too many."""
        if self._has_arrived:
            return await self._receive()  # the end of the connection
        if not self._is_arriving:
            self._room.enter(self._address)
            self._is_arriving = True
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._until - time.monotonic()))
        except TimeoutError:
            raise HTTPException(408, f"a request must arrive within {BODY_SECONDS:.0f} s") from None
        self._take(len(message.get("body", b"")))
        self._tail = (self._tail + message.get("body", b""))[-TAIL_BYTES:]
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self._arrived()
            self._check_end(message)
        return message

    def _check_end(self, last: Message) -> None:
        """Refuse a form that was cut short; otherwise its missing fields would count as left out."""
        if last["type"] == "http.request" and self._bytes and self._end not in self._tail:
            sentence = (
                "the form must end with the boundary that its Content-Type names; it was cut short, send it again"
            )
            raise HTTPException(400, sentence)

    def _take(self, count: int) -> None:
        if self._bytes + count > self._most:
            raise HTTPException(problems.TOO_LARGE.status, too_large(self._most))
        self._room.take(count)
        self._bytes += count

    def _arrived(self) -> None:
        self._has_arrived = True
        if self._is_arriving:
            self._is_arriving = False
            self._room.leave(self._address)

    def release(self) -> None:
        """Stop counting the body's bytes; called once the request is answered."""
        self._arrived()
        self._room.give_back(self._bytes)
        self._bytes = 0


def _last_boundary(content_type: str) -> bytes:
    """The last boundary of a form's body; b"" for another body, or if it is not stated."""
    found = _BOUNDARY.search(content_type) if content_type.lower().startswith("multipart/form-data") else None
    return f"--{found[1] or found[2]}--".encode("latin-1", "replace") if found else b""


def too_large(most_bytes: int) -> str:
    """The message for a body of more than `most_bytes`."""
    if most_bytes <= PLAIN_BYTES:
        return f"a request without pictures may have {most_bytes // 1024} kB; send less"
    return f"a request may have {most_bytes / 2**20:.0f} MB; send fewer or smaller pictures"
