"""A job service that closes lets the worker save its run, starts nothing new, and limits every wait."""

import threading
import time

import pytest

from nst_core.errors import WorkerError
from nst_core.jobs.messages import Began, Preempt, Preempted, RunCommand, Stop
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import ANN, FakeWorker, Servers, submit, under_way, until


def close(service: JobService, seconds: float = 5.0) -> threading.Thread:
    """Close on another thread."""
    closing = threading.Thread(target=service.close, args=(seconds,))
    closing.start()
    return closing


def given(worker: FakeWorker) -> list[str]:
    """The runs that a worker was given."""
    return [command.job for command in worker.commands if isinstance(command, RunCommand)]


@pytest.mark.parametrize("is_paused", [False, True])
def test_the_run_under_way_is_saved_and_no_other_one_begins(servers: Servers, is_paused: bool) -> None:
    service = servers.start()
    job, behind = under_way(servers, service), submit(service)
    if is_paused:
        service.pause(job, ANN)
    closing = close(service)
    until(lambda: servers.worker.commands[-1] == Preempt(job=job))
    assert closing.is_alive()
    servers.worker.step(job, 4)
    servers.worker.report(Preempted(job=job))
    closing.join(5)
    assert not closing.is_alive()
    assert given(servers.worker) == [job]
    service = servers.start()
    assert (service.view(job).state, service.view(job).step) == ("paused" if is_paused else "queued", 4)
    assert service.view(behind).state == "queued"


def test_a_run_that_ends_meanwhile_is_over(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    closing = close(service)
    until(lambda: servers.worker.commands[-1] == Preempt(job=job))
    servers.worker.finish(job)
    closing.join(5)
    assert servers.start().view(job).state == "done"


def test_a_run_that_was_told_to_stop_is_waited_for_and_not_told_otherwise(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    service.stop(job, ANN)
    closing = close(service)
    time.sleep(0.1)
    assert servers.worker.commands[-1] == Stop(job=job)
    servers.worker.finish(job, stopped=True)
    closing.join(5)
    assert servers.start().view(job).state == "stopped"


def test_a_worker_that_does_not_answer_is_not_waited_for(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    began = time.monotonic()
    service.close(0.3)
    assert 0.3 <= time.monotonic() - began < 3
    assert servers.start().view(job).state == "queued"


@pytest.mark.parametrize("state", ["without a run", "starting", "off", "its pictures are read"])
def test_a_worker_with_nothing_to_save_is_ended_at_once(servers: Servers, state: str) -> None:
    service = servers.start()
    if state != "off":
        service.warm()
    if state == "without a run":
        servers.worker.ready()
    if state == "its pictures are read":
        submit(service)
        servers.worker.ready()
        service._scheduler.pool.slots[0].assignment.is_sent = False  # type: ignore[union-attr]
    began = time.monotonic()
    service.close(30)
    assert time.monotonic() - began < 5


def test_a_closed_service_starts_no_worker_and_refuses_runs_in_words(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    service.close(0)
    service.warm()
    servers.worker.die("it was killed")
    servers.worker.report(Began(job=job, content=b"late"))
    assert len(servers.workers) == 1
    with pytest.raises(WorkerError, match="being restarted; try again in a minute"):
        submit(service)


def test_who_closes_second_waits_for_the_first(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    first = close(service)
    until(lambda: servers.worker.commands[-1] == Preempt(job=job))
    second = close(service)
    time.sleep(0.1)
    assert second.is_alive()
    servers.worker.report(Preempted(job=job))
    for closing in (first, second):
        closing.join(5)
        assert not closing.is_alive()
    assert servers.worker.commands.count(Preempt(job=job)) == 1
