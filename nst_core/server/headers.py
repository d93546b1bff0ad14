"""Security headers on every answer, also on errors and refused WebSockets."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Sequence

from nst_core.server.asgi import REFUSAL_EXTENSION, Application, Message, RawHeaders, Receive, Scope, Send, answer

_LOGGER = logging.getLogger(__name__)
ISOLATION = {"cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp"}
"""Headers of isolated pages, on every answer: a worker's script needs the second one too."""
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_script_hashes(html: str) -> list[str]:
    """The hashes, as CSP sources, of the scripts that stand in a page itself."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def content_security_policy(script_hashes: Sequence[str] = (), frame_ancestors: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of the app: everything comes from the server itself.

    Streamlit needs three exceptions. It imports a component's script from a blob that it has made of the server's
    message; it writes style elements and attributes; its icons and our thumbnails are data addresses. Pages that paint
    on the visitor's device need two more: workers whose script is a blob, and compiling WebAssembly; neither runs text.

    Args:
        script_hashes: hashes of the scripts in the page itself; see `inline_script_hashes`.
        frame_ancestors: origins whose pages may show the app in a frame; none if empty.
    """
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *script_hashes],
        "worker-src": ["'self'", "blob:"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", "data:", "blob:"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": list(frame_ancestors) or ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def security_headers(
    script_hashes: Sequence[str] = (), frame_ancestors: Sequence[str] = (), *, isolated: bool = False
) -> dict[str, str]:
    """All security headers, by name.

    Args:
        script_hashes, frame_ancestors: as `content_security_policy` takes them.
        isolated: whether to isolate pages from those of other origins, which gives WebAssembly threads: browsers share
            memory between threads only in such pages.
    """
    headers = ISOLATION if isolated else {}
    headers = headers | {
        "content-security-policy": content_security_policy(script_hashes, frame_ancestors),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",  # addresses contain the ids of runs
        "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    }
    if not frame_ancestors:
        headers["x-frame-options"] = "DENY"
    elif list(frame_ancestors) == ["'self'"]:
        headers["x-frame-options"] = "SAMEORIGIN"
    return headers  # the older header cannot name other origins; browsers follow the policy


class SecurityHeaders:
    """Middleware that adds headers to every answer.

    The outermost one, so that it covers answers of other middleware too.
    """

    def __init__(self, app: Application, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a bug becomes an answer with status 500 and one entry in the log."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "websocket.close" and not begun and _can_refuse(scope):
                # The server's own answer 403 would have no headers.
                await answer(scope, send_with_headers, 403, "This WebSocket must come from a page of this server.")
                return
            if message["type"] in ("http.response.start", f"{REFUSAL_EXTENSION}.start", "websocket.accept"):
                message = {**message, "headers": self._with_ours(message.get("headers") or ())}
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            if begun or (scope["type"] == "websocket" and not _can_refuse(scope)):
                raise
            _LOGGER.exception("A request ended with a bug")  # Starlette's own answer would have no headers
            await answer(scope, send_with_headers, 500, "The server has a fault; please try again.")

    def _with_ours(self, headers: RawHeaders) -> list[tuple[bytes, bytes]]:
        ours = {name for name, _ in self._headers}
        return [*(pair for pair in headers if pair[0].lower() not in ours), *self._headers]


def _can_refuse(scope: Scope) -> bool:
    return scope["type"] == "websocket" and REFUSAL_EXTENSION in (scope.get("extensions") or {})
