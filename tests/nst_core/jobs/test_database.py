"""The tables of runs: rows and points as earlier versions wrote them are read."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nst_core.jobs.database import RunDatabase, view_from_json, view_to_json
from nst_core.jobs.owners import owner_of
from nst_core.jobs.views import JobView
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[RunDatabase]:
    """The tables as an earlier version left them, with one run."""
    path = tmp_path / "runs.sqlite"
    RunDatabase(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        head = json.dumps(HEAD | {"visitor": "ann"})  # the secret itself
        connection.execute("INSERT INTO runs VALUES ('a1', 5.0, 'ann', 1, 'done', 1, 77, ?)", (head,))
        connection.execute("INSERT INTO points VALUES ('a1', 3, ?)", (WORDS,))
    database = RunDatabase(path)
    yield database
    database.close()


def test_a_stored_row_is_read(database: RunDatabase) -> None:
    assert database.view("a1") == JobView(
        "a1",
        "done",
        make(),
        step=4,
        total_steps=9,
        evaluations=5,
        wants_metrics=False,
        reference_losses={"fast": {"total": 0.5}},
        notes=("The server was restarted; this run went on from step 3.",),
        snapshot_step=4,
        report={"size": [7, 5], "marks": [[2, "plateau"]]},
        created=5.0,
        ended=9.0,
        owner=owner_of("ann"),
        listed=True,
    )
    assert (database.listed(9), database.of_owner(owner_of("ann"), 9), database.oldest()) == (
        ["a1"],
        ["a1"],
        [("a1", True, 77)],
    )


@pytest.mark.usefixtures("database")
def test_a_secret_that_an_earlier_version_stored_is_gone_from_the_files(tmp_path: Path) -> None:
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert owner_of("ann").encode() in files
    assert b'"ann"' not in files


def test_a_stored_point_is_read(database: RunDatabase) -> None:
    assert database.points("a1") == (CurvePoint(3, 0.75, {"total": 1.5}, ("plateau",), 96, 4, {"content": 1.0}),)


def test_a_row_is_written_with_the_same_names() -> None:
    assert json.loads(view_to_json(view_from_json(json.dumps(HEAD)))) == HEAD


@pytest.mark.parametrize("name", list(HEAD))
def test_a_row_without_a_value_is_refused(name: str) -> None:
    damaged = {key: value for key, value in HEAD.items() if key != name}
    with pytest.raises(ValueError, match="a run cannot be read"):
        view_from_json(json.dumps(damaged))
