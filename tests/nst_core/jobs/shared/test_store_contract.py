"""What holds for a folder and for a shared store alike when processes are killed or write together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.errors import StorageError
from nst_core.jobs.index import MemoryRunIndex
from nst_core.jobs.limits import StoreLimits
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.service import JobService
from nst_core.jobs.store import Store
from nst_core.runs.curve import CurvePoint
from tests.nst_core.jobs.shared.servers import PASSWORD, SharedServers
from tests.nst_core.jobs.stored_runs import OWNER, change, open_shared_store, view
from tests.serving import ROOT

pytestmark = pytest.mark.slow
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.store import Store
from nst_core.runs.curve import CurvePoint
from nst_core.system.atomic_files import write_atomic
from tests.nst_core.jobs.stored_runs import change, open_shared_store, view
store = open_shared_store() if sys.argv[1] == "shared" else Store(Path(sys.argv[1]))
store.write(change("a", state="running"))
path = store.checkpoint("a")
for step in range(5, 100_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, b"%d" % step)
    points = (CurvePoint(step, 0.0, {"total": 1.0}),)
    store.write(RunDelta(view("a", state="running"), (0, 4, step), points, None, {step: b"jpeg %d" % step}))
    print(step, flush=True)
"""


class Place:
    """Where a test's stores are; `Place("shared")` needs the fixture `shared_store`."""

    def __init__(self, name: str) -> None:
        self.name = name

    @contextmanager
    def opened(self, limits: StoreLimits | None = None) -> Iterator[Store]:
        store = open_shared_store(limits) if self.name == "shared" else Store(Path(self.name), limits)
        assert not store.why_in_memory
        yield store
        store.close()


@pytest.fixture(params=["folder", pytest.param("shared", marks=pytest.mark.cluster)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "shared":
        request.getfixturevalue("shared_store")
        return Place("shared")
    return Place(str(tmp_path / "runs"))


def test_a_killed_process_loses_nothing_that_it_had_written(place: Place) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, place.name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) == 12:
            break
    os.kill(writer.pid, signal.SIGKILL)
    written = [12, *(int(line) for line in writer.stdout if line.endswith("\n"))][-1]
    writer.wait()
    with place.opened() as store:
        assert store.pending() == ["a"]
        found = store.view("a")
        steps = [point.step for point in found.points]
        assert steps == list(range(len(steps)))
        assert steps[-1] in (written, written + 1)
        assert store.inputs("a").content.width == 7
        store.fetch_progress("a")
        path = store.checkpoint("a")
        assert path is not None
        assert 5 <= int(path.read_bytes()) <= written + 1, "an object store gets not every one, but whole ones"


def test_runs_that_are_written_together_are_all_whole(place: Place) -> None:
    with place.opened() as store:

        def write(job: str) -> Callable[[], None]:
            def act() -> None:
                store.write(change(job, state="running"))
                for step in range(5, 12):
                    points = (CurvePoint(step, 0.0, {"total": 1.0}),)
                    store.write(RunDelta(view(job, state="running"), (0, 4), points))
                store.write(RunDelta(view(job), (0, 4), (), result=b"r" * 10))

            return act

        jobs = [f"run{number}" for number in range(6)]
        threads = [threading.Thread(target=write(job)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(store.runs(OWNER, 99)) == jobs
    with place.opened() as store:
        for job in jobs:
            assert [point.step for point in store.view(job).points] == list(range(12))
            assert store.view(job).state == "done"


def test_rows_that_are_lost_come_back_from_the_records(place: Place) -> None:
    with place.opened() as store:
        store.write(change("a", created=1.0, listed=True))
        store.write(change("b", created=2.0, state="paused"))
        store.write(change("c", created=3.0, state="queued"))
        store.hide("a", 7.0)
        store.publish("a", listed=True)
        before = {job: store.row(job) for job in "abc"}
        lists = (store.runs(OWNER, 9), store.pending(), store.hidden(OWNER))
        if place.name == "shared":
            assert store.claims is not None
            store.claims._database.run("TRUNCATE nst_runs, nst_work")
        else:
            assert isinstance(store._index, MemoryRunIndex), "which no process leaves behind"
    with place.opened() as store:
        assert {job: store.row(job) for job in "abc"} == before
        assert (store.runs(OWNER, 9), store.pending(), store.hidden(OWNER)) == lists
        if store.claims is not None:
            waiting = {work.job: (work.has_begun, work.is_held, work.server) for work in store.claims.all()}
            assert waiting == {"b": (True, True, ""), "c": (False, False, "")}


@pytest.mark.cluster
class TestSharedOnly:
    """What only servers that share a store need."""

    @pytest.fixture(autouse=True)
    def _shared(self, shared_store: dict[str, str]) -> None:
        self.environment = shared_store

    def test_two_servers_that_make_room_remove_as_much_as_one(self) -> None:
        limits = StoreLimits(runs=3, total_bytes=1e6, keep_runs=1, keep_hours=0)
        with Place("shared").opened(limits) as one, Place("shared").opened(limits) as two:
            for age in range(8):
                (one, two)[age % 2].write(change(f"a{age}", created=float(age)))
            removed: list[str] = []
            threads = [threading.Thread(target=lambda s=s: removed.extend(s.make_room())) for s in (one, two)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            assert sorted(set(removed)) == [f"a{age}" for age in range(5)]
            assert one.runs(OWNER, 99) == two.runs(OWNER, 99) == ["a7", "a6", "a5"]
            assert two.was_known("a0")

    def test_a_server_without_the_claim_writes_nothing(self) -> None:
        with Place("shared").opened() as one, Place("shared").opened() as two:
            one.write(change("a", state="running"))
            before = two.view("a")
            Store.write(two, replace(change("a", 99), is_new=False))
            assert one.view("a") == before

    def test_copies_of_a_killed_server_are_removed_by_the_next_one(self) -> None:
        root = Path(self.environment["NST_CACHE_DIR"], "shared-runs")
        writer = subprocess.Popen([sys.executable, "-c", WRITER, "shared"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
        assert list(root.rglob("checkpoint.npz"))
        with Place("shared").opened():
            assert list(root.rglob("checkpoint.npz")), "it lives"
            writer.kill()
            writer.wait()
            with Place("shared").opened():
                assert not list(root.rglob("checkpoint.npz"))
        assert list(root.iterdir()) == []

    def test_a_database_that_fails_is_told_in_words_and_is_used_again(self, shared_servers: SharedServers) -> None:
        with Place("shared").opened() as store:
            store.write(change("a"))
            shared_servers.pause_database()
            try:
                with pytest.raises(StorageError) as told:
                    store.row("a")
            finally:
                shared_servers.resume_database()
            assert str(told.value) == (
                "runs cannot be reached now, because the database does not answer; try again in a minute"
            )
            with suppress(StorageError):
                store.row("a")
            assert store.row("a") is not None
            assert PASSWORD not in repr(told.value) + str(told.value.__dict__)

    def test_a_server_that_the_database_refuses_does_not_start(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from nst_core.jobs.shared import opening

        monkeypatch.setattr(opening, "STARTS_WITHIN_SECONDS", 0.0)
        monkeypatch.setenv("NST_DATABASE_URL", self.environment["NST_DATABASE_URL"].replace(PASSWORD, "wrong-word"))
        monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
        with pytest.raises(StorageError, match="check user, password and name in NST_DATABASE_URL") as told:
            JobService()
        assert "wrong-word" not in str(told.value)
        assert not (tmp_path / "data").exists()
