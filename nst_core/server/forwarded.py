"""The address that the visitor requested, as a trusted proxy reports it: scheme, host, and the path before ours.

Absolute addresses, for instance of redirections, are built from scheme and host. The path before ours
(X-Forwarded-Prefix, set by a proxy that removes it) is put before every link of the API; the pages' links are relative.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nst_core.server.addresses import Network, is_in, peer_of
from nst_core.server.asgi import Application, Receive, Scope, Send, header

_SCHEMES = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_API = "/api/"


class Forwarded:
    """Middleware that trusts X-Forwarded-Proto, -Host and -Prefix from our proxies only."""

    def __init__(self, app: Application, trusted: Sequence[Network]) -> None:
        """`trusted` are the networks of our proxies."""
        self._app, self._trusted = app, tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the scheme, host and path that the visitor requested."""
        if scope["type"] in _SCHEMES and is_in(peer_of(scope), self._trusted):
            scope = _as_asked(scope)
        await self._app(scope, receive, send)


def _as_asked(scope: Scope) -> Scope:
    scheme = _SCHEMES[scope["type"]].get(_nearest(scope, b"x-forwarded-proto"), scope["scheme"])
    asked = {**scope, "scheme": scheme}
    host = _nearest(scope, b"x-forwarded-host")
    if _HOST.fullmatch(host):
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"host"]
        asked["headers"] = [*others, (b"host", host.encode())]
    prefix = _nearest(scope, b"x-forwarded-prefix").rstrip("/")
    if _PREFIX.fullmatch(prefix) and scope["path"].startswith(_API):
        # In ASGI a path begins with its root. Streamlit finds its own routes by the path alone, so these stay
        # unchanged.
        asked |= {"root_path": prefix + scope.get("root_path", ""), "path": prefix + scope["path"]}
        asked["raw_path"] = prefix.encode() + scope.get("raw_path", scope["path"].encode())
    return asked


def _nearest(scope: Scope, name: bytes) -> str:
    """The value from the proxy next to us: the last of several."""
    return header(scope, name).rpartition(",")[2].strip()
