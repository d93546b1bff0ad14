"""What a run would cost, and the measures of a result."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from nst_core.api.routes import measures
from nst_core.jobs.messages import Inspect, Inspected
from nst_core.recipe import make
from nst_core.runs import cost
from nst_core.system.host_profile import host_profile
from tests.nst_core.api.servers import Api, png, problem
from tests.nst_core.jobs.servers import until

FACTS = {
    "size": [48, 40],
    "content": {"block4_conv2": 1.5},
    "style_gram": {"block1_conv1": 0.25},
    "style_wasserstein2": {"block1_conv1": 2.0},
    "total_variation": 0.125,
    "ssim": 0.5,
    "colour": 0.1,
    "tutorial_total": 7.0,
}


@contextmanager
def measuring(api: Api, **data: Any) -> Iterator[Future[Any]]:
    """A request that waits for the worker, which has its question."""
    files = {"output": png(3), "content": png(1), "style": png(2)}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(api.client.post, "/measure", files=files, data=data)
        until(lambda: bool(api.servers.workers) or asked.done())
        api.worker.ready()
        until(lambda: any(isinstance(command, Inspect) for command in api.worker.commands))
        yield asked


def test_an_estimate_is_that_of_the_pages(api: Api) -> None:
    wanted = {"recipe": {"preset": "bold", "longest_edge_px": 256}, "width": 640, "height": 480, "styles": 2}
    told = api.client.post("/estimate", json=wanted).json()
    found = cost.of(make("bold", {"longest_edge_px": 256}), (640, 480), 2)
    costs = {"seconds": found.seconds, "peak_mb": found.peak_mb, "calibrated": found.calibrated}
    assert told == {**costs, "largest_edge_px": host_profile().slow_edge_px, "fits": True}


def test_an_estimate_tells_the_size_that_this_servers_memory_allows(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_MEMORY_MB", "1000")
    wanted = {"recipe": {"method": "slow", "longest_edge_px": 512}, "width": 640, "height": 480}
    told = api.client.post("/estimate", json=wanted).json()
    assert (told["largest_edge_px"], told["fits"]) == (256, False)
    wanted["recipe"] = {"method": "fast", "longest_edge_px": 512}
    told = api.client.post("/estimate", json=wanted).json()
    assert (told["largest_edge_px"], told["fits"]) == (512, True)


NESTED: Any = json.loads("[" * 500 + "]" * 500)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"width": 640}, "request"),
        ({"width": 0, "height": 5}, "request"),
        ({"width": 640, "height": 480, "recipe": {"steps": -1}}, "recipe"),
        ({"width": 640, "height": 480, "depth": 2}, "request"),
        ({"width": "640", "height": 480}, "request"),
        ({"width": True, "height": 480}, "request"),
        ({"width": 640, "height": 480, "recipe": {"colour": NESTED}}, "recipe"),
    ],
)
def test_an_estimate_of_nonsense_is_a_problem(api: Api, body: dict[str, Any], code: str) -> None:
    told = problem(api.client.post("/estimate", json=body), 422, code)["detail"]
    assert "must be" in told or "unknown" in told
    assert ("nested so deeply" in told) == ("colour" in str(body))


def test_the_worker_measures_a_result(api: Api) -> None:
    with measuring(api, longest_edge_px="32") as asked:
        command = api.worker.commands[-1]
        assert isinstance(command, Inspect)
        assert (command.question.subject, command.question.longest_edge_px) == ("measures", 32)
        assert command.shapes == ((40, 48, 3),) * 3
        api.worker.report(Inspected(facts=FACTS))
    assert asked.result().json() == FACTS


@pytest.mark.parametrize(
    ("inspected", "status", "code"),
    [
        (Inspected(error="too small", code="picture"), 422, "picture"),
        (Inspected(error="no weights", code="weights"), 503, "weights"),
        (Inspected(error="an internal error"), 500, "internal"),
    ],
)
def test_an_error_of_the_worker_is_its_problem(api: Api, inspected: Inspected, status: int, code: str) -> None:
    with measuring(api) as asked:
        api.worker.report(inspected)
    assert inspected.error in problem(asked.result(), status, code)["detail"]


def test_a_request_that_waits_too_long_is_told_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "LONGEST_WAIT_SECONDS", 0.2)
    began = time.monotonic()
    with measuring(api) as asked:
        answer = asked.result()
    assert 0.2 <= time.monotonic() - began < 5
    problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_few_requests_wait_and_others_come_back(api: Api) -> None:
    form = {"files": {"output": png(3), "content": png(1), "style": png(2)}}
    context = api.client.app.routes[0].app.state.context  # type: ignore[attr-defined]
    with context.measurements.taken("a", 1), context.measurements.taken("b", 1), context.measurements.taken("c", 1):
        problem(api.client.post("/measure", **form), 503, "busy")


@pytest.mark.slow
def test_pictures_of_a_measurement_are_checked(api: Api) -> None:
    files = {"output": png(3), "content": png(1)}
    problem(api.client.post("/measure", files=files), 422, "picture")
    problem(api.client.post("/measure", files=files, data={"style_id": ["night-swirls"] * 9}), 422, "picture")
    problem(api.client.post("/measure", files=files, data={"longest_edge_px": "5000"}), 422, "request")
