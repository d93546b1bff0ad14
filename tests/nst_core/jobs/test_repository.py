"""What outlives a server, or a disk that is full, and how it goes on."""

from pathlib import Path

import numpy as np
import pytest

from nst_core.errors import JobError
from nst_core.jobs.service import JobService
from nst_core.jobs.store import RunDelta
from nst_core.runs.inputs import unpacked
from tests.nst_core.jobs.servers import Servers, numbers, picture, save, submit, under_way, until


def test_a_finished_run_is_still_there(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    servers.worker.finish(job)
    desk.publish(job, listed=True)
    before = desk.view(job)
    desk = servers.start()
    assert desk.view(job) == before
    assert (before.state, before.result, before.snapshot_steps) == ("done", b"png", (0, 1, 2, 3))
    assert before.ended >= before.created > 0
    assert desk.picture_at(job, 2) == b"jpeg 2"
    assert desk.inputs(job).content.sha256 == picture().sha256
    assert [v.id for v in desk.runs("ann")] == [v.id for v in desk.runs()] == [job]
    assert desk.runs()[0].snapshot == b"jpeg 3"
    desk.publish(job, listed=False)
    assert desk.runs() == ()
    desk.delete(job)
    assert desk.runs("ann") == ()
    with pytest.raises(JobError, match="not here"):
        desk.view(job)


def test_a_run_under_way_goes_on_without_a_gap_or_a_double(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk, 6)
    save(servers)
    behind = submit(desk, "bob")
    desk = servers.start()
    assert [desk.view(j).position for j in (job, behind)] == [1, 2]
    assert numbers(desk, job) == list(range(6))
    servers.worker.ready()
    order = servers.worker.order()
    assert order["job"] == job
    assert Path(order["checkpoint"]).read_bytes() == b"some"
    given = unpacked(order["pictures"], [bytes(blob) for blob in servers.worker.blobs[-1]])
    assert np.array_equal(given.content, picture().tensor())
    servers.worker.begin(job, range(4))  # what the checkpoint knows
    assert numbers(desk, job) == list(range(4))
    assert desk.view(job).notes == ("The server was restarted; this run went on from step 3.",)
    for number in range(4, 9):
        servers.worker.step(job, number)
    servers.worker.finish(job)
    assert numbers(desk, job) == list(range(9))
    servers.stop()
    assert not Path(order["checkpoint"]).exists()
    assert numbers(servers.start(), job) == list(range(9))


def paused_over_a_restart(servers: Servers) -> tuple[JobService, str]:
    """A run that was paused, at the next desk, whose worker is ready."""
    desk = servers.start()
    job = under_way(servers, desk)
    save(servers)
    desk.pause(job)
    desk = servers.start()
    desk.warm()
    servers.worker.ready()
    return desk, job


def test_a_paused_run_comes_back_paused(servers: Servers) -> None:
    desk, job = paused_over_a_restart(servers)
    assert desk.view(job).state == "paused"
    assert servers.worker.asked == []
    desk.resume(job)
    assert servers.worker.order()["job"] == job
    assert not servers.worker.order()["paused"]


def test_a_paused_run_of_an_earlier_life_can_be_stopped_with_its_picture(servers: Servers) -> None:
    desk, job = paused_over_a_restart(servers)
    desk.stop(job)
    assert servers.worker.order()["stop"]
    servers.worker.begin(job, range(4))
    servers.worker.finish(job, "stopped")
    assert (desk.view(job).state, desk.view(job).result) == ("stopped", b"png")


def test_without_a_disk_runs_live_as_long_as_the_server_and_it_says_so(servers: Servers, monkeypatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    desk = servers.start()
    assert "only until the server restarts" in desk.status().forgets
    done = under_way(servers, desk)
    servers.worker.finish(done)
    assert desk.inputs(done).content.sha256 == picture().sha256
    assert desk.picture_at(done, 9) == b"jpeg 3"
    job = submit(desk)
    with desk._lock:
        desk._scheduler.fail_all("the server is shutting down")
    assert desk.view(job).state == "failed"
    with pytest.raises(JobError, match="not here"):
        servers.start().view(done)


def test_a_disk_that_is_full_costs_no_run_and_is_said(servers: Servers, monkeypatch) -> None:
    desk = servers.start()
    assert desk.status().forgets == ""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk._repository.store, "write", full)
    job = under_way(servers, desk)
    until(lambda: "No space left" in desk.status().forgets)
    servers.worker.finish(job)
    view = desk.view(job)
    assert (view.state, view.result, desk.picture_at(job, 1)) == ("done", b"png", b"jpeg 1")
    monkeypatch.undo()
    submit(desk, "bob")
    until(lambda: desk.status().forgets == "")
    until(lambda: job not in desk._repository.active)
    assert desk.view(job).result == b"png"


def test_a_run_that_waited_through_a_restart_has_nothing_to_tell(servers: Servers) -> None:
    desk = servers.start()
    first, behind = under_way(servers, desk), submit(desk, "bob")
    desk = servers.start()
    desk.stop(first)
    servers.worker.ready()
    servers.worker.begin(behind)
    assert desk.view(behind).notes == ()


def test_a_run_that_cannot_be_written_costs_no_other(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = servers.start()
    bad, good = under_way(servers, desk), submit(desk, "bob")
    write = desk._repository.store.write

    def broken(change: RunDelta) -> None:
        if change.view.id == bad:
            raise TypeError("a bug")
        write(change)

    monkeypatch.setattr(desk._repository.store, "write", broken)
    servers.worker.step(bad, 4)
    until(lambda: "a bug" in desk.status().forgets)
    servers.worker.finish(bad)
    servers.worker.begin(good)
    servers.worker.finish(good)
    until(lambda: good not in desk._repository.active)
    assert (desk.view(good).state, desk.view(bad).result) == ("done", b"png")
