"""A stop and a deletion can be undone for a while, also after a restart, and not by others."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nst_core.errors import JobError, LostRunError, NotYoursError
from nst_core.jobs import undo
from nst_core.jobs.service import JobService, owner_of
from nst_core.jobs.store import Store
from tests.nst_core.jobs.servers import ANN, BEN, Servers, numbers, save, submit, under_way, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def _stopped(servers: Servers, service: JobService) -> str:
    """A run that was stopped after four steps, and is stored."""
    job = under_way(servers, service)
    save(servers)
    service.stop(job, ANN)
    servers.worker.finish(job, stopped=True)
    until(lambda: job not in service._repository.active)
    return job


def _later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)


def _checkpoint(folder: Path, job: str) -> Path:
    return folder / "runs" / job / "checkpoint.npz"


def test_a_stopped_run_goes_on_from_its_checkpoint(servers: Servers, folder: Path) -> None:
    service = servers.start()
    job = _stopped(servers, service)
    assert service.stopped.can_reopen(service.view(job))
    before = len(servers.worker.commands)
    service.stopped.reopen(job, ANN)
    until(lambda: len(servers.worker.commands) > before)
    command = servers.worker.run_command()
    assert (command.job, command.stop, command.checkpoint) == (job, False, str(_checkpoint(folder, job)))
    view = service.view(job)
    assert (view.state, view.result, view.report, view.ended) == ("running", None, None, 0.0)
    servers.worker.begin(job, range(4))
    servers.worker.step(job, 4)
    assert numbers(service, job) == [0, 1, 2, 3, 4]
    servers.worker.finish(job)
    until(lambda: job not in service._repository.active)
    assert service.view(job).state == "done"
    assert not _checkpoint(folder, job).exists()


def test_a_stop_can_be_undone_after_a_restart_and_survives_another_one(servers: Servers) -> None:
    job = _stopped(servers, servers.start())
    service = servers.start()
    service.stopped.reopen(job, ANN)
    until(lambda: service._repository.store._index.pending() == [job])
    again = servers.start()
    view = again.view(job)
    assert (view.state, view.result) == ("queued", None)
    assert [point.step for point in view.points] == [0, 1, 2, 3]


def test_after_a_while_the_checkpoint_goes_and_the_result_stays(
    servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = servers.start()
    job = _stopped(servers, service)
    assert _checkpoint(folder, job).exists()
    _later(monkeypatch, undo.UNDO_SECONDS + 1)
    service._repository.store.stops.end_old()
    assert not _checkpoint(folder, job).exists()
    assert not service.stopped.can_reopen(service.view(job))
    with pytest.raises(JobError, match="last 10 minutes"):
        service.stopped.reopen(job, ANN)
    assert service.view(job).result == b"png"


def test_only_a_stop_is_undone_and_only_by_its_visitor(servers: Servers) -> None:
    service = servers.start()
    job = _stopped(servers, service)
    with pytest.raises(NotYoursError):
        service.stopped.reopen(job, BEN)
    other = submit(service)
    until(lambda: servers.worker.run_command().job == other)
    servers.worker.begin(other)
    servers.worker.finish(other)
    with pytest.raises(JobError, match="only a stop"):
        service.stopped.reopen(other, ANN)


def test_checkpoints_and_hidden_runs_are_bounded() -> None:
    since = {f"run{number}": float(number) for number in range(10)}
    assert undo.past(since, 8, now=10.0) == ["run0", "run1"]
    assert undo.past(since, 20, now=undo.UNDO_SECONDS + 2.5) == ["run0", "run1", "run2"]


def test_a_hidden_run_is_nowhere_and_comes_back_whole(servers: Servers) -> None:
    service = servers.start()
    job = _stopped(servers, service)
    assert service.listed(job) is None
    service.publish(job, ANN, listed=True)
    assert (shown := service.listed(job)) is not None
    assert shown.snapshot == b"jpeg 3"
    before = service.view(job)
    service.trash.put(job, ANN)
    for ask in (service.view, service.inputs, service.progress, lambda each: service.picture_at(each, 1)):
        with pytest.raises(LostRunError, match="its owner deleted"):
            ask(job)
    assert service.runs(owner_of(ANN)) == ()
    assert service.listed(job) is None
    assert [view.id for view in service.trash.runs(owner_of(ANN))] == [job]
    assert service.trash.runs(owner_of(BEN)) == ()
    with pytest.raises(NotYoursError):
        service.trash.restore(job, BEN)
    service.trash.restore(job, ANN)
    assert service.view(job) == before
    with pytest.raises(JobError, match="nothing to undo"):
        service.trash.restore(job, ANN)


def test_hiding_survives_a_restart_and_ends_in_deletion(
    servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _stopped(servers, servers.start())
    servers.start().trash.put(job, ANN)
    service = servers.start()
    with pytest.raises(LostRunError, match="its owner deleted"):
        service.view(job)
    _later(monkeypatch, undo.UNDO_SECONDS + 1)
    until(lambda: not (folder / "runs" / job).exists())  # by housekeeping
    with pytest.raises(LostRunError, match="deleted by its owner"):
        service.trash.restore(job, ANN)


def test_a_run_under_way_is_stopped_and_hidden_and_may_come_back(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    service.trash.put(job, ANN)
    with pytest.raises(LostRunError):
        service.view(job)
    assert servers.worker.commands[-1].kind == "stop"
    servers.worker.finish(job, stopped=True)
    until(lambda: job not in service._repository.active)
    assert service.runs(owner_of(ANN)) == ()
    service.trash.restore(job, ANN)
    assert service.view(job).state == "stopped"


def test_a_hidden_run_can_be_deleted_at_once(servers: Servers, folder: Path) -> None:
    service = servers.start()
    job = _stopped(servers, service)
    service.trash.put(job, ANN)
    service.trash.delete(job, ANN)
    assert not (folder / "runs" / job).exists()
    assert service.trash.runs(owner_of(ANN)) == ()


def test_hidden_runs_make_room_first(servers: Servers, folder: Path) -> None:
    service = servers.start()
    first, second = _stopped(servers, service), _stopped(servers, service)
    service.trash.put(second, ANN)
    servers.stop()
    store = Store(folder)
    assert [row.job for row in store._index.oldest()] == [second, first]
    store.close()
