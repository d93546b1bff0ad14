"""A server may be slow in any way: when the time is up, the connection ends, and so does the thread."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import FetchError
from nst_core.net.deadline import Deadline
from nst_core.net.download import DownloadLimits, download
from nst_core.net.http import fetch
from nst_core.picture import remote

TOTAL = 0.4
"""Seconds that a request may take."""
SOON = 10.0
"""Seconds within which a thread must be gone, on a busy machine; the servers take longer."""
DRIP = 0.02
"""Seconds between two bytes of a slow server."""
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n"
Talk = Callable[[socket.socket], object]


def drip(connection: socket.socket, data: bytes) -> None:
    for byte in data * 1_000_000:
        connection.sendall(bytes([byte]))
        time.sleep(DRIP)


def slow_headers(connection: socket.socket) -> None:
    connection.sendall(ANSWER + b"X-Long: ")
    drip(connection, b"x")


def slow_status(connection: socket.socket) -> None:
    drip(connection, b"H")


def slow_body(connection: socket.socket) -> None:
    connection.sendall(ANSWER + b"\r\n")
    drip(connection, b"x")


def slow_chunk_sizes(connection: socket.socket) -> None:
    connection.sendall(ANSWER.replace(b"1.0", b"1.1") + b"Transfer-Encoding: chunked\r\n\r\n")
    drip(connection, b"0")


def slow_redirects(connection: socket.socket) -> None:
    time.sleep(TOTAL / 2)
    connection.sendall(b"HTTP/1.0 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


def silence(_: socket.socket) -> None:
    time.sleep(60)


HTTP = [slow_headers, slow_status, slow_body, slow_chunk_sizes, slow_redirects, silence]


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], str]]:
    """Starts a server that handles each connection by a function; returns host:port."""
    listeners: list[socket.socket] = []

    def start(talk: Talk) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=accept, args=(listener, talk), daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    def accept(listener: socket.socket, talk: Talk) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection, talk), daemon=True).start()

    def answer(connection: socket.socket, talk: Talk) -> None:
        with connection:
            try:
                if talk is not tls:
                    connection.recv(65536)
                talk(connection)
            except OSError:
                pass

    yield start
    for listener in listeners:
        listener.close()


def tls(connection: socket.socket) -> None:
    """A slow TLS handshake: the head of a record, then one byte at a time."""
    connection.sendall(b"\x16\x03\x03\x40\x00")
    drip(connection, b"\2")


@pytest.mark.parametrize(("scheme", "talk"), [*[("http", talk) for talk in HTTP], ("https", tls)])
def test_a_slow_server_costs_the_total_time_and_no_thread(
    serve: Callable[[Talk], str], scheme: str, talk: Talk
) -> None:
    ended = threading.Event()
    began = time.perf_counter()
    with pytest.raises(FetchError, match=r"within 0\.4 s"):
        fetch(f"{scheme}://{serve(talk)}/a", timeout_seconds=30, total_seconds=TOTAL, on_end=ended.set)
    assert time.perf_counter() - began < SOON
    assert ended.wait(SOON)


@pytest.mark.parametrize(("scheme", "talk"), [*[("http", talk) for talk in HTTP], ("https", tls)])
def test_a_slow_source_of_weights_costs_the_total_time_and_no_thread(
    serve: Callable[[Talk], str], tmp_path: Path, scheme: str, talk: Talk
) -> None:
    limits = DownloadLimits(connect_seconds=30, answer_seconds=TOTAL, total_seconds=2 * TOTAL)
    began = time.perf_counter()
    with pytest.raises(FetchError, match=r"did not answer|too slow|broke off"):
        download(f"{scheme}://{serve(talk)}/a", tmp_path / "file", 10_000, limits)
    assert time.perf_counter() - began < SOON
    while any(thread.name == "nst-http" for thread in threading.enumerate()):
        assert time.perf_counter() - began < SOON
        time.sleep(0.01)


def test_a_name_that_is_resolved_for_ever_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, resolving = threading.Event(), []

    def hang(*_: Any, **__: Any) -> Any:
        resolving.append(True)
        resolve.wait(60)
        raise socket.gaierror(-2, "unknown")

    monkeypatch.delenv("NST_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(remote, "fetch", lambda url, **limits: fetch(url, total_seconds=0.05, **limits))
    for _ in range(remote.MAX_DOWNLOADS):
        with pytest.raises(FetchError, match=r"within 0\.05 s"):
            remote.open_link("http://slow.example/a.png")
    with pytest.raises(FetchError, match="all are busy"):
        remote.open_link("http://slow.example/a.png")
    assert len(resolving) == remote.MAX_DOWNLOADS
    resolve.set()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    until = time.perf_counter() + SOON
    while time.perf_counter() < until:  # the threads end, and their places are free
        with pytest.raises(FetchError) as failed:
            remote.open_link("http://slow.example/a.png")
        if "must be reachable" in str(failed.value):
            break
    else:
        pytest.fail("no place became free")


def test_without_a_thread_a_link_is_refused_and_its_place_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    ended = threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_room)
        with pytest.raises(FetchError, match="no room for another one"):
            fetch("http://127.0.0.1:9/a", on_end=ended.set)
    assert ended.is_set()


def test_after_its_end_no_connection_is_made(serve: Callable[[Talk], str]) -> None:
    host, _, port = serve(silence).rpartition(":")
    with Deadline(30) as deadline:
        deadline.expire()
        with pytest.raises(TimeoutError):
            deadline._connect(None, (host, int(port)), 5.0)
