"""An HTTP server on the loopback address whose answers a test chooses."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Server:
    """A loopback server: `routes` maps a path to bytes, or to a function that answers."""

    address: str
    routes: dict[str, bytes | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            self.server.state.hits[self.path] += 1  # type: ignore[attr-defined]
            answer = state.routes.get(self.path)
            if callable(answer):
                answer(self)
            elif answer is None:
                self.send_error(404)
            else:
                send(self, answer)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{httpd.server_port}")
    httpd.state = state  # type: ignore[attr-defined]
    httpd.handle_error = lambda *_: None  # type: ignore[method-assign] # clients that give up are the point
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield state
    httpd.shutdown()
    httpd.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, *, length: int | None = None, kind: str = "") -> None:
    """Answer 200 with a body, whatever length it claims."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    if kind:
        handler.send_header("Content-Type", kind)
    handler.end_headers()
    handler.wfile.write(body)
