"""The downloader and the catalogue against a server of our own on the loopback."""

import http.client
import http.server
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nst_core.errors import FetchError, PictureError
from nst_core.net import http as fetching
from nst_core.net.http import USER_AGENT, fetch
from nst_core.picture import catalogue

LONG = 30
"""Seconds that a too slow server takes: far more than the limits, even on a busy machine."""


def picture_bytes() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "PNG")
    return file.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    agents: list = []  # noqa: RUF012

    def do_GET(self) -> None:
        type(self).agents.append(self.headers.get("User-Agent"))
        name = self.path.strip("/").partition("?")[0]
        getattr(self, f"say_{name}", self.say_missing)()

    def say(self, body: Any, status: int = 200, **headers: Any) -> None:
        self.send_response(status)
        for key, value in {"Content_Type": "image/png", "Content_Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def say_missing(self) -> None:
        self.say(b"nothing here", 404)

    def say_good(self) -> None:
        self.say(picture_bytes())

    def say_cut(self) -> None:
        self.say(picture_bytes()[:50], Content_Length="5000")

    def say_page(self) -> None:
        self.say(b"<html>log in to the hotel network</html>", Content_Type="text/html; charset=utf-8")

    def say_sly(self) -> None:
        self.say(b"<html>a page that says it is a picture</html>")

    def say_large(self) -> None:
        self.say(bytes(200_000))

    def say_loop(self) -> None:
        self.say(b"", 302, Location="/loop")

    def say_hop4(self) -> None:
        self.say(b"", 302, Location="/hop3")

    def say_hop3(self) -> None:
        self.say(b"", 302, Location="/hop2")

    def say_hop2(self) -> None:
        self.say(b"", 302, Location="/hop1")

    def say_hop1(self) -> None:
        self.say(b"", 302, Location="/good")

    def say_file(self) -> None:
        self.say(b"", 302, Location="file:///etc/passwd")

    def say_ftp(self) -> None:
        self.say(b"", 302, Location="ftp://127.0.0.1/x")

    def say_silent(self) -> None:
        time.sleep(LONG)

    def say_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        for _ in range(10 * LONG):
            try:
                self.wfile.write(b"x")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def say_headers(self) -> None:
        for _ in range(10 * LONG):
            try:
                self.wfile.write(b"HTTP/1.0 200 OK\r\n"[:1])
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_a_good_answer_comes_whole_and_we_say_who_we_are(server: Any) -> None:
    Handler.agents.clear()
    assert fetch(f"{server}/good") == picture_bytes()
    assert Handler.agents == [USER_AGENT]
    assert "nst-studio" in USER_AGENT


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("cut", "must answer with 5000 bytes, got|must be reachable"),
        ("page", "got a web page"),
        ("missing", "got 404"),
        ("loop", "must answer 200, got 302"),
        ("hop4", "must answer 200, got 302"),
        ("file", "must begin with http|got 302"),
        ("ftp", "must begin with http"),
    ],
)
def test_bad_answers_are_told(server: Any, path: str, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        fetch(f"{server}/{path}")


def test_three_redirects_are_followed(server: Any) -> None:
    assert fetch(f"{server}/hop3") == picture_bytes()


def test_too_large_is_not_read(server: Any) -> None:
    with pytest.raises(FetchError, match="at most 1,000 bytes"):
        fetch(f"{server}/large", max_bytes=1000)
    assert len(fetch(f"{server}/large", max_bytes=200_000)) == 200_000


def test_a_silent_server_is_given_up(server: Any) -> None:
    began = time.perf_counter()
    with pytest.raises(FetchError, match="timed out"):
        fetch(f"{server}/silent", timeout_seconds=0.3)
    assert time.perf_counter() - began < LONG / 3


@pytest.mark.parametrize("path", ["drip", "headers"])
def test_a_slow_drip_meets_the_total(server: Any, path: str) -> None:
    began = time.perf_counter()
    with pytest.raises(FetchError, match=r"within 0\.5 s"):
        fetch(f"{server}/{path}", timeout_seconds=1, total_seconds=0.5)
    assert time.perf_counter() - began < LONG / 3


def test_nobody_there_is_told() -> None:
    with pytest.raises(FetchError, match="check the internet connection"):
        fetch("http://127.0.0.1:9/x", timeout_seconds=1)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a.png", "gopher://x", "", "http://", "a.png"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(FetchError, match="must begin with http"):
        fetch(url)


@pytest.fixture
def painting(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("NST_OFFLINE", raising=False)
    address = {"path": f"{server}/good"}
    monkeypatch.setattr(catalogue, "fetch", lambda _url, **limits: fetching.fetch(address["path"], **limits))
    return catalogue.find("starry-night"), address


def test_bytes_of_a_server_that_speaks_no_http_make_no_second_line() -> None:
    reason = fetching.reason_of(http.client.BadStatusLine("\x1b[31mred\x00\x85next\u2028" + "x" * 999))
    assert reason.isprintable()
    assert (reason[:15], len(reason)) == (" [31mred  next ", 160)


def test_a_painting_is_fetched_once_and_then_had_offline(painting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    starry, address = painting
    assert not starry.cached
    first = starry.fetch()
    assert (first.width, first.height) == (256, 256)
    assert starry.cached
    address["path"] = "http://127.0.0.1:9/gone"
    monkeypatch.setenv("NST_OFFLINE", "1")
    assert starry.fetch() == first


def test_offline_an_uncached_painting_is_refused_without_a_request(
    painting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    Handler.agents.clear()
    with pytest.raises(FetchError, match="offline"):
        painting[0].fetch()
    assert Handler.agents == []


def test_a_page_that_says_it_is_a_picture_is_refused_and_not_kept(painting: Any, server: Any) -> None:
    starry, address = painting
    address["path"] = f"{server}/sly"
    with pytest.raises(FetchError, match="did not come as a picture"):
        starry.fetch()
    assert not starry.cached


def test_a_damaged_cached_painting_is_fetched_anew(painting: Any, tmp_path: Path) -> None:
    starry, _ = painting
    first = starry.fetch()
    (tmp_path / "paintings" / starry.key).write_bytes(b"half a pict")
    assert starry.fetch() == first
    assert (tmp_path / "paintings" / starry.key).read_bytes() == picture_bytes()


def test_the_catalogue_is_complete_and_well_formed() -> None:
    paintings = catalogue.paintings()
    assert len(paintings) >= 10
    assert len({p.key for p in paintings}) == len(paintings)
    for painting in paintings:
        assert painting.url.startswith("https://commons.wikimedia.org/wiki/Special:FilePath/")
        assert painting.url.endswith(".jpg?width=1024")
        assert " " not in painting.url + painting.page
        assert painting.url.isascii()
        assert "picasso" not in painting.artist.lower()
    with pytest.raises(PictureError, match="starry-night"):
        catalogue.find("guernica")
