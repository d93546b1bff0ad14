"""Runs survive the end of a server and a full disk, and continue."""

from pathlib import Path

import numpy as np
import pytest

from nst_core.errors import JobError
from nst_core.jobs.owners import owner_of
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.service import JobService
from nst_core.runs.inputs import unpacked
from tests.nst_core.jobs.servers import ANN, Servers, numbers, picture, save, submit, under_way, until


def test_a_finished_run_is_still_there(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    servers.worker.finish(job)
    service.publish(job, ANN, listed=True)
    before = service.view(job)
    service = servers.start()
    assert service.view(job) == before
    assert (before.state, before.result, before.snapshot_steps) == ("done", b"png", (0, 1, 2, 3))
    assert before.ended >= before.created > 0
    assert service.picture_at(job, 2) == b"jpeg 2"
    assert service.inputs(job).content.sha256 == picture().sha256
    assert [v.id for v in service.runs(owner_of(ANN))] == [v.id for v in service.runs()] == [job]
    assert service.runs()[0].snapshot == b"jpeg 3"
    service.publish(job, ANN, listed=False)
    assert service.runs() == ()
    service.delete(job, ANN)
    assert service.runs(owner_of(ANN)) == ()
    with pytest.raises(JobError, match="deleted by its owner on"):
        service.view(job)


def test_a_run_continues_without_missing_or_repeated_steps(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service, 6)
    save(servers)
    behind = submit(service, "bob")
    service = servers.start()
    assert [service.view(j).position for j in (job, behind)] == [1, 2]
    assert numbers(service, job) == list(range(6))
    servers.worker.ready()
    command = servers.worker.run_command()
    assert command.job == job
    assert Path(command.checkpoint).read_bytes() == b"some"
    inputs = unpacked(command.arrays, command.data)
    assert np.array_equal(inputs.content[..., :3], picture().tensor())
    alpha = picture().alpha
    assert alpha is not None
    assert np.array_equal(np.round(255 * inputs.content[0, ..., 3]), alpha)
    servers.worker.begin(job, range(4))  # the steps in the checkpoint
    assert numbers(service, job) == list(range(4))
    assert service.view(job).notes == ("The server was restarted; this run went on from step 3.",)
    for number in range(4, 9):
        servers.worker.step(job, number)
    servers.worker.finish(job)
    assert numbers(service, job) == list(range(9))
    servers.stop()
    assert not Path(command.checkpoint).exists()
    assert numbers(servers.start(), job) == list(range(9))


def paused_over_a_restart(servers: Servers) -> tuple[JobService, str]:
    """A run that was paused, at the next service, whose worker is ready."""
    service = servers.start()
    job = under_way(servers, service)
    save(servers)
    service.pause(job, ANN)
    service = servers.start()
    service.warm()
    servers.worker.ready()
    return service, job


def test_a_paused_run_is_paused_after_a_restart(servers: Servers) -> None:
    service, job = paused_over_a_restart(servers)
    assert service.view(job).state == "paused"
    assert servers.worker.commands == []
    service.resume(job, ANN)
    assert servers.worker.run_command().job == job
    assert not servers.worker.run_command().paused


def test_a_paused_run_of_an_earlier_server_can_be_stopped_with_its_picture(servers: Servers) -> None:
    service, job = paused_over_a_restart(servers)
    service.stop(job, ANN)
    assert servers.worker.run_command().stop
    servers.worker.begin(job, range(4))
    servers.worker.finish(job, stopped=True)
    assert (service.view(job).state, service.view(job).result) == ("stopped", b"png")


def test_without_a_disk_runs_end_with_the_server_and_the_status_says_so(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    service = servers.start()
    assert "only until the server restarts" in service.status().memory_only
    done = under_way(servers, service)
    servers.worker.finish(done)
    assert service.inputs(done).content.sha256 == picture().sha256
    assert service.picture_at(done, 9) == b"jpeg 3"
    job = submit(service)
    with service._lock:
        service._scheduler.fail_all("the server is shutting down")
    assert service.view(job).state == "failed"
    with pytest.raises(JobError, match="cannot be opened, because no folder is set for them"):
        servers.start().view(done)


def test_a_full_disk_loses_no_run_and_is_reported(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    service = servers.start()
    assert service.status().storage_fault == ""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service._repository.store, "write", full)
    job = under_way(servers, service)
    until(lambda: "the disk is full" in service.status().storage_fault)
    servers.worker.finish(job)
    view = service.view(job)
    assert (view.state, view.result, service.picture_at(job, 1)) == ("done", b"png", b"jpeg 1")
    monkeypatch.undo()
    submit(service, "bob")
    until(lambda: service.status().storage_fault == "")
    until(lambda: job not in service._repository.active)
    assert service.view(job).result == b"png"


def test_a_run_that_waited_during_a_restart_has_no_note(servers: Servers) -> None:
    service = servers.start()
    first, behind = under_way(servers, service), submit(service, "bob")
    service = servers.start()
    service.stop(first, ANN)
    servers.worker.ready()
    servers.worker.begin(behind)
    assert service.view(behind).notes == ()


def test_a_run_that_cannot_be_written_stops_no_other(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    service = servers.start()
    bad, good = under_way(servers, service), submit(service, "bob")
    write = service._repository.store.write

    def broken(change: RunDelta) -> None:
        if change.view.id == bad:
            raise TypeError("a bug")
        write(change)

    monkeypatch.setattr(service._repository.store, "write", broken)
    servers.worker.step(bad, 4)
    until(lambda: "a bug" in service.status().storage_fault)
    servers.worker.finish(bad)
    servers.worker.begin(good)
    servers.worker.finish(good)
    until(lambda: good not in service._repository.active)
    assert (service.view(good).state, service.view(bad).result) == ("done", b"png")


def test_a_round_of_writing_that_fails_is_not_the_last(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    service = servers.start()
    faults = [MemoryError(), MemoryError()]

    def recovers() -> bool:
        if faults:
            raise faults.pop()
        return False

    monkeypatch.setattr(service._repository.health, "recovers", recovers)
    job = under_way(servers, service)
    servers.worker.finish(job)
    until(lambda: not service._repository.active)
    assert (faults, service.view(job).result) == ([], b"png")
