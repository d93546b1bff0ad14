"""One downloader for every official source: given up in seconds without an answer, capped, checked to be whole."""

from __future__ import annotations

import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from nst_core.errors import FetchError

CHUNK_BYTES = 1 << 18


class TruncatedError(FetchError):
    """The answer ended early or is not what was asked; worth asking once more."""


@dataclass(frozen=True)
class DownloadLimits:
    """How long a source may take.

    Attributes:
        connect_seconds: for each connection, and for each pause between two bytes.
        answer_seconds: until the first byte: name resolution, redirects and TLS included.
        total_seconds: for the whole download.
        slow_bytes_per_second: a slower average is given up, after `patience_seconds`.
    """

    connect_seconds: float = 5.0
    answer_seconds: float = 10.0
    total_seconds: float = 600.0
    slow_bytes_per_second: float = 50_000.0
    patience_seconds: float = 15.0


DEFAULT_LIMITS = DownloadLimits()


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http(s) only, and never from https down to http."""

    def redirect_request(  # noqa: PLR0913 - urllib's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme != "https" and not (scheme == "http" and req.type == "http"):
            raise FetchError(f"{_host(req.full_url)} redirects to {scheme}:, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(address: str, target: Path, max_bytes: int, limits: DownloadLimits | None = None) -> None:
    """Fetch an http(s) address into the new file `target`, at most `max_bytes`.

    Raises:
        FetchError: no answer in time, an error status, too slow or too large.
        TruncatedError: the connection was cut, or a web page came instead of a file.
    """
    limits = limits or DEFAULT_LIMITS
    started = time.monotonic()
    with _answer(address, limits) as response, target.open("xb") as file:
        if "text/html" in response.headers.get("Content-Type", "").lower():
            raise TruncatedError(f"{_host(address)} sent a web page instead of the file")
        announced = _announced(response)
        if announced is not None and announced > max_bytes:
            raise FetchError(f"{_host(address)} offers {announced:,} bytes, at most {max_bytes:,} are taken")
        size = 0
        for chunk in _chunks(response, address, started, limits):
            if size == 0 and chunk[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
                raise TruncatedError(f"{_host(address)} sent a web page instead of the file")
            size += file.write(chunk)
            if size > max_bytes:
                raise FetchError(f"{_host(address)} sends more than {max_bytes:,} bytes")
    if size == 0 or (announced is not None and size != announced):
        whole = "an unknown number of" if announced is None else f"{announced:,}"
        raise TruncatedError(f"{_host(address)} sent {size:,} of {whole} bytes: the connection was cut")


def is_remote(address: str) -> bool:
    """Whether it is an http(s) address; anything else may be a path."""
    return address.lower().startswith(("http://", "https://"))


def _answer(address: str, limits: DownloadLimits) -> http.client.HTTPResponse:
    """The open response. Asked in a thread, because name resolution knows no timeout."""
    if not is_remote(address):
        raise FetchError(f"a source must be an http(s) address, got {address[:80]!r}")
    answers: queue.Queue[http.client.HTTPResponse | Exception] = queue.Queue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            response = _open(address, limits)
        except (OSError, http.client.HTTPException, FetchError, ValueError) as error:
            answers.put(error)
            return
        answers.put(response)
        if given_up.is_set():
            response.close()

    threading.Thread(target=ask, name="nst-download", daemon=True).start()
    try:
        answer = answers.get(timeout=limits.answer_seconds)
    except queue.Empty:
        given_up.set()
        raise FetchError(f"{_host(address)} did not answer within {limits.answer_seconds:g} s") from None
    if isinstance(answer, FetchError):
        raise answer
    if isinstance(answer, Exception):
        raise FetchError(f"{_host(address)} did not answer: {_reason(answer)}") from answer
    return answer


def _open(address: str, limits: DownloadLimits) -> http.client.HTTPResponse:
    headers = {"User-Agent": "nst-studio", "Accept-Encoding": "identity"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - the scheme was checked
    response: http.client.HTTPResponse = urllib.request.build_opener(_SafeRedirects).open(
        request, timeout=limits.connect_seconds
    )
    return response


def _chunks(
    response: http.client.HTTPResponse, address: str, started: float, limits: DownloadLimits
) -> Iterator[bytes]:
    """The body, piece by piece, for as long as it comes fast enough."""
    size = 0
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except TimeoutError as error:
            raise FetchError(f"{_host(address)} stalled after {size:,} bytes") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TruncatedError(f"{_host(address)} broke off after {size:,} bytes: {_reason(error)}") from error
        if not chunk:
            return
        yield chunk
        size += len(chunk)
        seconds = time.monotonic() - started
        too_slow = seconds > limits.patience_seconds and size / seconds < limits.slow_bytes_per_second
        if too_slow or seconds > limits.total_seconds:
            raise FetchError(f"{_host(address)} is too slow: {size:,} bytes in {seconds:.0f} s")


def _announced(response: http.client.HTTPResponse) -> int | None:
    """The number of bytes that the server says it will send, if it says one."""
    length = response.headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdigit() else None


def _host(address: str) -> str:
    """The host's name for messages; of an address that is no address, its beginning."""
    try:
        return urlsplit(address).hostname or address[:80]
    except ValueError:
        return address[:80]


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    return str(getattr(error, "reason", None) or error or type(error).__name__)[:160]
