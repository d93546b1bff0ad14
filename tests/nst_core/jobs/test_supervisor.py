"""A worker is replaced when it dies or holds too much memory; one that cannot be started is reported."""

import errno
import time

import pytest

from nst_core.errors import WorkerError
from nst_core.jobs import supervisor
from nst_core.jobs.executor import OnEvent, OnExit, WorkerHandle
from nst_core.jobs.messages import Ready
from nst_core.jobs.service import JobService
from nst_core.jobs.supervisor import MAX_STARTS
from tests.nst_core.jobs.servers import FakeWorker, Servers, Workers, submit, under_way


def test_a_worker_that_cannot_be_started_is_a_state_with_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    workers: list[FakeWorker] = []
    faults = [OSError(13, "Permission denied")]

    def spawn(on_event: OnEvent, on_exit: OnExit) -> FakeWorker:
        if faults:
            raise faults.pop()
        workers.append(FakeWorker(on_event, on_exit))
        return workers[-1]

    service = JobService(executor=Workers(spawn))
    job = submit(service)
    assert service.status().state == "failed"
    assert "Permission denied" in service.status().message
    assert "Permission denied" in (service.view(job).error or "")
    with pytest.raises(WorkerError, match="Permission denied"):
        submit(service)
    service.retry()
    workers[-1].ready()
    assert service.status().state == "ready"
    service.close()


def test_a_shortage_that_passes_costs_a_wait_and_no_run(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [OSError(errno.EAGAIN, "no thread is left"), OSError(errno.ENOMEM, "Cannot allocate memory")]

    def short(on_event: OnEvent, on_exit: OnExit) -> WorkerHandle:
        if faults:
            raise faults.pop()
        return servers.spawn(on_event, on_exit)

    service = JobService(executor=Workers(short))
    job = submit(service)
    assert (service.status().state, service.view(job).state) == ("starting", "queued")
    for _ in range(2):
        with service._lock:
            service._scheduler.watch_workers(0)
    servers.worker.ready()
    assert servers.worker.run_command().job == job
    faults.append(OSError(errno.ENOMEM, "Cannot allocate memory"))
    monkeypatch.setattr(supervisor, "SHORTAGE_SECONDS", 0.0)
    servers.worker.die("it was killed")
    assert "could not be started: Cannot allocate memory" in (service.view(job).error or "")
    service.retry()
    assert service.status().state == "starting"
    service.close()


def test_events_of_a_replaced_worker_are_ignored(servers: Servers) -> None:
    service = servers.start()
    service.warm()
    first = servers.worker
    first.die("it was killed")
    assert len(servers.workers) == 2
    first.ready()
    first.die("it was killed")
    assert (len(servers.workers), service.status().state) == (2, "starting")
    servers.worker.ready()
    assert service.status().state == "ready"


def test_a_worker_that_keeps_dying_is_given_up(servers: Servers) -> None:
    service = servers.start()
    service.warm()
    for _ in range(MAX_STARTS):
        assert service.status().state == "starting"
        servers.worker.die("it was killed")
    assert (len(servers.workers), service.status().state) == (MAX_STARTS, "failed")
    assert service.status().message == "the process that holds the networks could not be kept alive: it was killed"


def test_a_worker_that_was_given_up_is_tried_again_later_and_ever_later(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, now = servers.start(), time.monotonic()
    service.warm()
    for wait in (60, 120, 240):
        for _ in range(MAX_STARTS):
            servers.worker.die("it was killed")
        assert service.status().state == "failed"
        for passed, state in ((wait - 5, "failed"), (wait + 5, "starting")):
            with service._lock, monkeypatch.context() as patched:
                patched.setattr(time, "monotonic", lambda passed=passed: now + passed)
                service._scheduler.watch_workers(0)
            assert service.status().state == state
    servers.worker.ready()
    job = submit(service)
    assert servers.worker.run_command().job == job


@pytest.mark.parametrize(
    ("allowed", "memory_mb", "workers"), [("", 2501, 2), ("", 2499, 1), ("800", 801, 2), ("800", 799, 1)]
)
def test_a_worker_that_holds_too_much_memory_is_replaced_after_its_run(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, allowed: str, memory_mb: float, workers: int
) -> None:
    monkeypatch.setenv("NST_WORKER_MB", allowed)
    service = servers.start()
    job = under_way(servers, service)
    servers.worker.finish(job, memory_mb=memory_mb)
    assert service.view(job).state == "done"
    assert len(servers.workers) == workers
    assert service.status().state == ("starting" if workers > 1 else "ready")


def test_on_a_small_host_it_is_replaced_earlier(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_MEMORY_MB", "1700")
    service = servers.start()
    job = under_way(servers, service)
    servers.worker.finish(job, memory_mb=1400)
    assert len(servers.workers) == 2


def test_weights_that_could_not_be_used_are_in_the_status(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    service = servers.start()
    service.warm()
    told = {"magenta": "NST_HUB_HANDLE must name usable weights"}
    servers.worker.report(Ready(device="CPU", precision="float32", sources={}, unusable=told))
    assert service.status().unusable == told
