"""Connections to public addresses alone, for what visitors type: the server must not be led into its own network.

A name is resolved once for each connection, every address it has must be public, and the connection goes to one of
those: what the name answers a moment later no longer matters. Proxies of the environment are left aside, since behind
one nobody knows where a connection ends.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.request
from urllib.parse import urlsplit

from nst_core.errors import FetchError

PORTS = (80, 443)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


def handlers() -> tuple[urllib.request.BaseHandler, ...]:
    """What an opener of urllib needs so that each of its connections, redirects included, is to a public address."""
    return urllib.request.ProxyHandler({}), _HTTPHandler(), _HTTPSHandler()


def check_address(url: str) -> None:
    """Refuse an address by its words alone. Raises FetchError: a port of its own, or a user name inside."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise FetchError(f"an address must be well formed, got {url[:80]!r}; copy it again") from None
    if parts.username is not None or parts.password is not None:
        raise FetchError("an address must hold no user name and no password; take those out, or upload the picture")
    if port not in (None, *PORTS):
        raise FetchError(f"an address must use port 80 or 443, got {port}; save the picture and upload it instead")


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet could reach.

    Private, loopback, link-local, shared (CGNAT), reserved and multicast ranges are not; an IPv4 address inside an
    IPv6 one (mapped, NAT64) is judged as what it is.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip in _GLOBAL_UNICAST and ip not in _SIX_TO_FOUR and ip.is_global


def connect(host: str, port: int, timeout_seconds: float | None) -> socket.socket:
    """A connection to a host all of whose addresses are public. Raises FetchError if one is not, OSError as sockets do.

    Args:
        host: a name or a literal address in any spelling that the system's resolver takes.
        port: where to.
        timeout_seconds: longest wait for each address, and later for each piece of an answer.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(is_public(str(where[0])) for *_, where in found):
        raise FetchError(
            f"{host} must be on the public internet, got an address of a private network; save the picture and "
            "upload it instead"
        )
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, where in found:
        wire = socket.socket(family, kind, protocol)
        try:
            wire.settimeout(timeout_seconds)
            wire.connect(where)
            return wire
        except OSError as error:
            wire.close()
            failure = error
    raise failure


class _HTTPConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        """As http.client does, to a public address."""
        self.sock = connect(self.host, self.port, self.timeout)


class _HTTPSConnection(http.client.HTTPSConnection, _HTTPConnection):
    """In this order of parents, HTTPS wraps its TLS, for the name that was asked, around the connection above."""


class _HTTPHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open with our connection."""
        return self.do_open(_HTTPConnection, req)


class _HTTPSHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open with our connection, certificates checked."""
        return self.do_open(_HTTPSConnection, req)
