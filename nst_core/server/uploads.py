"""Quotas on uploads, checked before and while a file is read: Streamlit itself limits only the size of one file."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Collection, Mapping
from pathlib import PurePath

from nst_core.server.asgi import Application, Message, Receive, Scope, Send, answer, header
from nst_core.server.upload_ledger import ENVELOPE_BYTES, UploadLedger, UploadRefusedError
from nst_core.system.rates import RateLimit

BODY_SECONDS = 300.0
"""The longest time that one file may take to arrive."""
_HEAD_BYTES = 8 * 1024
"""The longest head of a body: the boundary and the headers of its first part."""
_ROUTE = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)/?$")
_FILE_NAME = re.compile(rb'filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


class Uploads:
    """Middleware before Streamlit's upload route; it passes on uploads that its ledger has room for."""

    def __init__(self, app: Application, ledger: UploadLedger, film_suffixes: Collection[str] = ()) -> None:
        """`film_suffixes`: the endings of the names of films, which may be larger, in lower case, without a dot.

        Every other name passes: the pages open a file by its content, and say what is wrong with it.
        """
        self._app, self._ledger = app, ledger
        self._suffixes = dict.fromkeys(film_suffixes, ledger.limits.largest_bytes)
        self._rate = RateLimit(ledger.limits.per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request if it is an upload, and pass on all others."""
        target = _ROUTE.search(scope["path"]) if scope["type"] == "http" else None
        if target is None or scope["method"] not in ("PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        request = _UploadRequest(self._app, self._ledger, self._suffixes, target["session"], target["file"])
        try:
            # before the rate: invented sessions must not fill the table of rates
            self._ledger.require(request.session, request.file)
            if wait := self._rate.wait_seconds(request.session):
                most = self._ledger.limits.per_minute
                raise UploadRefusedError(429, f"One page may send {most} files in a minute; try again later.", wait)
            await request.perform(scope, receive, send)
        except UploadRefusedError as refusal:
            if request.answered:
                raise
            sentence, seconds = str(refusal), refusal.retry_after_seconds
            await answer(scope, send, refusal.status, sentence, retry_after_seconds=seconds, refused=receive)


class _UploadRequest:
    """One upload request: the bytes received so far, and the answer."""

    def __init__(
        self, app: Application, ledger: UploadLedger, suffixes: Mapping[str, int], session: str, file: str
    ) -> None:
        """`suffixes`: the endings of larger files, and the most bytes of a file with it."""
        self.session, self.file = session, file
        self.answered = False
        self._app, self._ledger, self._suffixes = app, ledger, suffixes
        self._size, self._head, self._named = 0, b"", False
        self._most = ledger.limits.largest_bytes  # until the name is known
        self._expected = 0
        self._done_at = time.monotonic() + BODY_SECONDS

    async def perform(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raises UploadRefusedError as soon as it is too large or no file."""
        succeeded = False

        async def noting(message: Message) -> None:
            nonlocal succeeded
            if message["type"] == "http.response.start":
                self.answered, succeeded = True, message["status"] < 400
            await send(message)

        if scope["method"] == "DELETE":
            await self._app(scope, receive, noting)
            if succeeded:
                self._ledger.restore(self.session, self.file, None)
            return
        self._expected = self._announced(scope)
        before = self._ledger.hold(self.session, self.file, self._expected)

        async def checked() -> Message:
            message = await self._next(receive)
            self._check(message.get("body", b""), is_last=not message.get("more_body"))
            return message

        try:
            await self._app(scope, checked, noting)
        finally:
            if not succeeded:
                self._ledger.restore(self.session, self.file, before)

    def _announced(self, scope: Scope) -> int:
        """The body's size as the request states it; 0 if it states none. Raises UploadRefusedError if too many."""
        length = header(scope, b"content-length")
        if not length:
            return 0
        if not length.isascii() or not length.isdecimal():
            raise UploadRefusedError(400, "The length of the file must be a whole number.")
        self._check_size(int(length))
        return int(length)

    async def _next(self, receive: Receive) -> Message:
        try:
            return await asyncio.wait_for(receive(), max(0.0, self._done_at - time.monotonic()))
        except TimeoutError:
            minutes = BODY_SECONDS / 60
            raise UploadRefusedError(408, f"A file must arrive within {minutes:.0f} minutes; try again.") from None

    def _check(self, chunk: bytes, *, is_last: bool) -> None:
        self._size += len(chunk)
        self._check_size(self._size)
        self._ledger.hold_at_least(self.session, self.file, self._size)
        if not self._named:
            self._head += chunk
            self._check_name(is_last=is_last)

    def _check_size(self, size: int) -> None:
        if size > self._most + ENVELOPE_BYTES:
            raise UploadRefusedError(413, f"A file may have {self._most / 2**20:.0f} MB at most; take a smaller one.")

    def _check_name(self, *, is_last: bool) -> None:
        head, end, _ = self._head[:_HEAD_BYTES].partition(b"\r\n\r\n")
        if not end:
            if is_last or len(self._head) >= _HEAD_BYTES:
                raise UploadRefusedError(400, "The request must hold one file, as a page sends it.")
            return
        name = _FILE_NAME.search(head)
        if name is None:
            raise UploadRefusedError(400, "The request must hold one file, as a page sends it.")
        suffix = PurePath(name[1].decode("utf-8", "replace")).suffix.lower().lstrip(".")
        self._named, self._head = True, b""
        self._most = self._suffixes.get(suffix, self._ledger.limits.file_bytes)
        self._check_size(max(self._size, self._expected))
