"""HEAD is answered like GET, without the body: monitors and caches ask so."""

from __future__ import annotations

from nst_core.server.asgi import Application, Message, Receive, Scope, Send

STREAMS = ("/events",)
"""Ends of the addresses whose answers last for as long as the client listens."""


class Heads:
    """Middleware that asks the application with GET, and leaves out the body of its answer."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].endswith(STREAMS):
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)
