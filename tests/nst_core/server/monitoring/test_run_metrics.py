"""The metrics of runs, with a worker and a clock that the test moves."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from nst_core.errors import QueueFullError
from nst_core.jobs import scheduler
from nst_core.jobs.messages import Failed
from nst_core.jobs.service import JobService
from nst_core.server.monitoring.run_metrics import SIZES_PX, RunMetrics, size_label
from tests.nst_core.jobs.servers import ANN, Servers, submit, under_way

SLOW = {"method": "slow", "up_to_px": "384"}


class Watched:
    """A job service with metrics; `now` is their clock."""

    def __init__(self, servers: Servers) -> None:
        self.servers, self.service = servers, servers.start()
        self.now, self.registry = 0.0, CollectorRegistry()
        self.metrics = RunMetrics(self.registry, lambda: self.now)
        self.service.observe(self.metrics)

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def watched(servers: Servers) -> Watched:
    return Watched(servers)


def test_a_run_is_timed_in_the_queue_at_its_worker_and_by_the_step(watched: Watched) -> None:
    job, worker = submit(watched.service), watched.servers.worker
    watched.now = 3.0
    worker.ready()
    worker.begin(job)
    for number in range(4):  # a quarter of a second each
        worker.step(job, number)
    watched.now = 10.0
    worker.finish(job)
    assert watched.value("nst_runs_submitted_total", method="slow") == 1
    assert watched.value("nst_runs_ended_total", method="slow", state="done") == 1
    assert (watched.value("nst_wait_seconds_count"), watched.value("nst_wait_seconds_sum")) == (1, 3.0)
    assert watched.value("nst_wait_seconds_bucket", le="2.0") == 0
    assert watched.value("nst_wait_seconds_bucket", le="5.0") == 1
    assert watched.value("nst_run_seconds_sum", **SLOW) == 7.0
    assert (watched.value("nst_step_seconds_count", **SLOW), watched.value("nst_step_seconds_sum", **SLOW)) == (3, 0.75)


def test_a_pause_counts_neither_as_a_step_nor_as_time_of_a_run(watched: Watched) -> None:
    job, worker = under_way(watched.servers, watched.service, 2), watched.servers.worker
    watched.service.pause(job, ANN)
    watched.now = 1000.0
    watched.service.resume(job, ANN)
    for number in (50, 51):
        worker.step(job, number)
    worker.finish(job)
    assert watched.value("nst_step_seconds_count", **SLOW) == 2  # before the pause and after it, not over it
    assert watched.value("nst_step_seconds_sum", **SLOW) == 0.5
    assert watched.value("nst_run_seconds_count", **SLOW) == 0
    assert watched.value("nst_runs_ended_total", method="slow", state="done") == 1


def test_a_failure_has_the_code_that_its_worker_gave(watched: Watched) -> None:
    job = under_way(watched.servers, watched.service)
    watched.servers.worker.report(Failed(job=job, message="too large", code="memory"))
    assert watched.value("nst_run_failures_total", code="memory") == 1
    assert watched.value("nst_runs_ended_total", method="slow", state="failed") == 1


def test_a_run_that_loses_its_workers_is_a_failure_of_the_service(watched: Watched) -> None:
    job = under_way(watched.servers, watched.service)
    for _ in range(scheduler.MAX_ATTEMPTS):
        watched.servers.worker.die("it was killed")
        watched.servers.worker.ready()
        watched.servers.worker.begin(job)
    watched.servers.worker.die("it was killed")
    assert watched.value("nst_worker_losses_total") == scheduler.MAX_ATTEMPTS + 1
    assert watched.value("nst_run_failures_total", code="service") == 1
    assert watched.value("nst_runs_submitted_total", method="slow") == 1  # though it was queued three times
    assert watched.value("nst_run_seconds_count", **SLOW) == 0


def test_a_run_without_room_is_counted_as_refused(watched: Watched) -> None:
    under_way(watched.servers, watched.service)
    for _ in range(2):
        submit(watched.service)
    with pytest.raises(QueueFullError):
        submit(watched.service)
    with pytest.raises(QueueFullError):
        watched.service.admission.check_room(watched.service.view(submit_of(watched.service)).owner)
    assert watched.value("nst_run_refusals_total", code="queue-full") == 2
    assert watched.value("nst_runs_submitted_total", method="slow") == 3


def submit_of(service: JobService) -> str:
    """A run that is there already."""
    return next(iter(service._repository.active))


def test_a_deleted_run_is_forgotten(watched: Watched) -> None:
    job = under_way(watched.servers, watched.service)
    assert list(watched.metrics._runs) == [job]
    watched.service.delete(job, ANN)
    assert watched.metrics._runs == {}


@pytest.mark.parametrize(("edge_px", "label"), [(64, "256"), (256, "256"), (257, "384"), (9000, str(SIZES_PX[-1]))])
def test_a_size_has_the_label_of_the_next_larger_one(edge_px: int, label: str) -> None:
    assert size_label(edge_px) == label
