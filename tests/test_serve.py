"""`serve.py` gets ready and opens the job service when it starts, and closes it when it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nst_core.jobs.service import JobService
from nst_core.jobs.store import Store
from tests.nst_core.jobs.servers import FakeWorker, submit, until
from tests.serving import ROOT, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_runs_of_an_earlier_life_go_on_before_anyone_has_visited(folder: Path, tmp_path: Path) -> None:
    before = JobService(spawn=FakeWorker)
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
