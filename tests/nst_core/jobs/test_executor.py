"""The job service follows its executor: room that grows and shrinks, workers that should leave, none to be had."""

from __future__ import annotations

import pytest

from nst_core.jobs.executor import Leave, OnEvent, OnExit, UnreachableError, WorkerHandle
from nst_core.jobs.messages import Inspect, Preempt, Preempted
from nst_core.jobs.service import InspectionRequest, JobService
from tests.nst_core.jobs.servers import ANN, BEN, Servers, Workers, picture, save, submit, until


def watch(service: JobService) -> None:
    """What the service does every two seconds."""
    with service._lock:
        service._scheduler.watch_workers(30.0)


def test_more_room_takes_more_runs_and_less_room_ends_no_run(servers: Servers) -> None:
    service = servers.start()
    first, second = submit(service, ANN), submit(service, BEN)
    servers.worker.ready()
    assert service.view(second).wait_seconds > 0
    watch(service)
    assert (len(servers.workers), servers.executor.wanted) == (1, 2)

    servers.executor.capacity = 2
    watch(service)
    servers.worker.ready()
    assert servers.executor.numbers == [0, 1]
    assert servers.worker.run_command().job == second
    assert [service.view(job).state for job in (first, second)] == ["running", "running"]

    servers.executor.capacity = 1
    watch(service)
    assert [service.view(job).state for job in (first, second)] == ["running", "running"]
    servers.workers[0].finish(first)
    watch(service)
    assert (service.status().workers, service.view(second).state) == (1, "running")
    servers.executor.capacity = 2
    watch(service)
    assert servers.executor.numbers == [0, 1, 0]


def test_with_less_room_the_workers_that_are_ready_stay(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_WORKERS", "3")
    service = servers.start()
    service.warm()
    servers.workers[2].ready()
    servers.executor.capacity = 1
    watch(service)
    assert (service.status().state, service.status().workers) == ("ready", 1)
    job = submit(service)
    assert servers.workers[2].run_command().job == job


def test_a_worker_is_replaced_by_a_better_one_after_its_run(servers: Servers) -> None:
    service = servers.start()
    job = submit(service)
    worker = servers.worker
    worker.ready()
    worker.begin(job)
    worker.leave = Leave.AFTER_RUN
    watch(service)
    assert (len(servers.workers), worker.commands[-1].kind) == (1, "run")
    worker.finish(job)
    assert (service.view(job).state, len(servers.workers)) == ("done", 2)
    servers.worker.ready()
    servers.worker.leave = Leave.AFTER_RUN  # without a run, at once
    service.inspect(InspectionRequest("features", "block1_conv1"), picture())
    watch(service)
    assert len(servers.workers) == 3
    servers.worker.ready()
    assert isinstance(servers.worker.commands[-1], Inspect)


def test_the_run_of_a_machine_that_is_about_to_go_is_saved_and_goes_on_elsewhere(servers: Servers) -> None:
    service = servers.start()
    job, behind = submit(service, ANN), submit(service, BEN)
    worker = servers.worker
    worker.ready()
    worker.begin(job)
    worker.step(job, 0)
    worker.leave = Leave.NOW
    watch(service)
    watch(service)
    assert [command.kind for command in worker.commands] == ["run", "preempt"]
    assert worker.commands[-1] == Preempt(job=job)
    save(servers)
    worker.report(Preempted(job=job))
    assert len(servers.workers) == 2
    servers.worker.ready()
    assert servers.worker.run_command().job == job  # before the run that has not begun
    assert servers.worker.run_command().checkpoint == worker.run_command().checkpoint
    assert (service.view(job).notes, service.view(behind).state) == ((), "queued")


def test_runs_wait_as_long_as_no_worker_can_be_reached_and_none_fails(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.jobs.supervisor.SHORTAGE_SECONDS", 0.0)
    away = [True]

    def start(on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        if away[0]:
            raise UnreachableError("the cluster does not answer")
        return servers.spawn(on_event, on_exit)

    executor = Workers(start)
    executor.problem = "The cluster does not answer; runs wait for it."
    service = JobService(executor=executor)
    job = submit(service)
    for _ in range(5):
        watch(service)
    status = service.status()
    assert (status.state, status.place_fault, service.view(job).state) == ("starting", executor.problem, "queued")
    away[0], executor.problem = False, ""
    watch(service)
    servers.worker.ready()
    until(lambda: servers.worker.run_command().job == job)
    assert (service.view(job).notes, service.status().place_fault) == ((), "")
    service.close()
    assert executor.is_closed
