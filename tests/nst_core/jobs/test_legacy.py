"""Runs that earlier versions kept in SQLite tables open, and get records of their own; no fault loses one."""

import errno
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nst_core.jobs import blobs, legacy
from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.owners import owner_of
from nst_core.jobs.records import RunRecord, view_from_dict, view_to_dict
from nst_core.jobs.store import Store
from nst_core.jobs.views import JobView
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint

TABLES = """
CREATE TABLE runs (
    job TEXT PRIMARY KEY, created REAL NOT NULL, visitor TEXT NOT NULL, listed INTEGER NOT NULL, state TEXT NOT NULL,
    painted INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL);
CREATE TABLE points (
    job TEXT NOT NULL, number INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (job, number)) WITHOUT ROWID;
"""
HEAD: dict[str, Any] = {
    "id": "a1",
    "state": "done",
    "number": 4,
    "of": 9,
    "evaluations": 5,
    "measure": False,
    "levels": {"fast": {"total": 0.5}},
    "notes": ["The server was restarted; this run went on from step 3."],
    "snapshot_number": 4,
    "report": {"size": [7, 5], "marks": [[2, "plateau"]]},
    "error": None,
    "created": 5.0,
    "ended": 9.0,
    "visitor": owner_of("ann"),
    "listed": True,
    "recipe": make().model_dump(mode="json"),
}
"""The `head` of a row."""
WORDS = (
    '{"number": 3, "marks": ["plateau"], "seconds": 0.75, "losses": {"total": 1.5}, "scale_px": 96, "evaluations": 4, '
    '"weights": {"content": 1.0}}'
)
"""The `words` of a point."""
VIEW = JobView(
    "a1",
    "done",
    make(),
    step=4,
    total_steps=9,
    evaluations=5,
    wants_metrics=False,
    reference_losses={"fast": {"total": 0.5}},
    notes=("The server was restarted; this run went on from step 3.",),
    points=(CurvePoint(3, 0.75, {"total": 1.5}, ("plateau",), 96, 4, {"content": 1.0}),),
    snapshot_step=4,
    result=b"png",
    report={"size": [7, 5], "marks": [[2, "plateau"]]},
    created=5.0,
    ended=9.0,
    owner=owner_of("ann"),
    listed=True,
)


def legacy_row(connection: sqlite3.Connection, head: dict[str, Any]) -> None:
    """Add a run as an earlier version did."""
    values = (*(head[name] for name in ("id", "created", "visitor", "listed", "state")), head["state"] == "done", 77)
    with connection:
        connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, json.dumps(head)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an earlier version left it: a finished run, and one that waits."""
    with closing(sqlite3.connect(tmp_path / legacy.DATABASE)) as connection, connection:
        connection.executescript(TABLES)
        secret = {"visitor": "ann"}  # which early versions stored
        legacy_row(connection, HEAD | secret)
        legacy_row(
            connection, HEAD | secret | {"id": "b2", "state": "queued", "ended": 0.0, "created": 7.0, "listed": False}
        )
        connection.execute("INSERT INTO points VALUES ('a1', 3, ?)", (WORDS,))
    DiskBlobStore(tmp_path / "runs").put("a1", "result.png", b"png")
    return tmp_path


def opens(folder: Path) -> None:
    """Both runs open, and are listed as before."""
    store = Store(folder)
    assert store.view("a1") == VIEW
    assert (store.runs("", 9), store.runs(owner_of("ann"), 9), store.pending()) == (["a1"], ["b2", "a1"], ["b2"])
    store.close()


def test_its_runs_open_at_every_start_and_the_database_is_set_aside(folder: Path) -> None:
    opens(folder)
    assert not (folder / legacy.DATABASE).exists()
    assert not [path for path in folder.rglob("*") if path.is_file() and b'"ann"' in path.read_bytes()]
    for left in folder.glob("*.migrated"):
        left.unlink()
    opens(folder)


def test_a_database_that_was_called_damaged_on_a_full_disk_is_read(folder: Path) -> None:
    (folder / legacy.DATABASE).rename(folder / legacy.DAMAGED)
    opens(folder)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EMFILE])
def test_its_runs_open_where_no_record_can_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fails(self: object, job: str, name: str, data: bytes, **_: object) -> None:
        raise OSError(code, "cannot be written")

    monkeypatch.setattr(blobs.DiskBlobStore, "put", fails)
    opens(folder)
    opens(folder)
    monkeypatch.undo()
    assert (folder / legacy.DATABASE).exists()
    opens(folder)


@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty", "row"])
def test_damage_of_the_database_removes_no_folder_and_is_told(
    folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / legacy.DATABASE
    data = path.read_bytes()
    if damage == "row":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE runs SET head = '{}' WHERE job = 'a1'")
    else:
        path.write_bytes({"cut": data[:5000], "overwritten": b"\xff" * len(data), "empty": b""}[damage])
    for _ in range(2):
        store = Store(folder)
        with pytest.raises(Exception, match="record of this run is missing; its other files are kept"):
            store.view("a1")
        store.close()
        assert (folder / "runs/a1/result.png").read_bytes() == b"png"
    assert "Run a1 has no record; its files are kept" in caplog.text
    assert damage == "row" or path.exists()  # the operator may be able to mend it


def test_values_of_wrong_types_cost_one_row_and_not_the_start(folder: Path) -> None:
    with closing(sqlite3.connect(folder / legacy.DATABASE)) as connection:
        legacy_row(connection, HEAD | {"id": "c3"})
        with connection:
            connection.execute("UPDATE runs SET job = x'6333' WHERE job = 'c3'")
            connection.execute("UPDATE runs SET bytes = 'many'")
            connection.execute("INSERT INTO points VALUES ('a1', 4, x'ff00'), ('a1', 5, 7)")
    opens(folder)
    opens(folder)
    assert (folder / legacy.DATABASE).exists()


def test_a_record_has_the_names_of_the_table() -> None:
    assert json.loads(json.dumps(view_to_dict(view_from_dict(HEAD)))) == HEAD


@pytest.mark.parametrize("name", ["id", "state", "recipe"])
def test_a_record_without_its_basic_values_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="of another version"):
        view_from_dict({key: value for key, value in HEAD.items() if key != name})


def test_a_record_of_a_version_that_did_not_know_a_value_has_its_default() -> None:
    known = {key: value for key, value in HEAD.items() if key not in ("visitor", "notes", "levels")}
    view = view_from_dict(known)
    assert (view.owner, view.notes, view.reference_losses) == ("", (), {})
    assert RunRecord.from_bytes("a1", RunRecord(view).to_bytes()).view == view
