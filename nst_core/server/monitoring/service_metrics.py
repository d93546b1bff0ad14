"""Metrics of the moment, taken when Prometheus asks: queue, workers, memory, disk; and a count of the log's lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from nst_core.jobs.views import FINAL, State
from nst_core.server.health import free_bytes
from nst_core.system import container

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

UNFINISHED = tuple(state for state in get_args(State) if state not in FINAL)


class ServiceMetrics(Collector):
    """The state of a job service and of its machine."""

    def __init__(self, jobs: JobService, data_dir: Path | None) -> None:
        """`data_dir`: the folder of stored runs; None if they are in memory."""
        self._jobs, self._data_dir = jobs, data_dir

    def collect(self) -> Iterator[Metric]:
        """Each metric with its present value; may wait for the job service's lock."""
        load, status, states = self._jobs.load(), self._jobs.status(), self._jobs.states()
        yield _gauge("nst_queue_runs", "Runs that wait for a worker.", load.waiting)
        yield _gauge("nst_queue_places", "The most runs that may wait (NST_QUEUE_RUNS).", load.most_waiting)
        unfinished = GaugeMetricFamily("nst_runs", "Runs that are not over, by state.", labels=["state"])
        for state in UNFINISHED:
            unfinished.add_metric([state], states.get(state, 0))
        yield unfinished
        yield _gauge("nst_workers_ready", "Workers that have loaded the networks.", status.workers)
        yield _gauge("nst_workers_busy", "Workers that have a run.", status.busy_workers)
        yield _gauge("nst_workers_failed", "1 if no worker could be started, else 0.", status.state == "failed")
        yield _gauge(
            "nst_worker_memory_bytes",
            "Memory of all workers, without files that may be dropped.",
            status.memory_mb * 1e6,
        )
        yield _gauge(
            "nst_memory_available_bytes", "Memory of this host that is available.", container.available_bytes()
        )
        yield _gauge("nst_storage_fault", "1 while runs cannot be stored, else 0.", bool(status.storage_fault))
        if self._data_dir is not None:
            with suppress(OSError):  # a disk that is gone has no free room to tell
                free = free_bytes(self._data_dir)
                yield _gauge("nst_disk_free_bytes", "Free room on the disk of the stored runs.", free)

    def describe(self) -> Iterator[Metric]:
        """None, so that a registry does not collect while it registers this."""
        return iter(())


class LogMetrics(logging.Handler):
    """Counts warnings and errors that are logged, also those that the log leaves out as repetitions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metric; the caller adds this handler to a logger."""
        super().__init__(logging.WARNING)
        self._records = Counter(
            "nst_log_records", "Warnings and errors in the server's log, by level.", ["level"], registry=registry
        )
        for level in ("warning", "error"):
            self._records.labels(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        self._records.labels("error" if record.levelno >= logging.ERROR else "warning").inc()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, float(value))
