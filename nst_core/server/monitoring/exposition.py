"""The text that Prometheus reads: this server's metrics, and Streamlit's after them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from nst_core.jobs.queue import QueueLoad
from nst_core.jobs.views import WorkerStatus
from nst_core.server.monitoring.run_metrics import RunMetrics
from nst_core.server.monitoring.service_metrics import LogMetrics, ServiceMetrics

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from nst_core.jobs.service import JobService

CONTENT_TYPE = CONTENT_TYPE_LATEST
END = b"# EOF\n"
"""The last line of the format, OpenMetrics."""


class ServerMetrics:
    """All metrics of a job service and its server."""

    def __init__(self, jobs: JobService, data_dir: Path | None) -> None:
        """Begin to observe the job service; `data_dir`: the folder of stored runs, or None."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(ServiceMetrics(jobs, data_dir))
        jobs.observe(RunMetrics(self._registry))
        self.log_handler: logging.Handler = LogMetrics(self._registry)
        """Counts what a logger logs that it is added to."""

    def families(self) -> Iterable[Metric]:
        """The metrics with their values."""
        return self._registry.collect()

    def text(self) -> bytes:
        """The metrics as text; may wait for the job service's lock."""
        return bytes(generate_latest(self._registry))  # type: ignore[no-untyped-call]


def described() -> list[Metric]:
    """All metrics without values of a server, for their table."""
    return list(ServerMetrics(cast(Any, _NoRuns()), Path("/")).families())


class _NoRuns:
    """What `ServerMetrics` asks of a job service, without one."""

    def load(self) -> QueueLoad:
        return QueueLoad(0, 0)

    def status(self) -> WorkerStatus:
        return WorkerStatus()

    def states(self) -> dict[str, int]:
        return {}

    def observe(self, _: object) -> None:
        pass


def joined(first: bytes, second: bytes) -> bytes:
    """Two texts as one, which ends once. The second is left out unless it is whole; no metric may be in both."""
    return first.removesuffix(END) + (second if second.endswith(END) else END)
