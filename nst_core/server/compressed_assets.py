"""Streamlit's scripts and style sheets in gzip, each compressed once for all visitors.

Streamlit sends them as they are, 5 MB for a first page: compressing them anew for each visitor would cost more than it
saves. Their names contain a hash of their bytes, so one compression lasts as long as the server.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from nst_core.server.asgi import FOREVER, Application, Message, Receive, Scope, Send, header, takes_gzip

LEVEL = 6
"""The level of gzip: level 9 takes a third longer and saves 0.3 %."""
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
"""The files that are compressed, by suffix: pictures and fonts are so already."""


@dataclass(frozen=True)
class _Compressed:
    """A compressed file and its strong entity tag, which the plain file must not have: ranges of them differ."""

    body: bytes
    tag: str


class CompressedAssets:
    """Middleware that answers requests for Streamlit's scripts and style sheets if the browser takes gzip.

    Everything else is passed on, and so are requests for a part of a file. What is compressed stays in memory: 2 MB
    after a visit to all pages, and 7 MB at most, since only files that exist are listed.
    """

    def __init__(self, app: Application, folder: Path, base: str = "") -> None:
        """`folder` is that of Streamlit's files, whose folder `static` is served; `base` is "" or "/path"."""
        self._app = app
        self._files = {
            f"{base}/{path.relative_to(folder).as_posix()}": path
            for path in (folder / "static").rglob("*")
            if path.suffix in MEDIA_TYPES
        }
        self._compressed: dict[str, _Compressed | None] = {}
        self._compressing = asyncio.Lock()  # many first visitors at once: one of them has it done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the compressed file, or pass the request on."""
        if scope["type"] != "http" or scope["path"] not in self._files or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if takes_gzip(header(scope, b"accept-encoding")) and not header(scope, b"range"):
            compressed = await self._found(scope["path"])
            if compressed is not None:
                await _answer(compressed, scope)(scope, receive, send)
                return
        await self._app(scope, receive, _varying(send))

    async def _found(self, path: str) -> _Compressed | None:
        """The compressed file of a path; None if it would not become smaller."""
        async with self._compressing:
            if path not in self._compressed:
                self._compressed[path] = await asyncio.to_thread(_compress, self._files[path])
            return self._compressed[path]


def _compress(path: Path) -> _Compressed | None:
    plain = path.read_bytes()
    body = gzip.compress(plain, LEVEL, mtime=0)
    return _Compressed(body, f'"{hashlib.sha256(plain).hexdigest()[:32]}-gzip"') if len(body) < len(plain) else None


def _answer(compressed: _Compressed, scope: Scope) -> Response:
    headers = {"cache-control": FOREVER, "etag": compressed.tag, "vary": "accept-encoding"}
    if compressed.tag in header(scope, b"if-none-match"):
        return Response(status_code=304, headers=headers)
    headers |= {"content-encoding": "gzip", "content-length": str(len(compressed.body))}
    body = compressed.body if scope["method"] == "GET" else b""
    return Response(body, headers=headers, media_type=MEDIA_TYPES[Path(scope["path"]).suffix])


def _varying(send: Send) -> Send:
    """Tell caches that the answer depends on what the browser takes."""

    async def varying(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).add_vary_header("accept-encoding")
        await send(message)

    return varying
