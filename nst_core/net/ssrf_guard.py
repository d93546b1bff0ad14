"""Guard against server-side request forgery: an address that a visitor typed may lead to the public internet only.

Each connection resolves its host name once, requires that every address found is public, and connects to one of them.
A name that resolves differently a moment later therefore gains nothing. Proxies from the environment are ignored,
because a proxy hides the address that is connected to.
"""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import urlsplit

from nst_core.errors import FetchError
from nst_core.net.deadline import Deadline, ResolvedAddresses

PORTS = (80, 443)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


def handlers(deadline: Deadline) -> tuple[urllib.request.BaseHandler, ...]:
    """Urllib handlers that connect to public addresses only, redirects included, until the deadline."""
    return urllib.request.ProxyHandler({}), *deadline.handlers(require_public)


def check_address(url: str) -> None:
    """Check the text of an address. Raises FetchError: a port other than 80 and 443, or a user name or password."""
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
    """Whether an IP address is reachable from anywhere on the internet.

    Private, loopback, link-local, shared (CGNAT), reserved and multicast ranges are not. An IPv4 address inside an
    IPv6 address (mapped, NAT64) is judged as an IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip in _GLOBAL_UNICAST and ip not in _SIX_TO_FOUR and ip.is_global


def require_public(host: str, addresses: ResolvedAddresses) -> None:
    """Raises FetchError unless all addresses of a host are public."""
    if not all(is_public(str(target[0])) for *_, target in addresses):
        raise FetchError(
            f"{host} must be on the public internet, got an address of a private network; save the picture and "
            "upload it instead"
        )
