"""The command that maintains a shared store."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.cli.main import main
from nst_core.doctor import folders
from nst_core.errors import StorageError
from nst_core.jobs.service import JobService
from nst_core.jobs.store import Store
from nst_core.jobs.votes import Vote
from tests.nst_core.jobs.stored_runs import OWNER, change, open_shared_store


def test_without_a_shared_store_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "rebuild"]) == 2
    assert "NST_DATABASE_URL and NST_FILES_URL must name a shared store" in capsys.readouterr().err


def test_without_the_packages_a_server_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("NST_FILES_URL", "s3://none?endpoint=http://127.0.0.1:9")
    monkeypatch.setitem(__import__("sys").modules, "nst_core.jobs.shared.opening", None)
    with pytest.raises(StorageError, match="packages of requirements-cluster"):
        JobService()


@pytest.mark.cluster
@pytest.mark.slow
def test_the_runs_of_a_folder_are_copied_once_with_all_that_belongs_to_them(
    shared_store: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    before = Store(folder)
    for job, state in (("a1", "done"), ("a2", "queued"), ("a3", "paused")):
        before.write(change(job, state=state))
    before.votes.add(Vote("0" * 32, "slow", "fast"))
    before.votes.close("1" * 32)
    views = {job: before.view(job) for job in ("a1", "a2", "a3")}
    (folder / "sheets" / "s1").mkdir(parents=True)
    (folder / "sheets" / "s1" / "plan.json").write_bytes(b"a plan")
    assert main(["store", "copy", str(folder)]) == 2
    assert "another server uses the folder" in capsys.readouterr().err
    before.close()
    (folder / "runs" / "damaged").mkdir()
    (folder / "runs" / "damaged" / "run.json").write_bytes(b"noise")
    for expected in ("3 runs copied", "0 runs copied"):
        assert main(["store", "copy", str(folder)]) == 0
        said = capsys.readouterr()
        assert expected in said.out
        assert "damaged: its record is missing or damaged" in said.err
    after = open_shared_store()
    assert {job: after.view(job) for job in views} == views
    assert after.inputs("a1").start is not None
    assert [vote.preferred for vote in after.votes.all()] == ["slow"]
    assert not after.votes.is_open("1" * 32)
    assert not after.votes.is_open("0" * 32)
    assert after.votes.is_open("2" * 32)
    beside = after.blob_store("sheets")
    assert beside is not None
    assert beside.read("s1", "plan.json") == b"a plan"
    assert after.claims is not None
    assert [(work.job, work.is_held) for work in after.claims.all()] == [("a2", False), ("a3", True)]
    assert after.runs(OWNER, 9)
    after.close()
    assert main(["store", "rebuild"]) == 0
    assert "3 runs can be read" in capsys.readouterr().out


@pytest.mark.cluster
@pytest.mark.slow
def test_the_doctor_says_whether_the_store_answers(
    shared_store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = folders.runs()
    assert (found.level, found.text) == ("ok", "the database and the bucket for runs answer")
    monkeypatch.setenv("NST_FILES_URL", shared_store["NST_FILES_URL"].replace("s3://", "s3://other"))
    (found,) = folders.runs()
    assert found.level == "problem"
    assert "bucket" in found.text
