"""Spans of runs and requests, kept in memory: their order, their parents, and nothing private in them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from nst_core.jobs.messages import Failed, Preempted
from nst_core.jobs.service import JobService
from nst_core.server.monitoring import tracing
from nst_core.settings import Settings
from tests.asgi import PEER, ask, plain
from tests.nst_core.jobs.servers import ANN, Servers, submit, under_way

memory = pytest.importorskip(
    "opentelemetry.sdk.trace.export.in_memory_span_exporter",
    reason="traces need the packages of requirements-tracing.txt",
)


class Traced:
    """A job service whose spans are kept."""

    def __init__(self, servers: Servers) -> None:
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor

        self.servers, self.service = servers, servers.start()
        self._exporter = memory.InMemorySpanExporter()
        self.traces = tracing.Traces(SimpleSpanProcessor(self._exporter))
        self.traces.watch(self.service)

    def spans(self) -> list[Any]:
        """The ended spans, by their beginning."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: (span.start_time, -span.end_time))

    def tree(self) -> list[str]:
        """Each span as "parent > name"; one without a parent by its name alone."""
        names = {span.context.span_id: span.name for span in self.spans()}
        return [
            f"{names.get(span.parent.span_id, 'elsewhere')} > {span.name}" if span.parent else span.name
            for span in self.spans()
        ]

    def one(self, name: str) -> Any:
        (found,) = [span for span in self.spans() if span.name == name]
        return found


@pytest.fixture
def traced(servers: Servers) -> Traced:
    return Traced(servers)


PHASES = ["worker > prepare", "worker > paint", "worker > result"]


def test_a_run_is_traced_through_its_hops(traced: Traced) -> None:
    job = under_way(traced.servers, traced.service, 3)
    traced.servers.worker.finish(job, memory_mb=512.0)
    hops = ["run", "run > submit", "run > queue", "run > worker"]
    assert sorted(traced.tree()) == sorted([*hops, *PHASES])
    run, worker, paint = traced.one("run"), traced.one("worker"), traced.one("paint")
    assert run.attributes["nst.run"] == job[:8]
    facts = {name: run.attributes[f"nst.{name}"] for name in ("method", "longest_edge_px", "styles", "state")}
    assert facts == {"method": "slow", "longest_edge_px": 384, "styles": 1, "state": "done"}
    assert (paint.attributes["nst.steps"], worker.attributes["nst.worker_memory_mb"]) == (3, 512.0)
    assert run.start_time <= traced.one("queue").end_time <= worker.start_time <= paint.end_time <= worker.end_time
    assert len({span.context.trace_id for span in traced.spans()}) == 1


def test_a_lost_worker_is_an_error_and_the_run_waits_again(traced: Traced) -> None:
    job = under_way(traced.servers, traced.service)
    traced.servers.worker.die("it was killed")
    traced.servers.worker.ready()
    traced.servers.worker.begin(job)
    traced.servers.worker.report(Failed(job=job, message="a secret message", code="memory"))
    assert traced.tree().count("run > queue") == traced.tree().count("run > worker") == 2
    codes = [span.status.status_code.name for span in traced.spans() if span.name == "worker"]
    assert codes == ["ERROR", "UNSET"]
    run = traced.one("run")
    assert (run.status.status_code.name, run.attributes["error.type"]) == ("ERROR", "memory")


def test_a_pause_is_an_event_and_a_preempted_run_leaves_its_worker(traced: Traced) -> None:
    job = under_way(traced.servers, traced.service)
    traced.service.pause(job, ANN)
    traced.servers.worker.report(Preempted(job=job))
    traced.service.resume(job, ANN)
    traced.servers.worker.begin(job, range(4))
    traced.servers.worker.finish(job)
    first, _ = [span for span in traced.spans() if span.name == "worker"]
    assert [event.name for event in first.events] == ["preempted"]
    paused = [event.name for span in traced.spans() if span.name == "paint" for event in span.events]
    assert paused == ["paused"]
    assert traced.one("run").attributes["nst.state"] == "done"


@pytest.mark.parametrize("end", ["deleted", "interrupted"])
def test_no_span_stays_open(traced: Traced, end: str) -> None:
    job = under_way(traced.servers, traced.service)
    if end == "deleted":
        traced.service.delete(job, ANN)
    traced.traces.close()
    assert traced.one("run").attributes["nst.state"] == end
    assert sorted(traced.tree()) == sorted(["run", "run > submit", "run > queue", "run > worker", *PHASES[:2]])


def api(service: JobService) -> Starlette:
    """An application with one route as the API's: it submits a run in a thread, as the API does."""

    async def runs(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await run_in_threadpool(submit, service), int(request.path_params["status"]))

    return Starlette(routes=[Mount("/api", Starlette(routes=[Route("/v1/runs/{status}", runs, methods=["POST"])]))])


def post(traced: Traced, path: str, headers: Mapping[str, str]) -> int:
    middleware = traced.traces.middleware()
    app = middleware.cls(api(traced.service), *middleware.args, **middleware.kwargs)
    return ask(app, "POST", path, headers=headers).status


def test_a_run_belongs_to_the_trace_of_its_request_and_that_to_its_senders(traced: Traced) -> None:
    sent = f"00-{'a' * 32}-{'b' * 16}-01"
    assert post(traced, "/api/v1/runs/200", {"traceparent": sent}) == 200
    traced.traces.close()
    assert {f"{span.context.trace_id:032x}" for span in traced.spans()} == {"a" * 32}
    request = next(span for span in traced.spans() if span.kind.name == "SERVER")
    assert "elsewhere > " + request.name in traced.tree()
    assert request.name + " > run" in traced.tree()
    assert request.attributes["http.response.status_code"] == 200


def test_nothing_private_is_in_a_span(traced: Traced) -> None:
    headers = {"user-agent": "curl", "x-forwarded-for": "198.51.100.4", "host": "paint.example.org"}
    post(traced, "/api/v1/runs/503", headers)
    traced.servers.worker.ready()
    (job,) = traced.service._repository.active
    traced.servers.worker.report(Failed(job=job, message="cat.jpg is too large", code="memory"))
    texts = " ".join(span.to_json() for span in traced.spans())
    assert "503" in texts
    for private in (PEER[0], "198.51.100.4", "paint.example.org", "curl", "cat.jpg", job, ANN):
        assert private not in texts


def test_other_requests_have_no_span(traced: Traced) -> None:
    middleware = traced.traces.middleware()
    assert ask(middleware.cls(plain, *middleware.args, **middleware.kwargs), path="/slow?job=1").text == "hello"
    assert traced.spans() == []


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"NST_TRACES": "1"}, True),
        (ENDPOINT, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "NST_TRACES": "1"}, False),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_off_unless_the_operator_asks(environment: dict[str, str], wanted: bool) -> None:
    assert tracing.is_wanted(Settings.read(environment), environment) == wanted


def test_a_missing_package_is_logged_and_the_server_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(_: str) -> None:
        raise ImportError("No module named 'opentelemetry.sdk'")

    monkeypatch.setattr(tracing, "_processor", missing)
    with caplog.at_level(logging.WARNING):
        assert tracing.start(Settings.read({"NST_TRACES": "1"})) is None
    assert "pip install -r requirements-tracing.txt" in caplog.text
    assert tracing.start(Settings.read({})) is None
