"""A disk that is full, read-only or out of handles costs no finished run; new runs are refused until it works again."""

import errno
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nst_core.errors import LostRunError, StorageError
from nst_core.jobs import repository, storage_health
from nst_core.jobs.limits import StoreLimits
from nst_core.jobs.owners import owner_of
from nst_core.jobs.service import JobService
from nst_core.jobs.store import Store
from tests.nst_core.jobs.servers import ANN, BEN, Servers, submit, under_way, until
from tests.nst_core.jobs.stored_runs import change, view

FULL = (errno.ENOSPC, errno.EDQUOT)
OTHERS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.EIO)
Break = Callable[..., None]


@pytest.fixture
def break_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Break:
    """Make every opening of a file for writing below the test's folder fail; 0 ends the fault."""
    code, modes = 0, "wax+"
    whole = Path.open

    def opening(self: Path, mode: str = "r", *arguments: Any, **more: Any) -> Any:
        if code and tmp_path in self.parents and set(mode) & set(modes):
            raise OSError(code, "as the test wants", str(self))
        return whole(self, mode, *arguments, **more)

    def set_code(new: int, *, also_reading: bool = False) -> None:
        nonlocal code, modes
        code, modes = new, "wax+r" if also_reading else "wax+"

    monkeypatch.setattr(Path, "open", opening)
    return set_code


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, and few finished runs that must stay."""
    monkeypatch.setattr(repository, "WRITE_SECONDS", 0.01)
    monkeypatch.setattr(storage_health, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(storage_health, "LAST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(storage_health, "PROBE_SECONDS", 0.0)
    monkeypatch.setattr(storage_health, "IDLE_PROBE_SECONDS", 0.02)
    monkeypatch.setenv("NST_KEEP_RUNS", "2")
    monkeypatch.setenv("NST_KEEP_HOURS", "0")


def finished(servers: Servers, service: JobService, count: int) -> list[str]:
    """Runs that are over and stored, the oldest first."""
    jobs = []
    for _ in range(count):
        jobs.append(under_way(servers, service))
        servers.worker.finish(jobs[-1])
    until(lambda: not service._repository.active)
    return jobs


def retried(service: JobService, job: str, times: int = 5) -> None:
    """Wait until the storing of a run has failed that often."""
    seen: set[float] = set()

    def has_failed() -> bool:
        failure = service._repository.health._failures.get(job)
        seen.update([failure.retry_at] if failure else [])
        return len(seen) >= times

    until(has_failed)


@pytest.mark.parametrize("code", [*FULL, *OTHERS])
@pytest.mark.usefixtures("quick")
def test_a_failing_disk_costs_no_finished_run_and_new_ones_are_refused(
    servers: Servers, break_disk: Break, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    service = servers.start()
    done, going = finished(servers, service, 10), under_way(servers, service)
    until(lambda: not service._repository._changed)
    break_disk(code)
    servers.worker.step(going, 4)
    retried(service, going)
    servers.worker.finish(going)
    with pytest.raises(StorageError, match="a new run must be stored before it starts, but") as refusal:
        submit(service, BEN)
    assert refusal.value.code == "storage"
    assert "cannot be stored now" in service.status().storage_fault
    assert service.view(going).result == b"png"
    left = [job for job in done if (Path(service._repository.store._folder or "") / "runs" / job).exists()]
    assert left == (done[-len(left) :] if code in FULL else done)
    assert len(left) > 2 or code not in FULL  # only few runs were removed, once, although many attempts were made
    assert all(service.view(job).result == b"png" for job in left)
    assert caplog.text.count("Runs cannot be stored") == 1
    break_disk(0)
    until(lambda: service.status().storage_fault == "")
    until(lambda: not service._repository.active)
    later = submit(service, BEN)
    service = servers.start()
    assert service.view(going).result == b"png"
    assert service.view(later).state == "queued"
    if code in FULL:
        with pytest.raises(LostRunError, match="to make room, because the disk was full and the oldest go first"):
            service.view(done[0])


def test_on_a_full_disk_young_runs_and_the_last_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for limits in (StoreLimits(keep_runs=0), StoreLimits(keep_runs=4, keep_hours=0)):
        store = Store(tmp_path / str(limits.keep_runs), limits)
        for number in range(4):
            store.write(change(f"a{number}", created=now - 60, ended=now - number))
        assert store.make_room(needed_bytes=1e12) == []
        assert len(store.runs("sha256:" + 64 * "a", 9)) == 4
        store.close()


@pytest.mark.parametrize("code", [*FULL, *OTHERS])
@pytest.mark.usefixtures("quick")
def test_a_run_whose_record_cannot_be_written_is_refused_and_leaves_nothing(
    servers: Servers, break_disk: Break, code: int, tmp_path: Path
) -> None:
    service = servers.start()
    service.warm()
    servers.worker.ready()
    break_disk(code)
    with pytest.raises(StorageError, match="but the"):
        submit(service)
    assert service.runs(owner_of(ANN)) == ()
    assert not service._repository.active
    assert service.load().waiting == 0
    assert list((tmp_path / "data/runs").glob("*")) == []
    break_disk(0)
    job = submit(service)
    assert servers.worker.run_command().job == job  # the refused run does not occupy the worker


@pytest.mark.usefixtures("quick")
def test_a_run_that_cannot_be_read_now_says_so_and_opens_later(servers: Servers, break_disk: Break) -> None:
    service = servers.start()
    job = finished(servers, service, 1)[0]
    service = servers.start()
    break_disk(errno.EMFILE, also_reading=True)
    for ask in (service.view, service.inputs, lambda job: service.picture_at(job, 1)):
        with pytest.raises(
            LostRunError, match="cannot be read now, because the server has too many files open"
        ) as lost:
            ask(job)
        assert lost.value.is_stored
    break_disk(0)
    assert (service.view(job).result, service.picture_at(job, 1)) == (b"png", b"jpeg 1")
    assert len(service.view(job).snapshot_steps) == 4


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_what_is_in_a_folder_that_cannot_be_written_opens_and_new_runs_are_in_memory(
    servers: Servers, break_disk: Break, code: int
) -> None:
    service = servers.start()
    done, waiting = finished(servers, service, 1)[0], submit(service, BEN)
    servers.stop()
    break_disk(code)
    service = servers.start()
    assert "only until the server restarts" in service.status().memory_only
    assert [view.id for view in service.runs(owner_of(ANN))] == [done]
    assert (service.view(done).result, service.view(waiting).state) == (b"png", "queued")
    with pytest.raises(StorageError, match="this run cannot be deleted now, because"):
        service.delete(done, ANN)
    assert service.view(done).result == b"png"
    new = submit(service)
    servers.worker.ready()
    servers.worker.begin(waiting)
    servers.worker.step(waiting, 0)
    servers.worker.finish(waiting)
    servers.worker.begin(new)
    servers.worker.finish(new)
    until(lambda: not service._repository.active)
    assert (service.view(new).result, len(service.view(waiting).points)) == (b"png", 1)
    with pytest.raises(LostRunError, match="runs of earlier servers cannot be opened, because the folder for them"):
        service.view("f" * 32)
    servers.stop()
    break_disk(0)
    service = servers.start()
    assert (service.view(done).result, service.view(waiting).state) == (b"png", "queued")


@pytest.mark.usefixtures("quick")
def test_a_start_on_a_full_disk_refuses_new_runs_until_there_is_room(servers: Servers, break_disk: Break) -> None:
    done = finished(servers, servers.start(), 2)
    servers.stop()
    break_disk(errno.ENOSPC)
    servers.start()
    service = servers.start()
    assert "the disk is full" in service.status().storage_fault
    assert service.status().memory_only == ""
    assert all(service.view(job).result == b"png" for job in done)
    with pytest.raises(StorageError, match="the disk is full"):
        submit(service)
    break_disk(0)
    until(lambda: service.status().storage_fault == "")  # by itself
    submit(service)


@pytest.mark.usefixtures("quick")
def test_an_almost_full_disk_takes_runs_only_if_old_ones_make_room(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = servers.start()
    done, free = finished(servers, service, 4), 63e6
    folder = Path(service._repository.store._folder or "") / "runs"

    def usage(_: object) -> Any:
        made = sum(not (folder / job).exists() for job in done)
        return SimpleNamespace(free=free + 2e6 * (made > 1))

    monkeypatch.setattr("nst_core.jobs.store.shutil.disk_usage", usage)
    job = submit(service, BEN)
    assert [(folder / job).exists() for job in done] == [False, False, True, True]
    free = 60e6
    with pytest.raises(StorageError, match="less free space than the server must leave"):
        submit(service, BEN)
    assert service.view(job).state == "running"
    assert all((folder / job).exists() for job in done[2:])  # the last ones stay
    monkeypatch.undo()
    until(lambda: service.status().storage_fault == "")


def test_a_deletion_needs_no_room(servers: Servers, break_disk: Break) -> None:
    service = servers.start()
    done = finished(servers, service, 1)[0]
    break_disk(errno.ENOSPC)
    service.delete(done, ANN)
    for _ in range(2):
        with pytest.raises(LostRunError):
            service.view(done)
        break_disk(0)
        service = servers.start()


def test_a_server_whose_folder_another_one_uses_says_where_its_runs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.jobs.opening.LOCK_SECONDS", 0.05)
    first = Store(tmp_path)
    first.write(change("a1"))
    second = Store(tmp_path)
    with pytest.raises(LostRunError, match="in a folder that another server uses now; open it there") as lost:
        second.view("a1")
    assert lost.value.is_stored
    with pytest.raises(LostRunError, match="cannot be opened, because another server uses the folder") as lost:
        second.view("b2")
    assert not lost.value.is_stored
    first.close()


def test_a_file_that_ends_in_the_middle_leaves_the_old_one_and_no_part(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(change("a1"))
    before = store.view("a1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            store.write(replace(change("a1", 50_000), is_new=False))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    store.close()
    after = Store(tmp_path).view("a1")
    assert (after.result, after.recipe) == (before.result, before.recipe)
    assert not list((tmp_path / "runs").rglob(".*"))


def test_a_run_that_is_dropped_from_memory_says_why(
    servers: Servers, break_disk: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MAX_UNSAVED", 0)
    monkeypatch.setattr(repository, "WRITE_SECONDS", 0.01)
    service = servers.start()
    job = under_way(servers, service)
    break_disk(errno.EIO)
    servers.worker.finish(job)
    until(lambda: not service._repository.active)
    with pytest.raises(LostRunError, match="could not be stored, because the disk reports a fault; start it again"):
        service.view(job)


def test_the_record_of_a_run_is_on_the_disk_before_its_id_is_known(servers: Servers, tmp_path: Path) -> None:
    service = servers.start()
    job = submit(service)
    assert (tmp_path / "data/runs" / job / "run.json").stat().st_size > 100
    assert view().state == "done"
