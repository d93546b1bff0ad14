"""A desk that is closed and opened again on its folder, with a worker that does and tells what the test says."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import JobError
from nst_core.jobs import floor
from nst_core.jobs.crew import Hire
from nst_core.jobs.desk import Desk
from nst_core.jobs.pictures import unpacked
from nst_core.jobs.process import Gone, Hear
from nst_core.picture.door import Picture
from nst_core.recipe import make


class Played:
    """A worker that is told about and told to by the test."""

    pid = 1

    def __init__(self, hear: Hear, gone: Gone) -> None:
        self._hear, self.die = hear, gone
        self.asked: list[Mapping[str, Any]] = []
        self.blobs: list[Sequence[bytes | memoryview]] = []

    def say(self, command: Mapping[str, Any], blobs: Sequence[bytes | memoryview] = ()) -> None:
        self.asked.append(command)
        self.blobs.append(blobs)

    def end(self) -> None:
        pass

    def tell(self, event: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        self._hear({"event": event, "memory_mb": 1.0, **facts}, list(blobs))

    def ready(self) -> None:
        self.tell("ready", device="a desk fan", precision="float32", sources={})

    def order(self) -> Mapping[str, Any]:
        """The run it was handed last; waits for it."""
        until(lambda: any(command["do"] == "run" for command in self.asked))
        return next(command for command in reversed(self.asked) if command["do"] == "run")

    def begin(self, job: str, points: Sequence[int] = ()) -> None:
        told = [
            {"number": n, "seconds": n / 4, "losses": {"total": 1.0}, "scale_px": 64, "evaluations": n} for n in points
        ]
        self.tell("began", [b"content"], job=job, curve=told)

    def step(self, job: str, number: int) -> None:
        facts = {"of": 9, "seconds": number / 4, "scale_px": 64, "losses": {"total": 1.0}, "marks": []}
        more = {"evaluations": number, "levels": {}, "notes": []}
        self.tell("step", [f"jpeg {number}".encode()], job=job, number=number, **facts, **more)

    def finish(self, job: str, state: str = "done") -> None:
        self.tell("result", [b"png"], job=job)
        self.tell(state, job=job, report={"recipe": make().model_dump(mode="json"), "size": [7, 5]})


class Servers:
    """One desk after another on the same folder."""

    def __init__(self) -> None:
        self.workers: list[Played] = []
        self._desk: Desk | None = None

    @property
    def worker(self) -> Played:
        return self.workers[-1]

    def hire(self) -> Hire:
        def hire(hear: Hear, gone: Gone) -> Played:
            self.workers.append(Played(hear, gone))
            return self.worker

        return hire

    def start(self) -> Desk:
        self.stop()
        self._desk = Desk(hire=self.hire())
        return self._desk

    def stop(self) -> None:
        if self._desk:
            self._desk.close()
        self._desk = None


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    servers = Servers()
    yield servers
    servers.stop()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def picture(seed: int = 0) -> Picture:
    values = np.random.default_rng(seed).integers(0, 256, (5, 7, 4), np.uint8)
    return Picture.from_pixels(values[..., :3], values[..., 3])


def submit(desk: Desk, visitor: str = "ann") -> str:
    return desk.submit(make(settings={"steps": 9}), picture(), [picture(1)], visitor=visitor)


def under_way(servers: Servers, desk: Desk, steps: int = 4) -> str:
    """A run with so many steps behind it."""
    job = submit(desk)
    servers.worker.ready()
    servers.worker.begin(job)
    for number in range(steps):
        servers.worker.step(job, number)
    return job


def save(servers: Servers) -> None:
    """Put a checkpoint where the worker was told to."""
    path = Path(servers.worker.order()["checkpoint"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")


def numbers(desk: Desk, job: str) -> list[int]:
    return [point.number for point in desk.view(job).points]


def test_a_finished_run_is_still_there(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    servers.worker.finish(job)
    desk.publish(job, listed=True)
    before = desk.view(job)
    desk = servers.start()
    assert desk.view(job) == before
    assert (before.state, before.result, before.timeline) == ("done", b"png", (0, 1, 2, 3))
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
    for number in range(4, 9):
        servers.worker.step(job, number)
    servers.worker.finish(job)
    assert numbers(desk, job) == list(range(9))
    servers.stop()
    assert not Path(order["checkpoint"]).exists()
    assert numbers(servers.start(), job) == list(range(9))


def test_a_paused_run_comes_back_paused(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    save(servers)
    desk.pause(job)
    desk = servers.start()
    desk.warm()
    servers.worker.ready()
    assert desk.view(job).state == "paused"
    assert servers.worker.asked == []
    desk.resume(job)
    assert servers.worker.order()["job"] == job
    assert not servers.worker.order()["paused"]


def test_a_paused_run_of_an_earlier_life_can_be_stopped_with_its_picture(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    save(servers)
    desk.pause(job)
    desk = servers.start()
    desk.warm()
    servers.worker.ready()
    desk.stop(job)
    assert servers.worker.order()["stop"]
    servers.worker.begin(job, range(4))
    servers.worker.finish(job, "stopped")
    assert (desk.view(job).state, desk.view(job).result) == ("stopped", b"png")


def test_a_worker_that_dies_is_replaced_and_the_run_goes_on_so_often(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    for _ in range(floor.TRIES):
        servers.worker.die("it was killed")
        assert desk.view(job).state == "queued"
        servers.worker.ready()
        assert servers.worker.order()["job"] == job
        servers.worker.begin(job, [0, 1])
        assert numbers(desk, job) == [0, 1]
    servers.worker.die("it was killed")
    view = desk.view(job)
    assert view.state == "failed"
    assert view.error == (
        "the process that paints ended 3 times in the middle of this run, the last time because it was killed; "
        "try a smaller size"
    )


def test_one_who_waits_passes_a_run_that_is_held_for_long(servers: Servers, monkeypatch) -> None:
    monkeypatch.setattr(floor, "SHELVE_SECONDS", 0.0)
    desk = servers.start()
    job = under_way(servers, desk)
    desk.pause(job)
    behind = submit(desk, "bob")
    with desk._lock:
        desk._floor.mind(30)
    assert servers.worker.asked[-1] == {"do": "shelve", "job": job}
    servers.worker.tell("shelved", job=job)
    assert servers.worker.order()["job"] == behind
    assert (desk.view(job).state, desk.view(behind).state) == ("paused", "running")
    desk.resume(job)
    assert desk.view(job).position == 1


def test_a_run_that_nobody_looks_at_is_stopped_and_says_so(servers: Servers) -> None:
    desk = servers.start()
    job, waiting = under_way(servers, desk), submit(desk)
    for minutes, asked in ((30.0, "run"), (1e-9, "stop")):
        time.sleep(0.001)
        with desk._lock:
            desk._floor.mind(minutes)
        assert servers.worker.asked[-1]["do"] == asked
    assert desk.view(waiting).state == "stopped"
    servers.worker.finish(job, "stopped")
    view = desk.view(job)
    assert (view.state, view.result) == ("stopped", b"png")
    assert "Nobody had looked at this run" in view.notes[-1]


def test_looking_keeps_a_run_going(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk)
    run = desk._book.live[job]
    for look in (lambda: desk.view(job), lambda: desk.runs("ann"), lambda: desk.wait(job, 0)):
        run.seen = 0.0
        look()
        assert run.seen > 0
    run.seen = 0.0
    desk.runs("bob")
    assert run.seen == 0


def test_who_waits_is_told_for_how_long(servers: Servers) -> None:
    desk = servers.start()
    job = under_way(servers, desk, 5)
    first, second = submit(desk), submit(desk)
    assert desk.view(job).wait_seconds == 0
    assert desk.view(first).wait_seconds == pytest.approx(1 / 4 * (9 - 4))  # the pace of the run before
    assert desk.view(second).wait_seconds > desk.view(first).wait_seconds


def test_a_run_that_is_deleted_in_the_middle_makes_room(servers: Servers) -> None:
    desk = servers.start()
    job, behind = under_way(servers, desk), submit(desk)
    desk.delete(job)
    with pytest.raises(JobError, match="not here"):
        desk.view(job)
    assert servers.worker.asked[-1] == {"do": "stop", "job": job}
    servers.worker.tell("stopped", job=job, report={})
    assert servers.worker.order()["job"] == behind


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
        desk._floor.fail_all("the server is shutting down")
    assert desk.view(job).state == "failed"
    with pytest.raises(JobError, match="not here"):
        servers.start().view(done)


def test_a_disk_that_is_full_costs_no_run_and_is_said(servers: Servers, monkeypatch) -> None:
    desk = servers.start()
    assert desk.status().forgets == ""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk._book.store, "write", full)
    job = under_way(servers, desk)
    until(lambda: "No space left" in desk.status().forgets)
    servers.worker.finish(job)
    view = desk.view(job)
    assert (view.state, view.result, desk.picture_at(job, 1)) == ("done", b"png", b"jpeg 1")
    monkeypatch.undo()
    submit(desk, "bob")
    until(lambda: desk.status().forgets == "")
    until(lambda: job not in desk._book.live)
    assert desk.view(job).result == b"png"


@pytest.mark.parametrize("job", ["nobody", "../../etc", "", "a/b"])
def test_a_run_that_is_none_is_refused_everywhere(servers: Servers, job: str) -> None:
    desk = servers.start()
    asks: list[Callable[[], object]] = [
        lambda: desk.view(job),
        lambda: desk.picture_at(job, 1),
        lambda: desk.inputs(job),
        lambda: desk.publish(job, listed=True),
        lambda: desk.delete(job),
        lambda: desk.stop(job),
        lambda: desk.wait(job, 1),
    ]
    for ask in asks:
        with pytest.raises(JobError, match="not here"):
            ask()
