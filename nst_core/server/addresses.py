"""The visitor's network address of a request, behind trusted proxies; the app gets only a keyed hash of it.

The key is made anew at each start, so that nobody can compute an address from a hash; servers that share their runs
have one key from their database. Pages read the hash from a request header that is set here; a header of that name from
the client is replaced.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
import secrets
from collections import Counter
from collections.abc import Sequence

from nst_core.server.asgi import Application, Receive, Scope, Send, answer, header
from nst_core.system.rates import RateLimit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HEADER = "X-Nst-Address"
"""The request header with the keyed hash of the visitor's address."""
IPV6_PREFIX = 64
"""The part of an IPv6 address that a provider gives to one customer: the customer may choose the rest."""
RETRY_SECONDS = 60.0
"""When an address with too many open pages is told to try again."""
_LOGGER = logging.getLogger(__name__)
_key = secrets.token_bytes(32)
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")
_NO_PAGE = re.compile(r"/(static|_stcore|media|component|healthz|readyz|api)(/|$)|/[^/]+\.(png|ico|json|txt)$")


def visitors_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address of the visitor: the nearest address in the chain that is not one of our proxies.

    Args:
        peer: the address of the machine that has connected to us.
        forwarded_for: X-Forwarded-For, to which each proxy adds the address that has connected to it.
        trusted: the networks of our proxies; headers from other machines are ignored.
    """
    hops = [*(_without_port(hop.strip()) for hop in forwarded_for.split(",") if hop.strip()), peer]
    for hop in reversed(hops):
        if not is_in(hop, trusted):
            return hop
    return hops[0]


def _without_port(hop: str) -> str:
    """An address without the port that some proxies add: with it, each connection would count as another visitor."""
    found = _WITH_PORT.fullmatch(hop)
    return (found[1] or found[2]) if found else hop


def is_in(text: str, networks: Sequence[Network]) -> bool:
    """Whether a text is an address in one of the networks."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def peer_of(scope: Scope) -> str:
    """The address of the machine that has connected to us.

    Uvicorn trusts X-Forwarded-For from every program on this machine: it replaces the peer by that address, with port
    0. Only the operator knows whether such a program is a proxy.
    """
    host, port = scope.get("client") or ("", 0)
    return "127.0.0.1" if port == 0 and header(scope, b"x-forwarded-for") else str(host)


def use_key(key: bytes) -> None:
    """Hash addresses with this key, so that limits on an address count the runs of all servers that have it."""
    global _key  # noqa: PLW0603 - one for the process, as the one that is made at its start
    _key = key


def keyed_hash(address: str) -> str:
    """A hash of an address, 16 hex digits, the same for all IPv6 addresses of one customer; "" for ""."""
    if not address:
        return ""
    try:
        known = ipaddress.ip_address(address)
        mapped = getattr(known, "ipv4_mapped", None)
        if mapped is None and known.version == 6:
            known = ipaddress.ip_network(f"{address.partition('%')[0]}/{IPV6_PREFIX}", strict=False).network_address
        address = str(mapped or known)
    except ValueError:
        pass  # no IP address but a name, for instance of a socket file: it is hashed as text
    return hashlib.blake2b(address.encode(), key=_key, digest_size=8).hexdigest()


class Addresses:
    """Middleware that passes each visitor's hash to the app, and limits the pages of one address.

    An open page costs the server a few MB for as long as its WebSocket is open.
    """

    def __init__(
        self, app: Application, trusted: Sequence[Network], openings_per_minute: int, most_pages: int = 150
    ) -> None:
        """Limit the openings of pages in a minute, and the pages that are open at once.

        Args:
            app: gets the requests that pass.
            trusted: the networks of our proxies.
            openings_per_minute: of one address; a page takes two openings, its own and its WebSocket's.
            most_pages: the most WebSockets of one address that are open at once.
        """
        self._app, self._trusted = app, tuple(trusted)
        self._rate, self._per_minute = RateLimit(openings_per_minute), openings_per_minute
        self._most_pages, self._pages = most_pages, Counter[str]()
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its address's hash, or refuse it with status 429."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        forwarded = header(scope, b"x-forwarded-for")
        self._warn_of_unknown_proxy(forwarded)
        address = keyed_hash(visitors_address(peer_of(scope), forwarded, self._trusted))
        if _opens(scope) and (wait := self._rate.wait_seconds(address)):
            _LOGGER.warning("Address %s opens more than %d pages a minute", address, self._per_minute)
            sentence = f"One network address may open {self._per_minute} pages in a minute; try again in {wait:.0f} s."
            await answer(scope, send, 429, sentence, retry_after_seconds=wait)
            return
        name = HEADER.lower().encode()
        headers = [*(pair for pair in scope["headers"] if pair[0].lower() != name), (name, address.encode())]
        scope = {**scope, "headers": headers}
        if scope["type"] == "websocket" and address:
            await self._page(address, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _page(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a page's WebSocket on until it is closed, or refuse it with status 429."""
        if self._pages[address] >= self._most_pages:
            _LOGGER.warning("Address %s has %d pages open, which is the most", address, self._most_pages)
            sentence = f"One network address may have {self._most_pages} pages open at once; close one and reload this."
            await answer(scope, send, 429, sentence, retry_after_seconds=RETRY_SECONDS)
            return
        self._pages[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._pages[address] -= 1
            if not self._pages[address]:
                del self._pages[address]

    def _warn_of_unknown_proxy(self, forwarded: str) -> None:
        if forwarded and not self._trusted and not self._warned:
            self._warned = True
            _LOGGER.warning("A proxy passes requests on, and all its visitors count as one; set NST_TRUSTED_PROXIES")


def _opens(scope: Scope) -> bool:
    """Whether a request opens a page, or the WebSocket of one."""
    if scope["type"] == "websocket":
        return True
    return scope["method"] == "GET" and not _NO_PAGE.search(scope["path"])
