"""Stored runs are there for the next server, within limits; damage affects one run, a missing disk none.

What holds for every store is tested in a folder, in memory, and in a database with an object store.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nst_core.errors import JobError, LostRunError
from nst_core.jobs.limits import StoreLimits
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.snapshots import nearest, thinned
from nst_core.jobs.store import Store
from nst_core.runs.curve import CurvePoint
from tests.nst_core.jobs.stored_runs import OWNER, PICTURES, POINTS, change, open_shared_store, view


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs of ours"


LIMITS = StoreLimits(runs=3, total_bytes=1e6, snapshots=4, keep_runs=1, keep_hours=0)
SHARED = pytest.param("shared", marks=[pytest.mark.cluster, pytest.mark.slow])


@pytest.fixture(params=["disk", "memory", SHARED])
def store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    if request.param == "shared":
        request.getfixturevalue("shared_store")
        store: Store = open_shared_store(LIMITS)
    else:
        store = Store(folder if request.param == "disk" else None, LIMITS, LIMITS)
    assert bool(store.why_in_memory) == (request.param == "memory")
    yield store
    store.close()


def test_a_stored_run_has_all_its_values(store: Store) -> None:
    store.write(change())
    want = view(content=b"content", result=b"r" * 10, points=POINTS, snapshot_steps=(0, 4))
    assert store.view("a1") == replace(want, snapshot=b"jpeg 4", snapshot_step=4)
    assert (store.snapshot("a1", 0), store.snapshot("a1", 3)) == (b"jpeg 0", None)


def test_its_pictures_are_stored_exactly(store: Store) -> None:
    store.write(change())
    came = store.inputs("a1")
    pairs = [(came.content, PICTURES.content), *zip(came.styles, PICTURES.styles, strict=True)]
    for got, wanted in [*pairs, (came.start, PICTURES.start)]:
        assert got is not None
        assert wanted is not None
        assert (got.sha256, got.notes) == (wanted.sha256, wanted.notes)
        assert np.array_equal(got.pixels, wanted.pixels)
        assert (got.alpha is None) == (wanted.alpha is None)
        assert wanted.alpha is None or np.array_equal(got.alpha, wanted.alpha)  # type: ignore[arg-type]
    for mask, meant in zip(came.masks, PICTURES.masks, strict=True):
        assert mask.sha256 == meant.sha256
        assert np.array_equal(mask.weights, meant.weights)


def test_it_is_there_for_the_next_server(folder: Path) -> None:
    first = Store(folder)
    first.write(change())
    before = first.view("a1")
    first.close()
    assert Store(folder).view("a1") == before


def test_points_after_a_checkpoint_are_removed(store: Store) -> None:
    store.write(change(state="running"))
    again = (replace(POINTS[3], losses={"total": 9.0}),)
    store.write(RunDelta(view(state="running"), (0,), again, after=2))
    assert store.view("a1").points == (*POINTS[:3], *again)
    assert store.view("a1").snapshot_steps == (0,)


def test_a_deleted_run_leaves_nothing(store: Store, folder: Path) -> None:
    store.write(change())
    store.delete("a1")
    store.write(replace(change(), is_new=False))  # what was on its way to the disk meanwhile
    with pytest.raises(LostRunError, match="deleted by its owner"):
        store.view("a1")
    with pytest.raises(LostRunError, match="deleted by its owner"):
        store.inputs("a1")
    assert not list(folder.rglob("*.png"))


def test_the_oldest_unlisted_runs_go_first(store: Store) -> None:
    for age in range(6):
        store.write(change(f"a{age}", created=float(age), listed=age == 0))
    store.write(change("b", state="running", created=-1.0))
    assert store.make_room() == ["a1", "a2"]
    assert store.runs(OWNER, 99) == ["a5", "a4", "a3", "a0", "b"]
    assert store.runs("", 99) == ["a0"]


def test_the_size_of_all_files_is_bounded(store: Store) -> None:
    for age in range(3):
        store.write(change(f"a{age}", 450_000, created=float(age)))
    assert store.make_room(spared=["a2"]) == ["a0"]
    assert store.make_room(needed_bytes=1) == ["a1"]
    assert store.make_room(needed_bytes=1) == []  # the last one is kept


def test_unfinished_runs_are_listed_in_the_order_in_which_they_continue(store: Store) -> None:
    states = {"a": "queued", "b": "running", "c": "done", "d": "queued", "e": "paused"}
    for age, (job, state) in enumerate(states.items()):
        store.write(change(job, state=state, created=float(age)))
    assert store.pending() == ["b", "e", "a", "d"]


@pytest.mark.parametrize("name", ["content.png", "style1.png", "start.png", "mask0.npy", "contents.json"])
@pytest.mark.parametrize("data", [b"", b"noise", None], ids=["empty", "noise", "gone"])
def test_a_run_with_damaged_pictures_is_still_shown(folder: Path, name: str, data: bytes | None) -> None:
    store = Store(folder)
    store.write(change())
    path = folder / "runs" / "a1" / "inputs" / name
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(JobError, match="missing or damaged; choose them again"):
        store.inputs("a1")
    assert store.view("a1").result


def test_a_second_server_stores_runs_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nst_core.jobs.opening.LOCK_SECONDS", 0.05)
    first, second = Store(folder), Store(folder)
    assert not first.why_in_memory
    assert "another server" in second.why_in_memory
    second.write(change())
    assert second.view("a1").result
    first.close()
    assert not Store(folder).why_in_memory


def test_a_path_that_is_no_folder_is_reported_and_loses_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(tmp_path / "file" / "below")
    assert "cannot be used" in store.why_in_memory
    store.write(change())
    assert store.inputs("a1").content.sha256 == PICTURES.content.sha256
    assert store.checkpoint("a1") is None


@pytest.mark.slow
def test_readers_see_whole_changes_while_one_writes(store: Store) -> None:
    store.write(change(state="running"))
    stop, read_steps = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            read_steps.append([point.step for point in store.view("a1").points])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(5, 105, 5):
        batch = tuple(CurvePoint(n, 0.0, {"total": 1.0}) for n in range(number, number + 5))
        store.write(RunDelta(view(state="running"), (0, 4), batch))
    stop.set()
    for reader in readers:
        reader.join(10)
    assert all(numbers == list(range(len(numbers))) for numbers in read_steps)
    assert read_steps


@pytest.mark.parametrize("most", [2, 5, 24])
def test_snapshots_are_thinned_evenly_with_the_first_and_the_newest(most: int) -> None:
    stored: list[int] = []
    for number in range(0, 700, 2):
        stored = thinned([*stored, number], most)
        assert (stored[0], stored[-1]) == (0, number)
        assert stored == sorted(set(stored))
        assert len(stored) == min(most, number // 2 + 1)
    gaps = np.diff(stored)
    assert gaps.max() <= 4 * 700 / (most - 1)
    assert nearest(stored, stored[1] + 0) == stored[1]
