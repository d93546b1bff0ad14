"""The largest body of a request: refused from its header where that tells its length, otherwise while it arrives."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from nst_core.api.problems import TOO_LARGE, answer
from nst_core.server.asgi import Application, Message, Receive, Scope, Send, header

ENVELOPE_BYTES = 256 * 1024
"""What a body may have beside its pictures: the recipe, boundaries and names."""
PICTURES = 10
"""Pictures of the largest size that fit into one request; a run has a photograph, styles and perhaps a start."""


class BodyLimit:
    """Middleware that ends a request whose body is too large with status 413."""

    def __init__(self, app: Application, most_bytes: int) -> None:
        """`most_bytes` is the size of the largest body."""
        self._app, self._most = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = header(scope, b"content-length")
        if told.isdecimal() and int(told) > self._most:
            await answer(TOO_LARGE, self._sentence(), headers={"connection": "close"})(scope, receive, send)
            return
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise HTTPException(TOO_LARGE.status, self._sentence())
            return message

        await self._app(scope, counting, send)

    def _sentence(self) -> str:
        return f"a request may have {self._most / 2**20:.0f} MB; send fewer or smaller pictures"
