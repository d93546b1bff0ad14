"""The head of every page: title, preview of a link, manifest and icons, which Streamlit's own page does not have.

A program that previews links, such as a messenger's, reads only this head and runs no script. So it is written here,
into Streamlit's page on its way out. Under `streamlit run app.py` pages keep the head that Streamlit gives them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import parse_qs

from nst_core.server.asgi import Application, Message, RawHeaders, Receive, Scope, Send, header, takes_gzip

NAME = "NST Studio"
_TEXT = "Your photograph, repainted in the style of any picture, with the loss curves live."
_NOT_PAGES = ("/_stcore/", "/static/", "/media/", "/component/", "/api/", "/device/", "/icons/", "/preview/")
_RUN_PAGES = ("/result", "/curve")
"""The pages of one run, which their query names as `result`."""
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_TITLE = re.compile(rb"<title>[^<]*</title>")
_OUR_OWN = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
"""Headers of a request that are not for Streamlit: they are about the page as it is once it has our head."""
_STALE = (b"content-length", b"etag", b"last-modified", b"accept-ranges", b"content-encoding")
THEME_COLOURS = {"light": "#FBF9F5", "dark": "#12151B"}
"""The ground of the two themes, for the bars of a phone's browser."""


@dataclass(frozen=True)
class LinkCard:
    """The preview of a link.

    Attributes:
        title: of the page.
        text: a sentence below it.
        picture: the picture's path on this server, without the base path.
        width, height: of the picture in pixels.
        is_result: whether the page is that of one run, which search engines must leave out.
    """

    title: str = NAME
    text: str = _TEXT
    picture: str = "/icons/icon-512.png"
    width: int = 512
    height: int = 512
    is_result: bool = False


UNNAMED_RESULT = LinkCard(
    f"A result - {NAME}", "A picture or a film painted here. Whoever opens the link sees it.", is_result=True
)
"""The preview of a result that is not listed: the same as of one that does not exist."""

Describe = Callable[[str], Awaitable[LinkCard | None]]
"""The preview of the run of an id; None if nothing may be told about it."""


class PageHead:
    """Middleware that completes the head of each page, and passes everything else on."""

    def __init__(self, app: Application, describe: Describe, base: str = "") -> None:
        """`base` is Streamlit's base path: "" or "/path"."""
        self._app, self._describe, self._base = app, describe, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page with the completed page; a request for anything else is passed on."""
        if not self._is_of_page(scope):
            await self._app(scope, receive, send)
            return
        page = _Page()
        headers = [pair for pair in scope["headers"] if pair[0] not in _OUR_OWN]
        await self._app({**scope, "method": "GET", "headers": headers}, receive, page.take)
        if not page.is_html:
            await page.give(send, with_body=scope["method"] == "GET")
            return
        tags = head_tags(await self._card(scope), self._site(scope), scope["path"])
        page.body, packed = _completed(page.body, tags, takes_gzip(header(scope, b"accept-encoding")))
        page.headers = [pair for pair in page.headers if pair[0].lower() not in _STALE]
        page.headers += [(b"content-length", str(len(page.body)).encode()), (b"vary", b"accept-encoding")]
        page.headers += [(b"content-encoding", b"gzip")] if packed else []
        await page.give(send, with_body=scope["method"] == "GET")

    def _is_of_page(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return False
        path = scope["path"].removeprefix(self._base)
        last = path.rpartition("/")[2]
        return not path.startswith(_NOT_PAGES) and ("." not in last or last == "index.html")

    async def _card(self, scope: Scope) -> LinkCard:
        if scope["path"].removeprefix(self._base).rstrip("/") not in _RUN_PAGES:
            return LinkCard()
        try:
            named = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20).get("result", [""])
        except ValueError:  # more fields than any of our links has
            return UNNAMED_RESULT
        return await self._describe(named[-1]) or UNNAMED_RESULT

    def _site(self, scope: Scope) -> str:
        """The address of the app as the visitor knows it; "" if the request names no plain host."""
        host = header(scope, b"host")
        return f"{scope['scheme']}://{host}{self._base}" if _HOST.fullmatch(host) else ""


def head_tags(card: LinkCard, site: str, path: str) -> str:
    """The tags of a page's head, with every text escaped.

    Args:
        card: the preview of the page.
        site: the app's address, without which no absolute address is given; previews need those.
        path: the page's path, for its own address, which never has the query.
    """
    named = {
        "og:type": "website",
        "og:site_name": NAME,
        "og:title": card.title,
        "og:description": card.text,
        "twitter:card": "summary_large_image" if card.width > card.height else "summary",
    }
    if site:
        named["og:image"] = site + card.picture
        named |= {"og:image:width": str(card.width), "og:image:height": str(card.height), "og:image:alt": card.title}
    if site and not card.is_result:  # the address of a result is its id
        named["og:url"] = site + "/" + path.rpartition("/")[2]
    tags = [f'<meta property="{name}" content="{escape(value)}">' for name, value in named.items()]
    tags.append(f'<meta name="description" content="{escape(card.text)}">')
    tags += ['<meta name="robots" content="noindex">'] if card.is_result else []
    tags += [
        f'<meta name="theme-color" media="(prefers-color-scheme: {scheme})" content="{colour}">'
        for scheme, colour in THEME_COLOURS.items()
    ]
    tags += ['<link rel="manifest" href="./manifest.webmanifest">']
    tags += ['<link rel="apple-touch-icon" href="./icons/apple-180.png">']
    return f"<title>{escape(card.title)}</title>" + "".join(tags)


@lru_cache(maxsize=64)
def _completed(page: bytes, tags: str, packed: bool) -> tuple[bytes, bool]:
    """A page with these tags in place of its title, compressed if asked; a page without a title stays as it is."""
    whole = _TITLE.sub(lambda _: tags.encode(), page, count=1)
    return (gzip.compress(whole, 6, mtime=0), True) if packed else (whole, False)


class _Page:
    """An answer that is held until it is whole."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, list[tuple[bytes, bytes]](), b""

    @property
    def is_html(self) -> bool:
        return self.status == 200 and _value(self.headers, b"content-type").startswith(b"text/html")

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers") or ())
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def give(self, send: Send, *, with_body: bool) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body if with_body else b""})


def _value(headers: RawHeaders, name: bytes) -> bytes:
    return next((value for key, value in headers if key.lower() == name), b"")
