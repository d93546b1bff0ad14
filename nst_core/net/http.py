"""The one downloader of pictures: http(s) only, every wait and every size bounded.

Addresses of our own catalogue come here, and those that visitors type: for these, `public_only` refuses hosts that are
not on the public internet, at the first address and at every hop; see `nst_core.net.ssrf_guard`.
"""

from __future__ import annotations

import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import urlsplit

from nst_core import __version__
from nst_core.errors import FetchError
from nst_core.net import ssrf_guard

USER_AGENT = f"nst-studio/{__version__} (neural style transfer demo; Python urllib)"
MAX_REDIRECTS = 3
BLOCK_BYTES = 64 * 1024


def fetch(
    url: str,
    *,
    public_only: bool = False,
    max_bytes: int = 20 * 2**20,
    timeout_seconds: float = 5.0,
    total_seconds: float = 20.0,
) -> bytes:
    """The bytes at an address.

    Args:
        url: an http or https address.
        public_only: whether it must be on the public internet; for every address that is not our own.
        max_bytes: more than this is not read.
        timeout_seconds: longest wait for a connection and between two pieces of the answer.
        total_seconds: longest time for all of it.

    Raises:
        FetchError: no connection, an error answer, too slow, too large, cut off, a web page instead of a file, or not
            public.
    """
    outcome: queue.SimpleQueue[bytes | FetchError] = queue.SimpleQueue()
    deadline = time.monotonic() + total_seconds + 1  # of the thread, which ends itself once nobody waits for it

    def work() -> None:
        try:
            outcome.put(_fetched(_checked(url, public_only), public_only, max_bytes, timeout_seconds, deadline))
        except FetchError as error:
            outcome.put(error)

    # In a thread, because neither a name look-up nor an answer's headers can be given a total time otherwise.
    threading.Thread(target=work, name="nst-fetch", daemon=True).start()
    try:
        got = outcome.get(timeout=total_seconds)
    except queue.Empty:
        raise FetchError(f"{_host(url)} must answer within {total_seconds:g} s, got no end of it; try again") from None
    if isinstance(got, FetchError):
        raise got
    return got


def _fetched(url: str, public_only: bool, max_bytes: int, timeout_seconds: float, deadline: float) -> bytes:
    headers = {"User-Agent": USER_AGENT, "Accept": "image/*"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - `_checked` allows http and https alone
    try:
        guard = ssrf_guard.handlers() if public_only else ()
        opener = urllib.request.build_opener(_Redirects(public_only), *guard)
        with opener.open(request, timeout=timeout_seconds) as answer:
            if answer.headers.get_content_type() in ("text/html", "application/xhtml+xml"):
                raise FetchError(f"{_host(url)} must answer with a picture, got a web page; try again later")
            return _body(answer, url, max_bytes, deadline)
    except FetchError:
        raise
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError(f"{_host(url)} must answer 200, got {error.code}; try again later") from None
    except Exception as error:  # noqa: BLE001 - whatever the network and urllib raise, the picture did not come
        reason = getattr(error, "reason", None) or error
        raise FetchError(f"{_host(url)} must be reachable, got: {reason}; check the internet connection") from None


def _body(answer: http.client.HTTPResponse, url: str, max_bytes: int, deadline: float) -> bytes:
    pieces, size = [], 0
    # read1 returns what has come, so that a slow drip meets the deadline.
    while block := answer.read1(BLOCK_BYTES):
        pieces.append(block)
        size += len(block)
        if size > max_bytes:
            raise FetchError(f"{_host(url)} must answer with at most {max_bytes:,} bytes, got more; choose another")
        if time.monotonic() > deadline:
            raise FetchError(f"{_host(url)} must answer in time, got {size:,} bytes; try again later")
    stated = answer.headers.get("Content-Length", "")
    if stated.isdigit() and size < int(stated):
        raise FetchError(f"{_host(url)} must answer with {stated} bytes, got {size:,}; try again")
    return b"".join(pieces)


def _checked(url: str, public_only: bool) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        known = None
    if not known:
        raise FetchError(f"an address must begin with http:// or https://, got {url[:80]!r}; correct it")
    if public_only:
        ssrf_guard.check_address(url)
    return url


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the address"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Few redirects, each checked like the first address."""

    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def __init__(self, public_only: bool) -> None:
        self._public_only = public_only

    def redirect_request(  # noqa: PLR0913 - urllib's own signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request, if its address is allowed. Raises FetchError."""
        return super().redirect_request(req, fp, code, msg, headers, _checked(newurl, self._public_only))
