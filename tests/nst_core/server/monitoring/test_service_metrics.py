"""The metrics of the moment."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from nst_core.server.monitoring.service_metrics import LogMetrics, ServiceMetrics
from tests.nst_core.jobs.servers import ANN, Servers, submit, under_way


def test_queue_workers_memory_and_disk_are_those_of_now(servers: Servers, tmp_path: Path) -> None:
    service, registry = servers.start(), CollectorRegistry()
    registry.register(ServiceMetrics(service, tmp_path / "not" / "there"))
    value = registry.get_sample_value
    assert (value("nst_queue_runs"), value("nst_workers_ready"), value("nst_workers_busy")) == (0, 0, 0)
    job = under_way(servers, service)
    waiting = submit(service)
    assert (value("nst_queue_runs"), value("nst_workers_ready"), value("nst_workers_busy")) == (1, 1, 1)
    assert [value("nst_runs", {"state": state}) for state in ("queued", "running", "paused")] == [1, 1, 0]
    service.pause(job, ANN)
    service.stop(waiting, ANN)
    assert [value("nst_runs", {"state": state}) for state in ("queued", "running", "paused")] == [0, 0, 1]
    assert value("nst_queue_places") == service.load().most_waiting
    assert value("nst_worker_memory_bytes") == 1e6
    assert (value("nst_memory_available_bytes") or 0) > 1e6
    assert (value("nst_disk_free_bytes") or 0) > 1e6
    assert (value("nst_workers_failed"), value("nst_storage_fault")) == (0, 0)


def test_without_a_disk_there_is_no_free_room(servers: Servers) -> None:
    registry = CollectorRegistry()
    registry.register(ServiceMetrics(servers.start(), None))
    assert registry.get_sample_value("nst_disk_free_bytes") is None
    assert registry.get_sample_value("nst_queue_runs") == 0


@pytest.mark.parametrize(
    ("level", "name"), [(logging.WARNING, "warning"), (logging.ERROR, "error"), (logging.CRITICAL, "error")]
)
def test_warnings_and_errors_are_counted_and_information_is_not(level: int, name: str) -> None:
    registry, logger = CollectorRegistry(), logging.Logger("a logger")
    logger.addHandler(LogMetrics(registry))
    for each in (logging.INFO, level):
        logger.log(each, "something")
    counts = {
        each: registry.get_sample_value("nst_log_records_total", {"level": each}) for each in ("warning", "error")
    }
    assert counts == {"warning": 0, "error": 0} | {name: 1}
