"""A picture by an address that a visitor typed."""

from __future__ import annotations

import threading
from urllib.parse import quote, unquote, urlsplit

from nst_core.errors import FetchError, PictureError
from nst_core.net.http import fetch
from nst_core.picture.upload import Picture, open_picture
from nst_core.settings import Settings

MAX_DOWNLOADS = 4
"""Links fetched for all visitors at the same time: a server is no download service."""

_UNESCAPED = "%/:?#[]@!$&'()*+,;=~-._"
"""What stands in addresses as it is, beside letters and digits."""

_downloads = threading.BoundedSemaphore(MAX_DOWNLOADS)


def open_link(url: str) -> Picture:
    """Fetch a picture from the public internet and take it through the door.

    Args:
        url: an http or https address of a picture file. Without either, https is meant.

    Raises:
        FetchError: the address is none, is not public, or did not give a picture in time.
    """
    if Settings.read().offline:
        raise FetchError("a link needs the internet, but this server is set to stay offline; upload the picture")
    url = normalise(url)
    if not _downloads.acquire(blocking=False):
        raise FetchError(f"at most {MAX_DOWNLOADS} links are fetched at once, and all are busy; try again in a moment")
    try:
        data = fetch(url, public_only=True)
    finally:
        _downloads.release()
    try:
        return open_picture(data)
    except PictureError as error:
        raise FetchError(f"what came from {host_name(url)} cannot be used: {error}") from None


def normalise(url: str) -> str:
    """An address as a browser would take it: trimmed, https where no scheme is written, other letters encoded."""
    url = quote(url.strip(), safe=_UNESCAPED)
    return url if "://" in url or not url else f"https://{url}"


def host_name(url: str) -> str:
    """Where an address leads, for words on a page."""
    try:
        return urlsplit(normalise(url)).hostname or "the address"
    except ValueError:
        return "the address"


def name(url: str) -> str:
    """What a picture by address is called: the last part of its path, or else its host."""
    try:
        path = urlsplit(normalise(url)).path
    except ValueError:
        return host_name(url)
    return unquote(path.rstrip("/").rpartition("/")[2])[:80] or host_name(url)
