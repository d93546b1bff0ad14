"""After any damage to one file of the store, two restarts lose no other run, and the damaged run says what is wrong."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.errors import JobError, LostRunError
from nst_core.jobs import legacy, opening
from nst_core.jobs.store import Store
from nst_core.jobs.views import JobView
from nst_core.runs.inputs import RunInputs
from tests.nst_core.jobs.stored_runs import OWNER, PICTURES, change
from tests.nst_core.jobs.test_legacy import HEAD, TABLES, legacy_row

SMALL = RunInputs(PICTURES.content, PICTURES.styles[:1])
RUNS = ("done1", "done2", "paused")
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "deleted": lambda _: None,
    "emptied": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "overwritten": lambda data: b"\xff" * len(data),
    "flipped": lambda data: bytes(b ^ (n == len(data) // 2) for n, b in enumerate(data)),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs, a paused one, and the remains of a deleted one."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(folder)
    for job in (*RUNS, "deleted"):
        store.write(replace(change(job, state="paused" if job == "paused" else "done"), inputs=SMALL))
    store.delete("deleted")
    store.close()
    return folder


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probing writes to the disk, which takes most of the time here, and is tested elsewhere."""
    monkeypatch.setattr("nst_core.jobs.blobs.DiskBlobStore.probe", lambda *_: None)


def views(folder: Path) -> dict[str, JobView | str]:
    """Each run, or why it cannot be opened."""
    store = Store(folder)
    found: dict[str, JobView | str] = {}
    for job in (*RUNS, "deleted"):
        try:
            found[job] = store.view(job)
            store.inputs(job)
        except LostRunError as error:
            found[job] = str(error)
        except JobError as error:
            assert "missing or damaged; choose them again" in str(error)  # noqa: PT017
    assert set(store.runs(OWNER, 9)) == {job for job, view in found.items() if isinstance(view, JobView)}
    store.close()
    return found


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_told(before: JobView | str, after: JobView | str) -> bool:
    """Whether a run is as before, or explains its damage."""
    if isinstance(before, str) or isinstance(after, str):
        told = ("deleted by its owner", "no run of this id is known", "because its record", "its other files are kept")
        return any(words in str(after) for words in told)
    if before.state == "done" and (before.result is None) != (after.result is None):
        return after.state == "failed" and "damaged or missing" in (after.error or "")
    if before.state == "done" and before.points != after.points:
        return "points of this curve were damaged" in after.notes[-1]
    return before.recipe == after.recipe and before.owner == after.owner


@pytest.mark.slow
def test_damage_of_any_file_loses_no_other_run(whole: Path, tmp_path: Path) -> None:
    before, contents = views(whole), files(whole)
    assert sum(isinstance(view, JobView) for view in before.values()) == len(RUNS)
    damaged = [path for path in contents if path.parts[:2] not in (("runs", "done2"), ("runs", "paused"))]
    damaged += [Path("runs/paused") / name for name in ("run.json", "run.copy.json", "curve.log")]
    assert len(damaged) >= 16
    opened = 0
    for number, name in enumerate(damaged):
        for kind, damage in DAMAGES.items():
            folder = tmp_path / f"{number}{kind}"
            shutil.copytree(whole, folder)
            data = damage(contents[name])
            (folder / name).unlink() if data is None else (folder / name).write_bytes(data)
            own = name.parts[1] if name.parts[0] == "runs" else "deleted"
            for start in (1, 2):
                after = views(folder)
                others = {job: view for job, view in after.items() if job != own}
                assert others == {job: before[job] for job in others}, (name, kind, start)
                assert is_told(before[own], after[own]), (name, kind, start, after[own])
            opened += isinstance(after[own], JobView)
            left = files(folder)
            assert all(left[path] == contents[path] for path in contents if path.parts[0] == "runs" and path != name)
            shutil.rmtree(folder)
    assert opened == len(DAMAGES) * sum(path.parts[0] == "runs" for path in damaged)  # the copy of a record opens it


def test_both_copies_of_a_record_may_be_damaged(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    shutil.copytree(whole, folder)
    for name in ("run.json", "run.copy.json"):
        (folder / "runs/done1" / name).write_bytes(b"{}")
        (folder / "runs/done2" / name).unlink()
    for _ in range(2):
        after = views(folder)
        assert "because its record is cut or overwritten; its files are kept" in str(after["done1"])
        assert "the record of this run is missing; its other files are kept" in str(after["done2"])
        assert isinstance(after["paused"], JobView)
        assert (folder / "runs/done1/result.png").exists()
        assert (folder / "runs/done2/result.png").exists()


def test_a_folder_that_vanished_is_told_with_the_day(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vanished"
    shutil.copytree(whole, folder)
    shutil.rmtree(folder / "runs/done1")
    for _ in range(2):
        assert "are not on the server's disk any more, as the server noticed on" in str(views(folder)["done1"])
    shutil.copytree(whole / "runs/done1", folder / "runs/done1")  # from a backup
    assert isinstance(views(folder)["done1"], JobView)


def test_a_record_in_the_folder_of_another_run_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "swapped"
    shutil.copytree(whole, folder)
    for name in ("run.json", "run.copy.json"):
        shutil.copy(folder / "runs/done2" / name, folder / "runs/done1" / name)
    assert "its record is that of another run" in str(views(folder)["done1"])


def test_a_removal_that_a_crash_broke_off_is_finished(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "broken off"
    shutil.copytree(whole, folder)
    store = Store(folder)
    monkeypatch.setattr("nst_core.jobs.blobs.DiskBlobStore.clear", lambda *_: None)
    store.delete("done1")
    store.close()
    monkeypatch.undo()
    assert (folder / "runs/done1/result.png").exists()
    assert "deleted by its owner" in str(views(folder)["done1"])
    assert not (folder / "runs/done1").exists()


def test_damage_of_the_tables_of_an_earlier_version_removes_no_file(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    (whole / "runs/a1").mkdir(parents=True)
    (whole / "runs/a1/result.png").write_bytes(b"png")
    with closing(sqlite3.connect(whole / legacy.DATABASE)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(TABLES)
        legacy_row(connection, HEAD)
        shutil.copytree(whole, tmp_path / "killed")  # with its -wal and -shm, as a killed server leaves them
    contents = files(tmp_path / "killed")
    assert len(contents) == 4
    for name in contents:
        for kind, damage in DAMAGES.items():
            folder = tmp_path / f"{name.name}{kind}"
            shutil.copytree(tmp_path / "killed", folder)
            data = damage(contents[name])
            (folder / name).unlink() if data is None else (folder / name).write_bytes(data)
            for _ in range(2):
                opened = opening.open_folder(folder)
                opened.release()
            has_record = opened.index.get("a1") is not None
            assert has_record or name.name in (legacy.DATABASE, f"{legacy.DATABASE}-wal"), (name, kind)
            assert name.name == "result.png" or (folder / "runs/a1/result.png").read_bytes() == b"png"
