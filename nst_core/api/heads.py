"""HEAD is answered like GET, without the body: monitors and caches ask so."""

from __future__ import annotations

from nst_core.server.asgi import Application, Message, Receive, Scope, Send

STREAMS = ("/events",)
"""Ends of the addresses whose answers last for as long as the client listens."""
_BY_PATH = "http.response.pathsend"
"""The extension of ASGI by which an application names a file instead of reading it."""


class Heads:
    """Middleware that asks the application with GET, and leaves out the body of its answer.

    A film's file is not read for that: the application is told that the server reads files itself. The header Range
    has no meaning here (RFC 9110, section 14.2).
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].endswith(STREAMS):
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == _BY_PATH:
                message = {"type": "http.response.body"}
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked = {
            **scope,
            "method": "GET",
            "headers": [(name, value) for name, value in scope["headers"] if name != b"range"],
            "extensions": {**(scope.get("extensions") or {}), _BY_PATH: {}},
        }
        await self._app(asked, receive, send_without_body)
