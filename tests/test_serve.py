"""`serve.py` opens the desk when it starts, and lets go of it when it ends."""

from pathlib import Path

import pytest

from nst_core.jobs.desk import Desk
from nst_core.jobs.store import Store
from tests.nst_core.jobs.servers import Played, submit, until
from tests.serving import Server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_runs_of_an_earlier_life_go_on_before_anyone_has_visited(folder: Path, tmp_path: Path) -> None:
    before = Desk(hire=Played)
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
