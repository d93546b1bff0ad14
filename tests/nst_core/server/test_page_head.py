"""The head of a page: previews of links, for listed results alone; everything else passes unchanged."""

from __future__ import annotations

import asyncio
import gzip
import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from nst_core.server.asgi import Receive, Scope, Send
from nst_core.server.page_head import NAME, UNNAMED_RESULT, LinkCard, PageHead
from tests.asgi import Answer, asked

LISTED, HOST = "a" * 32, "paint.example.org"
CARD = LinkCard('Bold "&" <b>', "Bold, 384 px", f"/preview/{LISTED}.jpg", 600, 400, is_result=True)
PAGE = "<html><head><title>Streamlit</title></head><body>é</body></html>"


async def _describe(job: str) -> LinkCard | None:
    return CARD if job == LISTED else None


INNER = Starlette(
    routes=[
        Route(
            "/{page:path}", lambda request: (PlainTextResponse if "robots" in request.url.path else HTMLResponse)(PAGE)
        )
    ]
)


def _ask(path: str, query: str = "", method: str = "GET", base: str = "", **headers: str) -> Answer:
    async def with_query(scope: Scope, receive: Receive, send: Send) -> None:
        await PageHead(INNER, _describe, base)({**scope, "query_string": query.encode()}, receive, send)

    return asyncio.run(asked(with_query, method, path, headers={"host": HOST, **headers}))


def _meta(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page))


@pytest.mark.parametrize("page", ["result", "curve"])
def test_a_listed_result_shows_its_title_its_settings_and_its_picture(page: str) -> None:
    told = _meta(_ask(f"/{page}", f"result={LISTED}").text)
    assert told["og:title"] == "Bold &quot;&amp;&quot; &lt;b&gt;"
    assert told["og:description"] == told["description"] == "Bold, 384 px"
    assert told["og:image"] == f"http://{HOST}/preview/{LISTED}.jpg"
    assert (told["og:image:width"], told["twitter:card"], told["robots"]) == ("600", "summary_large_image", "noindex")


def test_of_any_other_result_nothing_is_told_not_even_whether_it_exists() -> None:
    answers = {
        _ask("/result", query).text
        for query in (f"result={'b' * 32}", "result=<script>", "", "job=x", f"result={LISTED}" + "&a" * 99)
    }
    (page,) = answers
    assert _meta(page)["og:title"] == UNNAMED_RESULT.title
    assert "og:url" not in _meta(page)  # an address of a result is its id
    assert "<script" not in page


def test_other_pages_have_the_products_preview_and_an_address_without_query() -> None:
    told = _meta(_ask("/base/slow", "job=secret", base="/base").text)
    assert (told["og:title"], told["og:url"]) == (NAME, f"http://{HOST}/base/slow")
    assert told["og:image"] == f"http://{HOST}/base/icons/icon-512.png"
    assert "robots" not in told


def test_a_host_that_is_no_plain_name_is_not_repeated() -> None:
    told = _meta(_ask("/", host='evil"><script>').text)
    assert told["og:title"] == NAME
    assert "og:image" not in told


def test_the_page_is_whole_compressed_if_asked_and_a_head_request_has_its_length() -> None:
    plain, packed = _ask("/slow"), _ask("/slow", **{"accept-encoding": "br, gzip"})
    assert "é</body>" in plain.text
    assert "<title>Streamlit" not in plain.text
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["content-length"] == str(len(packed.body))
    head = _ask("/slow", method="HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(plain.body)))


def test_what_is_no_page_passes_unchanged() -> None:
    for path in ("/static/js/index.js", "/_stcore/health", "/robots", "/media/a.png", "/api/v1/docs"):
        assert _ask(path).text == PAGE
    assert _ask("/slow", method="POST").status == 405
