"""Whether runs are traced, and where the traces go. Without the packages of requirements-tracing.txt nothing is traced.

The variables are OpenTelemetry's own: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER, OTEL_SERVICE_NAME, and others.
The provider of spans belongs to this server alone. It is not made the process's provider, because FastAPI would then
record the address of each request and of its sender.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from nst_core import __version__
from nst_core.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from nst_core.jobs.service import JobService

_LOGGER = logging.getLogger(__name__)
ASKED_FOR_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
"""Variables that switch traces on as NST_TRACES does."""
SERVICE = "nst-studio"
FLUSH_SECONDS = 2.0
"""The longest wait at the end until the last spans are sent; a collector that does not answer must not delay it."""


def is_wanted(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether the operator wants traces."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_off or environment.get("OTEL_TRACES_EXPORTER", "").lower() == "none":
        return False
    return settings.traces or any(environment.get(name) for name in ASKED_FOR_BY)


class Traces:
    """The spans of a server: of requests to the API, and of runs."""

    def __init__(self, processor: SpanProcessor) -> None:
        """`processor` gets each span when it has ended. Raises ImportError without the packages."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        from nst_core.server.monitoring.run_traces import RunTraces

        name = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": name, "service.version": __version__})
        )
        self._provider.add_span_processor(processor)
        self.tracer = self._provider.get_tracer(SERVICE, __version__)
        self._runs = RunTraces(self.tracer)

    def watch(self, jobs: JobService) -> None:
        """Trace the runs of a job service from now on."""
        jobs.observe(self._runs)

    def middleware(self) -> Middleware:
        """Traces requests to the API; a run that one submits belongs to its trace."""
        from nst_core.server.monitoring.run_traces import TracedRequests

        return Middleware(TracedRequests, tracer=self.tracer)

    def close(self) -> None:
        """End all spans and send them, as far as that is possible in `FLUSH_SECONDS`."""
        self._runs.close()
        ending = threading.Thread(target=self._provider.shutdown, name="nst-traces-end", daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)


def start(settings: Settings) -> Traces | None:
    """Begin to trace if the operator wants it; None if not, or if a package is missing, which is logged."""
    if not is_wanted(settings, os.environ):
        return None
    try:
        return Traces(_processor(os.environ.get("OTEL_TRACES_EXPORTER", "")))
    except ImportError as error:
        _LOGGER.warning("Nothing is traced: %s; pip install -r requirements-tracing.txt", error)
        return None


def _processor(exporter: str) -> SpanProcessor:
    """Sends spans to a collector, from a thread of its own; or writes them to stdout, for a trial."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

    if exporter.lower() == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter())
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return BatchSpanProcessor(OTLPSpanExporter())
