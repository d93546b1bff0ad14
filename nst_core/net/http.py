"""HTTP requests with limits on each wait, on the size and on redirects.

`fetch` returns a small file, such as a picture, as bytes. `nst_core.net.download` writes a large file to disk, with the
helpers of this module.

Pass `public_only` for an address that a visitor typed: it refuses hosts outside the public internet, at the first
address and at every redirect (`nst_core.net.ssrf_guard`).
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import IO, TypeVar
from urllib.parse import urlsplit

from nst_core import __version__
from nst_core.errors import FetchError
from nst_core.net import ssrf_guard
from nst_core.net.deadline import Deadline, no_thread

USER_AGENT = f"nst-studio/{__version__} (neural style transfer demo; Python urllib)"
MAX_REDIRECTS = 3
BLOCK_BYTES = 64 * 1024

T = TypeVar("T")


class DeadlineError(Exception):
    """A call did not return in time."""


def fetch(  # noqa: PLR0913 - every wait and size has a limit
    url: str,
    *,
    public_only: bool = False,
    max_bytes: int = 20 * 2**20,
    timeout_seconds: float = 5.0,
    total_seconds: float = 20.0,
    on_end: Callable[[], object] = lambda: None,
) -> bytes:
    """Download a small file into memory.

    Args:
        url: an http or https address.
        public_only: refuse hosts outside the public internet; set it for every address that a visitor typed.
        max_bytes: a longer answer is refused.
        timeout_seconds: longest wait for a connection, and between two blocks of the answer.
        total_seconds: longest time for the whole download: connections are shut down then.
        on_end: called when the request has released everything. That may be after the return, because a name resolution
            cannot be interrupted.

    Raises:
        FetchError: no connection, an error status, too slow, too large, cut off, a web page instead of a file, or a
            host that is not public.
    """

    def work() -> bytes:
        with Deadline(total_seconds) as deadline:
            return _fetch(check_url(url, public_only), public_only, max_bytes, timeout_seconds, deadline)

    try:
        return call_within(total_seconds, work, on_end=on_end)
    except DeadlineError:
        raise FetchError(
            f"{host_of(url)} must answer within {total_seconds:g} s, got no end of it; try again"
        ) from None


def call_within(
    seconds: float,
    call: Callable[[], T],
    dispose: Callable[[T], object] | None = None,
    on_end: Callable[[], object] = lambda: None,
) -> T:
    """Return the result of `call`, which runs in a thread.

    A thread is the only way to limit the total time: name resolution knows no timeout.

    Args:
        seconds: longest wait for the result.
        call: the work.
        dispose: called with a result that arrives too late, for example to close it.
        on_end: called once, when the thread has done its work or could not be started.

    Raises:
        DeadlineError: the time is up; the thread continues until `call` returns.
        Exception: whatever `call` raises.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            future.set_exception(error)
        finally:
            on_end()

    def dispose_late(finished: Future[T]) -> None:
        if dispose is not None and finished.exception() is None:
            dispose(finished.result())

    try:
        threading.Thread(target=run, name="nst-http", daemon=True).start()
    except RuntimeError:  # the system has no room for another thread
        on_end()
        raise no_thread() from None
    if not wait([future], timeout=seconds).done:
        future.add_done_callback(dispose_late)
        raise DeadlineError
    return future.result()


class CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects whose address passes a check."""

    def __init__(self, check: Callable[[urllib.request.Request, str], object]) -> None:
        """`check` gets the request and the new address, and raises FetchError to refuse it."""
        self._check = check

    def redirect_request(  # noqa: PLR0913 - urllib's own signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request, if the check allows its address. Raises FetchError."""
        self._check(req, newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _FewRedirects(CheckedRedirects):
    max_redirections = MAX_REDIRECTS
    max_repeats = 2


def open_url(
    url: str, headers: Mapping[str, str], timeout_seconds: float, *handlers: urllib.request.BaseHandler
) -> http.client.HTTPResponse:
    """Open an address that was already checked. Raises what urllib raises.

    Args:
        url: an http or https address.
        headers: request headers.
        timeout_seconds: longest wait for a connection, and between two blocks of the answer.
        handlers: urllib handlers for redirects and connections.
    """
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - the caller checked the scheme
    response: http.client.HTTPResponse = urllib.request.build_opener(*handlers).open(request, timeout=timeout_seconds)
    return response


def check_url(url: str, public_only: bool) -> str:
    """Return `url`. Raises FetchError if it is no http(s) address, or one that `ssrf_guard.check_address` refuses."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        valid = None
    if not valid:
        raise FetchError(f"an address must begin with http:// or https://, got {url[:80]!r}; correct it")
    if public_only:
        ssrf_guard.check_address(url)
    return url


def content_length(response: http.client.HTTPResponse) -> int | None:
    """The number of bytes that the server announces, or None."""
    length = response.headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdigit() else None


def host_of(url: str) -> str:
    """The host name of an address, for messages; the beginning of a text that is no address."""
    try:
        return urlsplit(url).hostname or url[:80]
    except ValueError:
        return url[:80]


def reason_of(error: Exception) -> str:
    """Why a request failed, in one line of at most 160 characters; it may repeat bytes of the server."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    text = str(getattr(error, "reason", None) or error or type(error).__name__)[:160]
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _fetch(url: str, public_only: bool, max_bytes: int, timeout_seconds: float, deadline: Deadline) -> bytes:
    host = host_of(url)
    guard = ssrf_guard.handlers(deadline) if public_only else deadline.handlers()
    redirects = _FewRedirects(lambda _, target: check_url(target, public_only))
    try:
        headers = {"User-Agent": USER_AGENT, "Accept": "image/*"}
        with open_url(url, headers, timeout_seconds, redirects, *guard) as response:
            if response.headers.get_content_type() in ("text/html", "application/xhtml+xml"):
                raise FetchError(f"{host} must answer with a picture, got a web page; try again later")
            data = _read_body(response, host, max_bytes)
        if deadline.has_expired:  # it looks like the end of a body without a stated length
            raise DeadlineError
        return data
    except (FetchError, DeadlineError):
        if deadline.has_expired:
            raise DeadlineError from None
        raise
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError(f"{host} must answer 200, got {error.code}; try again later") from None
    except Exception as error:  # noqa: BLE001 - urllib and http.client raise many types for a failed connection
        if deadline.has_expired:
            raise DeadlineError from None
        raise FetchError(f"{host} must be reachable, got: {reason_of(error)}; check the internet connection") from None


def _read_body(response: http.client.HTTPResponse, host: str, max_bytes: int) -> bytes:
    blocks, size = [], 0
    while block := response.read1(BLOCK_BYTES):
        blocks.append(block)
        size += len(block)
        if size > max_bytes:
            raise FetchError(f"{host} must answer with at most {max_bytes:,} bytes, got more; choose another")
    announced = content_length(response)
    if announced is not None and size < announced:
        raise FetchError(f"{host} must answer with {announced} bytes, got {size:,}; try again")
    return b"".join(blocks)
