"""Several workers: each has a run of its own, and the end of one does not affect the others."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from nst_core.errors import QueueFullError, WorkerError
from nst_core.jobs import pool, scheduler
from nst_core.jobs.messages import Inspect, Inspected, LoadFailed, Pause, Preempt, Preempted, Ready, Stop
from nst_core.jobs.service import FINAL, InspectionRequest, JobService
from nst_core.jobs.supervisor import MAX_STARTS
from tests.nst_core.jobs.servers import ANN, BEN, FakeWorker, Servers, numbers, picture, submit, until
from tests.nst_core.jobs.test_closing import close

QUESTION = InspectionRequest("features", "block1_conv1")


@pytest.fixture
def service(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> JobService:
    """A service with two workers, which have just been started."""
    monkeypatch.setenv("NST_WORKERS", "2")
    service = servers.start()
    service.warm()
    return service


@pytest.fixture
def pair(servers: Servers, service: JobService) -> tuple[FakeWorker, FakeWorker]:
    """The two workers, ready."""
    first, second = servers.workers
    first.ready()
    second.ready()
    return first, second


def steps(worker: FakeWorker, job: str, count: int = 4) -> None:
    worker.begin(job)
    for number in range(count):
        worker.step(job, number)


def save(worker: FakeWorker) -> None:
    path = Path(worker.run_command().checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")


def test_two_visitors_are_served_at_once_and_the_status_is_that_of_both(
    service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    first, second = pair
    status = service.status()
    assert (status.state, status.workers, status.busy_workers) == ("ready", 2, 0)
    assert (status.device, status.memory_mb) == ("2 workers on an abacus", 2.0)
    ann = submit(service, ANN)
    assert (service.status().state, service.status().busy_workers) == ("ready", 1)
    ben, waiting = submit(service, BEN), submit(service, ANN)
    assert (first.run_command().job, second.run_command().job) == (ann, ben)
    assert [service.view(job).state for job in (ann, ben, waiting)] == ["running", "running", "queued"]
    assert (service.status().state, service.status().busy_workers) == ("busy", 2)
    steps(second, ben)
    second.finish(ben)
    until(lambda: second.run_command().job == waiting)
    assert (service.view(ann).state, service.view(ben).state) == ("running", "done")


def test_different_devices_are_all_named(service: JobService, servers: Servers) -> None:
    for worker, device in zip(servers.workers, ("an abacus", "a slide rule"), strict=True):
        worker.report(Ready(device=device, precision="float32", sources={}))
    assert service.status().device == "an abacus and a slide rule"


def test_commands_reach_the_worker_that_has_the_run(service: JobService, pair: tuple[FakeWorker, FakeWorker]) -> None:
    first, second = pair
    ann, ben = submit(service, ANN), submit(service, BEN)
    service.pause(ben, BEN)
    assert (first.commands[-1].kind, second.commands[-1]) == ("run", Pause(job=ben))
    service.steer(ann, ANN, {"style_weight": 7.0})
    assert (first.commands[-1].kind, second.commands[-1].kind) == ("steer", "pause")
    service.stop(ben, BEN)
    assert second.commands[-1] == Stop(job=ben)
    service.delete(ann, ANN)
    assert first.commands[-1] == Stop(job=ann)


def test_events_of_a_worker_change_no_run_of_another(service: JobService, pair: tuple[FakeWorker, FakeWorker]) -> None:
    first, second = pair
    ann, ben = submit(service, ANN), submit(service, BEN)
    steps(first, ann)
    second.step(ann, 8)
    second.finish(ann)
    assert (service.view(ann).step, service.view(ann).state) == (3, "running")
    assert service.view(ben).state == "running"


def test_the_run_of_a_dead_worker_goes_on_and_the_other_is_untouched(
    servers: Servers, service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    first, second = pair
    ann, ben = submit(service, ANN), submit(service, BEN)
    steps(first, ann)
    steps(second, ben)
    first.die("it was killed")
    assert (service.view(ann).state, service.view(ben).state) == ("queued", "running")
    assert (service.status().workers, service.status().state) == (1, "busy")
    servers.worker.ready()
    assert servers.worker.run_command().job == ann
    servers.worker.begin(ann, [0, 1])
    second.step(ben, 4)
    assert (numbers(service, ann), numbers(service, ben)) == ([0, 1], [0, 1, 2, 3, 4])
    assert service.view(ann).notes
    assert service.view(ben).notes == ()


def test_a_free_worker_takes_the_run_of_a_dead_one_at_once(
    service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    first, second = pair
    ann = submit(service, ANN)
    first.die("it was killed")
    until(lambda: second.run_command().job == ann)
    assert service.view(ann).state == "running"


def test_a_worker_that_hangs_is_replaced_alone(
    servers: Servers, service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    ann, ben = submit(service, ANN), submit(service, BEN)
    with service._lock:
        service._scheduler.pool.slots[1].supervisor._heartbeat._silent = 1e6
        service._scheduler.watch_workers(30.0)
    assert len(servers.workers) == 3
    assert (service.view(ann).state, service.view(ben).state) == ("running", "queued")


def test_a_question_goes_to_a_worker_without_a_run_and_outlives_it(
    servers: Servers, service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    first, second = pair
    submit(service, ANN)
    service.inspect(QUESTION, picture())
    assert isinstance(second.commands[-1], Inspect)
    second.die("it was killed")
    assert isinstance(first.commands[-1], Inspect)  # which is the only one that is ready
    servers.worker.ready()
    servers.worker.die("it was killed")  # it never had the question
    first.report(Inspected(facts={"height": 1}, blob=b"png"))
    assert service.inspect(QUESTION, picture()).facts == {"height": 1}


def test_as_many_paused_runs_are_preempted_as_others_wait(
    service: JobService, pair: tuple[FakeWorker, FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "PREEMPT_SECONDS", 0.0)
    first, second = pair
    ann, ben = submit(service, ANN), submit(service, BEN)
    service.pause(ann, ANN)
    service.pause(ben, BEN)
    behind = submit(service, "c" * 32)
    for _ in range(3):
        with service._lock:
            service._scheduler.reap_idle(30)
    assert first.commands[-1] == Preempt(job=ann)
    assert second.commands[-1] == Pause(job=ben)
    first.report(Preempted(job=ann))
    until(lambda: first.run_command().job == behind)
    assert [service.view(job).state for job in (ann, ben, behind)] == ["paused", "paused", "running"]


def test_one_worker_that_is_given_up_leaves_the_other_and_both_are_a_failure(
    servers: Servers, service: JobService
) -> None:
    first, second = servers.workers
    second.ready()
    running, waiting = submit(service, ANN), submit(service, BEN)
    first.report(LoadFailed(message="no source gave the weights"))
    assert (service.status().state, service.status().workers) == ("busy", 1)
    assert [service.view(job).state for job in (running, waiting)] == ["running", "queued"]
    for _ in range(MAX_STARTS):
        servers.workers[-1 if len(servers.workers) > 2 else 1].die("it was killed")
    assert service.status().state == "failed"
    assert "could not be kept alive" in (service.view(waiting).error or "") + (service.view(running).error or "")
    with pytest.raises(WorkerError):
        submit(service)
    before = len(servers.workers)
    service.retry()
    assert len(servers.workers) == before + 2
    servers.worker.ready()
    assert service.status().state == "ready"


def test_a_run_waits_for_the_worker_that_is_free_first(
    service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    ann, ben = submit(service, ANN), submit(service, BEN)
    for worker, job, count in ((pair[0], ann, 3), (pair[1], ben, 8)):  # of nine steps, each of a quarter of a second
        steps(worker, job, count)
    first, second, third = submit(service, ANN), submit(service, BEN), submit(service, ANN)
    soon, later, last = (service.view(job).wait_seconds for job in (first, second, third))
    assert later - soon == pytest.approx((8 - 3) / 4)
    whole = service._scheduler._wait_times.whole(service._repository.active[first])
    assert last == pytest.approx(min(soon + whole, later + whole))
    with pytest.raises(QueueFullError) as full:
        submit(service, ANN)
    assert full.value.retry_after_seconds == pytest.approx(soon)


def test_closing_saves_the_runs_of_all_workers(
    servers: Servers, service: JobService, pair: tuple[FakeWorker, FakeWorker]
) -> None:
    first, second = pair
    ann, ben = submit(service, ANN), submit(service, BEN)
    steps(first, ann)
    steps(second, ben, 2)
    closing = close(service)
    until(lambda: first.commands[-1] == Preempt(job=ann) and second.commands[-1] == Preempt(job=ben))
    first.report(Preempted(job=ann))
    time.sleep(0.1)
    assert closing.is_alive()
    second.report(Preempted(job=ben))
    closing.join(5)
    assert not closing.is_alive()
    service = servers.start()
    assert [(service.view(job).state, service.view(job).step) for job in (ann, ben)] == [("queued", 3), ("queued", 1)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_no_run_is_lost_or_painted_twice(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Random requests, deaths and ends, with one to three workers."""
    monkeypatch.setenv("NST_WORKERS", str(seed % 3 + 1))
    dice, service, jobs = random.Random(seed), servers.start(), dict[str, str]()
    service.warm()
    slots = service._scheduler.pool.slots

    def worker_of(number: int) -> FakeWorker:
        handle = slots[number].supervisor._worker
        assert isinstance(handle, FakeWorker)
        return handle

    def act() -> None:
        number, what = dice.randrange(len(slots)), dice.random()
        worker, job = worker_of(number), slots[number].current_id
        if what < 0.3:
            secret = dice.choice((ANN, BEN))
            with contextlib.suppress(QueueFullError):
                jobs[submit(service, secret)] = secret
        elif what < 0.4 and jobs:
            one = dice.choice(list(jobs))
            dice.choice((service.pause, service.resume, service.stop))(one, jobs[one])
        elif what < 0.45 and slots[number].supervisor._deaths < MAX_STARTS - 1:
            worker.die("it was killed")
        elif not slots[number].supervisor.is_ready:
            worker.ready()
        elif job and slots[number].assignment.is_sent:  # type: ignore[union-attr]
            worker.begin(job)
            worker.finish(job, stopped=service._repository.active[job].ending)

    for _ in range(150):
        act()
        held = [slot.current_id for slot in slots if slot.assignment]
        assert len(set(held)) == len(held)
        assert not set(held) & set(service._scheduler.waiting.jobs())
        is_free = any(slot.supervisor.is_ready and not slot.assignment for slot in slots)
        assert not (is_free and len(service._scheduler.waiting))

    def all_over() -> bool:
        for one, secret in jobs.items():
            service.resume(one, secret)
        for number in range(len(slots)):
            worker_of(number).ready()
            assignment = slots[number].assignment
            if assignment and assignment.is_sent:
                worker_of(number).finish(assignment.job)
        return all(service.view(job).state in FINAL for job in jobs)

    until(all_over)
    assert len(jobs) > 10


def test_without_room_for_a_thread_all_workers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[FakeWorker] = []

    def no_room(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    workers = [FakeWorker(lambda _: None, lambda _: None) for _ in range(2)]
    for worker in workers:
        monkeypatch.setattr(worker, "end", partial(ended.append, worker))
    monkeypatch.setattr(threading.Thread, "start", no_room)
    pool.end_all(workers)
    assert ended == workers
