"""The server's metrics: closed on the public address, served on a private one if the operator names it.

They are this server's own, and Streamlit's after them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from nst_core.server.asgi import Application, Message, Receive, Scope, Send, answer
from nst_core.server.monitoring.exposition import CONTENT_TYPE, END, joined

_LOGGER = logging.getLogger(__name__)
_ROUTE = "/_stcore/metrics"
_STOP_SECONDS = 2.0
_PRIVATE = "nst.private_address"
"""The key in the scope of a request that came to the private address."""
_AS_TEXT = (b"accept", b"accept-encoding")
"""Headers with which Streamlit might answer with something other than text."""


class ClosedMetrics:
    """Middleware that answers 404 to a request for the metrics, unless it came to the private address."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request for the metrics, and pass on every other one."""
        is_metrics = scope["type"] == "http" and scope["path"].rstrip("/").endswith(_ROUTE)
        if is_metrics and not scope.get(_PRIVATE):
            await answer(scope, send, 404, "The server's metrics are not public.")
        else:
            await self._app(scope, receive, send)


def metrics_only(app: Application, own: Callable[[], bytes], base: str = "") -> Application:
    """The application of the private address, which answers at `/metrics`, and at Streamlit's path, with all metrics.

    Args:
        app: the server's application, which has Streamlit's metrics.
        own: gives this server's metrics as text; it may block.
        base: the path that all of Streamlit's own begin with: "" or "/path".
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("/metrics", _ROUTE):
            text = joined(await asyncio.to_thread(own), await _streamlits(app, scope, receive, base))
            await _answer(send, b"" if scope["method"] == "HEAD" else text)
        elif scope["type"] in ("http", "websocket"):
            await answer(scope, send, 404, "This address serves /metrics and nothing else.")

    return serve


async def _streamlits(app: Application, scope: Scope, receive: Receive, base: str) -> bytes:
    """Streamlit's metrics as text; empty if it gives none."""
    chunks: list[bytes] = []

    async def collect(message: Message) -> None:
        chunks.append(message.get("body", b""))

    headers = [(name, value) for name, value in scope["headers"] if name not in _AS_TEXT]
    path = f"{base}{_ROUTE}"
    inner = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers, _PRIVATE: True}
    try:
        await app(inner, receive, collect)
    except Exception:  # of another program's handler; our own metrics must be served without its
        _LOGGER.exception("Streamlit's metrics are left out")
        return b""
    return b"".join(chunks)


async def _answer(send: Send, text: bytes) -> None:
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


class InnerServer(uvicorn.Server):
    """A server that does not handle the process's signals, which the main server handles."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving_metrics(
    app: Application, address: tuple[str, int] | None, own: Callable[[], bytes] = lambda: END, base: str = ""
) -> AsyncIterator[None]:
    """Serve the metrics of `app` on `address` (host, port) within the context; not at all if it is None.

    An address that is in use is only logged, because the app must start in any case. `own`, `base`: see `metrics_only`.
    """
    if address is None:
        yield
        return
    host, port = address
    config = uvicorn.Config(
        metrics_only(app, own, base), host=host, port=port, lifespan="off", log_config=None, access_log=False, ws="none"
    )
    server = InnerServer(config)
    task = asyncio.create_task(_run(server, f"{host}:{port}"))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=_STOP_SECONDS)


async def _run(server: uvicorn.Server, address: str) -> None:
    try:
        await server.serve()
    except SystemExit:  # uvicorn exits if the address cannot be used
        _LOGGER.error("The metrics cannot be served on %s; name a free address in NST_METRICS_ADDRESS", address)
