"""The middleware before the real app: one server for all tests of this file."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from nst_core.server.addresses import HEADER
from nst_core.server.headers import inline_script_hashes
from tests.nst_core.jobs.servers import until
from tests.serving import ROOT, Server

pytestmark = pytest.mark.slow

NEEDED = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "x-frame-options",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}


@pytest.fixture(scope="module")
def metrics_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, metrics_port: int) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    environment = {
        "NST_DATA_DIR": str(folder / "data"),
        "NST_LOG": "json",
        "NST_METRICS_ADDRESS": f"127.0.0.1:{metrics_port}",
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1",
    }
    server = Server("serve.py", folder / "log", **environment)
    server.start()
    try:
        yield server
    finally:
        server.end()
    assert "Traceback" not in server.log


def get(server: Server, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/slow?job=0123456789abcdef", "GET", 200),
        ("/favicon.png", "GET", 200),
        ("/media/no-such-file.png", "GET", 404),
        ("/_stcore/health", "GET", 200),
        ("/_stcore/metrics", "GET", 404),
        ("/_stcore/health", "PATCH", 405),
        ("/..%2f..%2fetc/passwd", "GET", 400),
        ("/device/0123456789abcdef/none.tflite", "GET", 404),
        ("/manifest.webmanifest", "GET", 200),
        ("/preview/0123456789abcdef.jpg", "GET", 404),
        ("/healthz", "GET", 200),
        ("/readyz", "GET", 200),
    ],
)
def test_every_answer_has_the_security_headers(server: Server, path: str, method: str, status: int) -> None:
    answer = get(server, path, method)
    assert answer.status == status
    assert [name for name in NEEDED if not answer.getheader(name)] == []


def test_a_page_has_our_title_and_the_manifest_and_scripts_that_may_run(server: Server) -> None:
    with urlopen(f"{server.url}/slow", timeout=10) as answer:
        page = answer.read().decode()
        policy = answer.headers["content-security-policy"]
    assert "<title>NST Studio</title>" in page
    assert 'rel="manifest"' in page
    assert inline_script_hashes(page)
    assert all(each in policy for each in inline_script_hashes(page))


def test_the_scripts_of_a_page_arrive_compressed_and_whole(server: Server) -> None:
    with urlopen(server.url, timeout=10) as answer:
        scripts = re.findall(r'"\./(static/js/[^"]+)"', answer.read().decode())
    plain_size = packed_size = 0
    for script in scripts:
        with urlopen(f"{server.url}/{script}", timeout=10) as answer:
            plain, tag = answer.read(), answer.headers["etag"]
        asked_for = Request(f"{server.url}/{script}", headers={"Accept-Encoding": "gzip"})
        with urlopen(asked_for, timeout=10) as answer:
            body, packed_tag = answer.read(), answer.headers["etag"]
            if answer.headers["content-encoding"]:
                assert gzip.decompress(body) == plain
                assert packed_tag != tag
                assert answer.headers["content-type"].startswith("text/javascript")
                assert [name for name in NEEDED if not answer.headers[name]] == []
        plain_size, packed_size = plain_size + len(plain), packed_size + len(body)
    assert packed_size < 0.4 * plain_size


def test_a_refused_websocket_has_them_too(server: Server) -> None:
    answer = get(server, "/_stcore/stream", **UPGRADE, Origin="http://elsewhere.example")
    assert answer.status == 403
    assert [name for name in NEEDED if not answer.getheader(name)] == []


def test_no_line_of_the_log_holds_an_address(server: Server) -> None:
    assert get(server, "/_stcore/stream", **UPGRADE).status == 101
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    own = urlsplit(server.url).netloc
    assert lines
    assert not [line for line in lines if "127.0.0.1" in line["message"].replace(own, "")]


@contextmanager
def open_tab(server: Server, files: int) -> Iterator[list[str]]:
    """A tab that shows no page; returns the upload addresses that it was given."""
    ask = BackMsg()
    ask.file_urls_request.request_id = "1"
    ask.file_urls_request.file_names.extend(f"{number}.png" for number in range(files))
    with connect(f"ws://{urlsplit(server.url).netloc}/_stcore/stream", max_size=None) as tab:
        tab.send(ask.SerializeToString())
        while True:
            message = ForwardMsg.FromString(tab.recv(10, decode=False))
            if message.WhichOneof("type") == "file_urls_response":
                break
        yield [each.upload_url for each in message.file_urls_response.file_urls]


def put(server: Server, address: str, name: str, content: bytes) -> int:
    """The status of an upload, sent as a page sends it."""
    cookie = (get(server, "/_stcore/health").getheader("set-cookie") or "").partition(";")[0]
    head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    headers = {
        "Cookie": cookie,
        "X-Xsrftoken": cookie.partition("=")[2],
        "Content-Type": "multipart/form-data; boundary=b",
    }
    connection.request("PUT", address, head.encode() + content + b"\r\n--b--\r\n", headers)
    status = connection.getresponse().status
    connection.close()
    return status


def metrics(port: int) -> str:
    """The text of the private address."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    told = connection.getresponse().read().decode()
    connection.close()
    assert told.endswith("# EOF\n")
    return told


def uploaded(metrics_port: int) -> bool:
    """Whether Streamlit holds any uploaded file."""
    return "UploadedFileManager" in metrics(metrics_port)


@pytest.mark.usefixtures("server")
def test_the_metrics_are_one_valid_text_of_this_server_and_of_streamlit(metrics_port: int) -> None:
    families = text_string_to_metric_families(metrics(metrics_port))  # type: ignore[no-untyped-call]
    assert {"nst_queue_runs", "nst_wait_seconds", "process_cpu_seconds", "active_sessions"} <= {
        f.name for f in families
    }


def test_a_tab_holds_its_files_as_long_as_it_is_open(server: Server, metrics_port: int) -> None:
    with open_tab(server, 100) as addresses:
        assert len(addresses) == 12
        assert put(server, addresses[0], "a.png", b"x" * 200_000) == 204
        assert put(server, addresses[1], "a.exe", b"x" * 200_000) == 204, "the page opens it by its content"
        assert put(server, addresses[0][:-36] + "0" * 36, "a.png", b"x") == 404
        assert put(server, "/_stcore/upload_file/nobody/0", "a.png", b"x") == 404
        assert put(server, addresses[2], "a.png", b"x" * (31 << 20)) == 413
        until(lambda: uploaded(metrics_port))
    # Without another tab that closes, Streamlit itself would keep them for ever; its metrics are made every 5 s.
    until(lambda: not uploaded(metrics_port), seconds=30)


PAGE = """
import streamlit as st
from pages.parts.app import network_address
st.text(f"from [{network_address.hashed()}]")
"""
ENTRY = """
import streamlit as st
from starlette.middleware import Middleware
from nst_core.server.addresses import Addresses
app = st.App("{page}", middleware=[Middleware(Addresses, trusted=(), openings_per_minute=100)])
"""


def test_a_page_knows_its_visitor_by_the_hash_and_not_by_what_the_visitor_says(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(PAGE)
    (tmp_path / "entry.py").write_text(ENTRY.format(page=tmp_path / "page.py"))
    server = Server(str(tmp_path / "entry.py"), tmp_path / "log", PYTHONPATH=str(ROOT))
    server.start()
    try:
        run = BackMsg()
        run.rerun_script.query_string = ""
        forged = {HEADER: "0123456789abcdef", "X-Forwarded-For": "198.51.100.1"}
        told = []
        for headers in ({}, forged):
            with connect(f"ws://{urlsplit(server.url).netloc}/_stcore/stream", additional_headers=headers) as tab:
                tab.send(run.SerializeToString())
                while not (found := re.search(rb"from \[(.*?)\]", tab.recv(10, decode=False))):
                    pass
                told.append(found[1].decode())
    finally:
        server.end()
    assert re.fullmatch("[0-9a-f]{16}", told[0])
    assert told == [told[0]] * 2
    assert told[0] != forged[HEADER]
