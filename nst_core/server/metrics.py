"""Streamlit's metrics: closed on the public address, served on a private one if the operator names it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from nst_core.server.asgi import Application, Receive, Scope, Send, answer

_LOGGER = logging.getLogger(__name__)
_ROUTE = "/_stcore/metrics"
_STOP_SECONDS = 2.0
_PRIVATE = "nst.private_address"
"""The key in the scope of a request that came to the private address."""


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


def metrics_only(app: Application) -> Application:
    """The application of the private address: the metrics of `app`, at `/metrics` and at their usual path."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("/metrics", _ROUTE):
            await app({**scope, "path": _ROUTE, "raw_path": _ROUTE.encode(), _PRIVATE: True}, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await answer(scope, send, 404, "This address serves /metrics and nothing else.")

    return serve


class InnerServer(uvicorn.Server):
    """A server that does not handle the process's signals, which the main server handles."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving_metrics(app: Application, address: tuple[str, int] | None) -> AsyncIterator[None]:
    """Serve the metrics of `app` on `address` (host, port) within the context; not at all if it is None.

    An address that is in use is only logged, because the app must start in any case.
    """
    if address is None:
        yield
        return
    host, port = address
    config = uvicorn.Config(
        metrics_only(app), host=host, port=port, lifespan="off", log_config=None, access_log=False, ws="none"
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
