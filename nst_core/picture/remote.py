"""Download of a picture from an address that a visitor typed."""

from __future__ import annotations

import threading
from urllib.parse import quote, unquote, urlsplit

from nst_core.errors import FetchError, PictureError
from nst_core.net.http import fetch
from nst_core.picture.upload import Picture, UploadLimits, open_picture
from nst_core.settings import Settings

MAX_DOWNLOADS = 4
"""Most links fetched at once, for all visitors together; others are refused."""

_UNESCAPED = "%/:?#[]@!$&'()*+,;=~-._"
"""Characters that `normalise` keeps, besides letters and digits."""

_downloads = threading.BoundedSemaphore(MAX_DOWNLOADS)


def open_link(url: str) -> Picture:
    """Fetch a picture from the public internet and check it like an upload.

    Args:
        url: the http or https address of a picture file; https if it names no scheme.

    Raises:
        FetchError: the server is offline or busy, the address is malformed or not public, or it gave no usable picture
            in time.
    """
    if Settings.read().offline:
        raise FetchError("a link needs the internet, but this server is set to stay offline; upload the picture")
    url = normalise(url)
    if not _downloads.acquire(blocking=False):
        raise FetchError(f"at most {MAX_DOWNLOADS} links are fetched at once, and all are busy; try again in a moment")
    # A place becomes free when the request has released everything, which may be some time after it failed.
    data = fetch(url, public_only=True, max_bytes=UploadLimits.read().max_bytes, on_end=_downloads.release)
    try:
        return open_picture(data)
    except PictureError as error:
        raise FetchError(f"the file from {host_name(url)} cannot be used: {error}") from None


def normalise(url: str) -> str:
    """An address as a browser completes it: trimmed, https if it names no scheme, special characters encoded."""
    url = quote(url.strip(), safe=_UNESCAPED)
    return url if "://" in url or not url else f"https://{url}"


def host_name(url: str) -> str:
    """The host of an address, for messages; "the address" if it has none."""
    try:
        return urlsplit(normalise(url)).hostname or "the address"
    except ValueError:
        return "the address"


def name(url: str) -> str:
    """The name of a picture at an address: the last part of its path, or else its host."""
    try:
        path = urlsplit(normalise(url)).path
    except ValueError:
        return host_name(url)
    return unquote(path.rstrip("/").rpartition("/")[2])[:80] or host_name(url)
