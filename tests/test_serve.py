"""`serve.py` gets ready and opens the job service when it starts, and closes it when it ends."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import streamlit

from nst_core.jobs.service import JobService
from nst_core.jobs.store import Store
from nst_core.recipe import make
from nst_core.slow import checkpoint
from tests.nst_core.jobs.servers import FakeWorker, Workers, picture, submit, until
from tests.serving import ROOT, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_runs_of_an_earlier_life_go_on_before_anyone_has_visited(folder: Path, tmp_path: Path) -> None:
    before = JobService(executor=Workers(FakeWorker))
    job = submit(before)
    before.close()
    server = Server("serve.py", tmp_path / "log", NST_DATA_DIR=str(folder))
    server.start()
    try:
        assert Store(folder).why_in_memory == "another server uses the folder for them"
        until(lambda: len(server.workers()) == 1)
    finally:
        server.end()
    after = Store(folder)
    assert after.why_in_memory == ""
    assert after.view(job).state in ("queued", "running")
    assert "Traceback" not in server.log
    after.close()


def test_a_server_whose_shared_store_is_named_by_half_does_not_start(folder: Path, tmp_path: Path) -> None:
    server = Server("serve.py", tmp_path / "log", NST_DATA_DIR=str(folder), NST_FILES_URL="s3://runs")
    server.launch()
    assert server.wait(60) == 1
    told = "The server does not start: NST_DATABASE_URL and NST_FILES_URL must be set together, got NST_FILES_URL alone"
    assert sum(told in line for line in server.log.splitlines()) == 1
    assert "Traceback" not in server.log
    assert not folder.exists(), "no run may be stored where other servers do not look"


ENTRY = """
from pathlib import Path
import streamlit as st
from nst_core.executors import local
local.WORKER = ("-m", "nst_core.bench.service.toy_worker")
import serve
app = st.App(Path(serve.__file__).with_name("app.py"), lifespan=serve._lifespan)
"""


def fall_asleep(url: str) -> socket.socket:
    """A visitor who requests the longest file and reads nothing, like a phone without reception."""
    folder = Path(streamlit.__file__).parent / "static"
    longest = max(folder.rglob("*.js"), key=lambda path: path.stat().st_size).relative_to(folder)
    visitor = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    visitor.sendall(f"GET /{longest.as_posix()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert b" 200 " in visitor.recv(100)
    return visitor


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def temporary(folder: Path) -> list[Path]:
    """Temporary files of unfinished writes."""
    return [path for path in folder.rglob(".*") if path.name != ".writable"]


def test_sigterm_saves_the_run_and_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    before = JobService(executor=Workers(FakeWorker))
    job = before.submit(make(settings={"steps": 5000, "longest_edge_px": 64}), picture(), [picture(1)])
    before.close()
    (tmp_path / "entry.py").write_text(ENTRY)
    server = Server(str(tmp_path / "entry.py"), tmp_path / "log", NST_DATA_DIR=str(folder), PYTHONPATH=str(ROOT))
    server.start()
    visitor = fall_asleep(server.url)
    try:
        saved = folder / "runs" / job / "checkpoint.npz"
        until(lambda: saved.exists() and checkpoint.load(saved).state["number"] > 20, 30)
        (worker,) = server.workers()
        began = time.monotonic()
        server.terminate()
        time.sleep(0.3)
        server.terminate()
        server.wait(20)
        assert time.monotonic() - began < 10
    finally:
        server.kill()
        visitor.close()
    until(lambda: gone(worker), 2)
    assert temporary(folder) == []
    assert "Traceback" not in server.log
    after = Store(folder)
    view, number = after.view(job), checkpoint.load(saved).state["number"]
    after.close()
    assert (view.state, after.why_in_memory) == ("queued", "")
    assert view.step == number == view.points[-1].step


VISIT = """
import json, sys
import serve
jobs = serve.prepare()
from streamlit.testing.v1 import AppTest
def visit(page):
    app = AppTest.from_file(sys.argv[1], default_timeout=60)
    assert not app.switch_page(f"pages/{page}.py").run().exception
visit("studio")  # what AppTest itself needs
before = set(sys.modules)
for page in ("slow", "compare", "gallery", "about"):
    visit(page)
print(json.dumps(sorted(set(sys.modules) - before)))
jobs.close()
"""


def test_a_first_visit_waits_for_no_import(folder: Path) -> None:
    visit = [sys.executable, "-c", VISIT, str(ROOT / "app.py")]
    said = subprocess.run(visit, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == []
    assert folder.is_dir()
