"""Downloads of large files to disk: an unresponsive server is given up in seconds, a short file is an error."""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nst_core.errors import FetchError
from nst_core.net.deadline import Deadline
from nst_core.net.http import CheckedRedirects, DeadlineError, call_within, content_length, host_of, open_url, reason_of

CHUNK_BYTES = 1 << 18
HEADERS = {"User-Agent": "nst-studio", "Accept-Encoding": "identity"}


class TruncatedError(FetchError):
    """The answer ended early or is a web page; a second attempt may succeed."""


@dataclass(frozen=True)
class DownloadLimits:
    """How long a download may take.

    Attributes:
        connect_seconds: longest wait for a connection, and between two bytes.
        answer_seconds: longest wait for the first byte, with name resolution, redirects and TLS.
        total_seconds: longest time for the whole download.
        slow_bytes_per_second: a download whose average is slower is given up ...
        patience_seconds: ... after this time.
    """

    connect_seconds: float = 5.0
    answer_seconds: float = 10.0
    total_seconds: float = 600.0
    slow_bytes_per_second: float = 50_000.0
    patience_seconds: float = 15.0


DEFAULT_LIMITS = DownloadLimits()


def download(url: str, target: Path, max_bytes: int, limits: DownloadLimits | None = None) -> None:
    """Download `url` into the new file `target`.

    Args:
        url: an http or https address.
        target: must not exist yet.
        max_bytes: a longer file is refused.
        limits: `DEFAULT_LIMITS` if None.

    Raises:
        FetchError: no answer in time, an error status, too slow or too large.
        TruncatedError: the connection was cut, or the server sent a web page.
    """
    limits = limits or DEFAULT_LIMITS
    host = host_of(url)
    started = time.monotonic()
    deadline = Deadline(limits.answer_seconds)
    with deadline, _open(url, limits, deadline) as response, target.open("xb") as file:
        deadline.extend(limits.total_seconds - limits.answer_seconds)
        if "text/html" in response.headers.get("Content-Type", "").lower():
            raise TruncatedError(f"{host} sent a web page instead of the file")
        announced = content_length(response)
        if announced is not None and announced > max_bytes:
            raise FetchError(f"{host} offers {announced:,} bytes, at most {max_bytes:,} are taken")
        size = 0
        for chunk in _chunks(response, host, started, limits, deadline):
            if size == 0 and chunk[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
                raise TruncatedError(f"{host} sent a web page instead of the file")
            size += file.write(chunk)
            if size > max_bytes:
                raise FetchError(f"{host} sends more than {max_bytes:,} bytes")
    if size == 0 or (announced is not None and size != announced):
        expected = "an unknown number of" if announced is None else f"{announced:,}"
        raise TruncatedError(f"{host} sent {size:,} of {expected} bytes: the connection was cut")


def is_remote(address: str) -> bool:
    """Whether an address begins with http:// or https://; anything else may be a path."""
    return address.lower().startswith(("http://", "https://"))


def _open(url: str, limits: DownloadLimits, deadline: Deadline) -> http.client.HTTPResponse:
    """The response with its headers read. Raises FetchError."""
    if not is_remote(url):
        raise FetchError(f"a source must be an http(s) address, got {url[:80]!r}")
    redirects = CheckedRedirects(_check_redirect)
    try:
        return call_within(
            limits.answer_seconds,
            lambda: open_url(url, HEADERS, limits.connect_seconds, redirects, *deadline.handlers()),
            dispose=lambda response: response.close(),
        )
    except DeadlineError:
        deadline.expire()  # ends the thread, too
        raise FetchError(f"{host_of(url)} did not answer within {limits.answer_seconds:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = f" within {limits.answer_seconds:g} s" if deadline.has_expired else f": {reason_of(error)}"
        raise FetchError(f"{host_of(url)} did not answer{reason}") from error


def _check_redirect(request: urllib.request.Request, url: str) -> None:
    """Allow http(s) targets, but not from https down to http. Raises FetchError."""
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and request.type == "http"):
        raise FetchError(f"{host_of(request.full_url)} redirects to {scheme}:, which is not followed")


def _chunks(
    response: http.client.HTTPResponse, host: str, started: float, limits: DownloadLimits, deadline: Deadline
) -> Iterator[bytes]:
    """The body in chunks. Raises FetchError if the server is too slow, TruncatedError if the connection breaks."""
    size = 0
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except TimeoutError as error:
            raise FetchError(f"{host} stalled after {size:,} bytes") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.has_expired:
                raise _too_slow(host, size, started) from error
            raise TruncatedError(f"{host} broke off after {size:,} bytes: {reason_of(error)}") from error
        if not chunk:
            if deadline.has_expired:
                raise _too_slow(host, size, started)
            return
        yield chunk
        size += len(chunk)
        seconds = time.monotonic() - started
        too_slow = seconds > limits.patience_seconds and size / seconds < limits.slow_bytes_per_second
        if too_slow or seconds > limits.total_seconds:
            raise _too_slow(host, size, started)


def _too_slow(host: str, size: int, started: float) -> FetchError:
    return FetchError(f"{host} is too slow: {size:,} bytes in {time.monotonic() - started:.0f} s")
