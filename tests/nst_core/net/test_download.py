"""Each way a server can fail is one clear FetchError, within seconds."""

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import FetchError
from nst_core.net import download as module
from nst_core.net.download import DownloadLimits, TruncatedError, download
from tests.loopback import send

QUICK = DownloadLimits(
    connect_seconds=0.5, answer_seconds=0.8, total_seconds=1.5, slow_bytes_per_second=1e4, patience_seconds=0.6
)


def fetch(server: Any, tmp_path: Path, answer: Any, max_bytes: int = 10_000, limits: Any = QUICK) -> Any:
    server.routes["/f"] = answer
    target = tmp_path / "f"
    download(f"{server.address}/f", target, max_bytes, limits)
    return target.read_bytes()


def test_a_whole_file_arrives(server: Any, tmp_path: Path) -> None:
    assert fetch(server, tmp_path, b"x" * 5000) == b"x" * 5000


def test_without_a_length_the_end_of_the_connection_is_the_end(server: Any, tmp_path: Path) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"y" * 100)

    assert fetch(server, tmp_path, answer) == b"y" * 100


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda h: send(h, b"x" * 10, length=500), TruncatedError, "10 of 500"),
        (lambda h: send(h, b"", length=0), TruncatedError, "0 of 0"),
        (lambda h: send(h, b"hello", kind="text/html; charset=utf-8"), TruncatedError, "web page"),
        (lambda h: send(h, b"\n <!DOCTYPE html><p>sign in"), TruncatedError, "web page"),
        (lambda h: send(h, b"x" * 10_001), FetchError, "at most 10,000"),
        (lambda h: send(h, b"x", length=10**12), FetchError, "at most"),
        (lambda h: h.send_error(503), FetchError, "HTTP 503"),
        (lambda h: h.wfile.write(b"nonsense\r\n\r\n"), FetchError, "did not answer"),
        (lambda h: None, FetchError, "did not answer"),
        (lambda h: send(h, b"", length=-1), TruncatedError, "0 of an unknown number"),
    ],
    ids=[
        "cut",
        "empty",
        "html type",
        "html body",
        "too large",
        "lying length",
        "503",
        "no HTTP",
        "closed",
        "no length",
    ],
)
def test_a_bad_answer_is_named(server: Any, tmp_path: Path, answer: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        fetch(server, tmp_path, answer)


def test_an_endless_body_without_a_length_stops_at_the_cap(server: Any, tmp_path: Path) -> None:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"z" * 1000)

    with pytest.raises(FetchError, match="more than 10,000"):
        fetch(server, tmp_path, answer)


LONG = 30
"""Seconds that a too slow server takes: far more than the limits, even on a busy machine."""


def trickle(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10 * LONG):
        handler.wfile.write(b"slow")
        time.sleep(0.1)


def stall(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"first")
    time.sleep(LONG)


@pytest.mark.parametrize(
    ("answer", "words"), [(trickle, "too slow"), (stall, "stalled"), (lambda h: time.sleep(LONG), "did not answer")]
)
def test_a_slow_server_is_given_up_within_seconds(server: Any, tmp_path: Path, answer: Any, words: str) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match=words):
        fetch(server, tmp_path, answer)
    assert time.monotonic() - started < LONG / 3


def test_a_name_resolution_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    over = threading.Event()

    def hang(*_: Any, **__: Any) -> None:
        over.wait(LONG)
        raise socket.gaierror("no name server")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"within 0\.8 s"):
        download("http://weights.invalid/f", tmp_path / "f", 10, QUICK)
    took = time.monotonic() - started
    over.set()
    assert took < LONG / 3


def test_nobody_listening(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match="did not answer"):
        download(f"http://127.0.0.1:{port}/f", tmp_path / "f", 10, QUICK)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/f", "/etc/passwd", "", "http://[bad", "http://"])
def test_only_http_addresses(tmp_path: Path, address: str) -> None:
    with pytest.raises(FetchError):
        download(address, tmp_path / "f", 10, QUICK)


def test_redirects_are_followed_to_http_only(server: Any, tmp_path: Path) -> None:
    def to(place: Any) -> Any:
        def answer(handler: Any) -> None:
            handler.send_response(302)
            handler.send_header("Location", place)
            handler.end_headers()

        return answer

    server.routes["/real"] = b"real"
    assert fetch(server, tmp_path, to("/real")) == b"real"
    (tmp_path / "f").unlink()
    with pytest.raises(FetchError):
        fetch(server, tmp_path, to("ftp://127.0.0.1/x"))


def test_the_limits_that_users_meet_are_short() -> None:
    limits = module.DownloadLimits()
    assert limits.connect_seconds <= 5
    assert limits.answer_seconds <= 15
