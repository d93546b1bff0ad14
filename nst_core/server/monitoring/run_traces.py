"""The spans of a run, from the request that submits it to its result.

    POST /api/v1/runs        the request, where the API submitted the run
    └── run                  from the submission to the end
        ├── submit           pictures are named, the cost is estimated, a place in the queue is found
        ├── queue            until a worker takes the run; again after an interruption
        └── worker           as long as a worker has the run; several after interruptions
            ├── prepare      until the networks, the checkpoint and the inputs are loaded
            ├── paint        the steps
            └── result       after the picture is there: it is measured

All are made in the web process, of what the worker reports: a worker that is killed could not end a span of its own,
and works without OpenTelemetry. No span holds a picture, a name, an address or a message; of a run's id there are the
first characters, with which it is found in the log and cannot be opened.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from nst_core.jobs.messages import Began, Failed, Preempted, ResultReady, RunEvent, Stepped
from nst_core.jobs.observers import RunObserver
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs.films import kind_of
from nst_core.server.asgi import Application, Message, Receive, Scope, Send, header

ID_CHARACTERS = 8
"""How much of a run's id is told."""
_API = "/api/v1/"


@dataclass
class _RunSpans:
    """The open spans of a run, the outermost first: the run's, then of the queue or the worker, then of a phase.

    Attributes:
        steps: how many its worker has reported.
    """

    run: Span
    open: list[Span] = field(default_factory=list)
    steps: int = 0


class RunTraces(RunObserver):
    """Makes the spans of the runs of a job service."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer, self._runs = tracer, dict[str, _RunSpans]()

    def on_state(self, view: JobView) -> None:
        """Begin or end spans."""
        spans = self._runs.get(view.id)
        if spans is None:
            if view.state in FINAL:
                return
            spans = self._runs[view.id] = _RunSpans(self._begin_run(view))
        if view.state == "queued":
            self._end(spans, 0)
            self._begin(spans, "queue")
        elif view.state == "running" and not _is_at_worker(spans):
            self._end(spans, 0)
            self._begin(spans, "worker")
            self._begin(spans, "prepare")
        elif view.state in FINAL:
            self._end_run(view.id, view.state)
        else:
            (spans.open or [spans.run])[-1].add_event(view.state)

    def _begin_run(self, view: JobView) -> Span:
        """The span of a run, with that of its submission; below that of the request that is being served, if any."""
        recipe, created = view.recipe, int(view.created * 1e9)
        attributes: dict[str, str | int | bool] = {
            "nst.run": view.id[:ID_CHARACTERS],
            "nst.method": kind_of(recipe),
            "nst.longest_edge_px": recipe.longest_edge_px,
            "nst.total_steps": view.total_steps,
            "nst.styles": len(recipe.styles),
            "nst.is_measured": view.wants_metrics,
        }
        run = self._tracer.start_span("run", attributes=attributes, start_time=created)
        self._tracer.start_span("submit", trace.set_span_in_context(run), start_time=created).end()
        return run

    def on_event(self, view: JobView, event: RunEvent) -> None:
        """Begin the next phase at the worker."""
        spans = self._runs.get(view.id)
        if spans is None or not _is_at_worker(spans):
            return
        worker = spans.open[0]
        worker.set_attribute("nst.worker_memory_mb", event.memory_mb)
        match event:
            case Began():
                self._next_phase(spans, "paint")
            case Stepped():
                spans.steps += 1
            case ResultReady():
                self._next_phase(spans, "result")
            case Failed():
                spans.run.set_attribute("error.type", event.code or "bug")
            case Preempted():
                worker.add_event("preempted")
                self._end(spans, 0)

    def _next_phase(self, spans: _RunSpans, name: str) -> None:
        spans.open[-1].set_attribute("nst.steps", spans.steps)
        spans.steps = 0
        self._end(spans, 1)
        self._begin(spans, name)

    def on_worker_lost(self, job: str) -> None:
        """End the worker's span with an error."""
        spans = self._runs.get(job)
        if spans is not None and spans.open:
            spans.open[0].set_status(StatusCode.ERROR, "the worker died or hung")
            self._end(spans, 0)

    def on_gone(self, job: str) -> None:
        """End the spans of a run that was deleted before its end."""
        if job in self._runs:
            self._end_run(job, "deleted")

    def close(self) -> None:
        """End all spans: the server ends, and the runs continue in a later one."""
        for job in list(self._runs):
            self._end_run(job, "interrupted")

    def _end_run(self, job: str, state: str) -> None:
        spans = self._runs.pop(job, None)
        if spans is None:
            return
        self._end(spans, 0)
        spans.run.set_attribute("nst.state", state)
        if state == "failed":
            spans.run.set_status(StatusCode.ERROR)
        spans.run.end()

    def _begin(self, spans: _RunSpans, name: str) -> None:
        above = spans.open[-1] if spans.open else spans.run
        spans.open.append(self._tracer.start_span(name, trace.set_span_in_context(above)))

    def _end(self, spans: _RunSpans, keep: int) -> None:
        """End the open spans below the run's, the innermost first, except the outermost `keep`."""
        now = time.time_ns()
        while len(spans.open) > keep:
            spans.open.pop().end(now)


def _is_at_worker(spans: _RunSpans) -> bool:
    """Whether a worker has the run: the span of the worker has one of a phase below it."""
    return len(spans.open) > 1


class TracedRequests:
    """Middleware: a span for each request to the API. It continues the trace that the header `traceparent` names."""

    def __init__(self, app: Application, tracer: Tracer) -> None:
        self._app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the span has its method, its route and the answer's status."""
        if scope["type"] != "http" or _API not in scope["path"]:
            await self._app(scope, receive, send)
            return
        sent = {"traceparent": header(scope, b"traceparent")}
        parent = TraceContextTextMapPropagator().extract({name: value for name, value in sent.items() if value})
        method = {"http.request.method": scope["method"]}
        with self._tracer.start_as_current_span(
            scope["method"], parent, SpanKind.SERVER, method, record_exception=False, set_status_on_exception=False
        ) as span:

            async def note_status(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await self._app(scope, receive, note_status)
            finally:
                route = getattr(scope.get("route"), "path_format", None)
                if route:
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.route", route)
