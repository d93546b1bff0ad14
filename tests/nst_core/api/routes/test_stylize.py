"""A fast picture in one call, or the address where it will be."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from httpx import Response
from PIL import Image

from nst_core.api import waits
from nst_core.jobs.messages import Failed, Finished, ResultReady, RunCommand
from nst_core.jobs.service import owner_of
from nst_core.picture.encode import read_recipe, to_png
from nst_core.recipe import make
from tests.nst_core.api.routes.test_results import pixels
from tests.nst_core.api.servers import Api, png, problem
from tests.nst_core.jobs.servers import until

FAST = make("bold", {"method": "fast"})
RESULT = to_png(pixels(5), FAST.to_json())
FORM: dict[str, Any] = {"files": {"content": png(1), "style": png(2)}}


@pytest.fixture
def asking() -> Iterator[Callable[..., Future[Response]]]:
    """Sends a request in a thread, since it waits for the worker."""
    with ThreadPoolExecutor(4) as pool:
        yield lambda api, **more: pool.submit(lambda: api.client.post("/stylize", **(FORM | more)))


def paint(api: Api) -> str:
    """Let the worker paint the newest run."""
    until(lambda: bool(api.servers.workers))
    api.worker.ready()
    run = api.worker.run_command().job
    api.worker.begin(run)
    api.worker.report(ResultReady(job=run, png=RESULT))
    api.worker.report(Finished(job=run, report={"recipe": FAST.model_dump(mode="json")}, stopped=False))
    return run


Asking = Callable[..., Future[Response]]


def test_the_answer_is_the_workers_picture_and_tells_its_run(api: Api, asking: Asking) -> None:
    asked = asking(api, data={"recipe": '{"longest_edge_px": 96}'})
    run = paint(api)
    answer = asked.result(10)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content == RESULT
    assert answer.headers["x-run-id"] == run
    assert answer.headers["location"] == f"/api/v1/runs/{run}"
    assert api.jobs.view(run).owner == owner_of(answer.headers["x-run-secret"])
    command = api.worker.run_command()
    assert (command.recipe.method, command.recipe.longest_edge_px, command.measure) == ("fast", 96, False)


@pytest.mark.parametrize(("kind", "has_recipe"), [("webp", True), ("jpeg", False)])
def test_another_format_is_made_of_it(api: Api, asking: Asking, kind: str, has_recipe: bool) -> None:
    asked = asking(api, data={"format": kind})
    paint(api)
    answer = asked.result(10)
    assert answer.headers["content-type"] == f"image/{kind}"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.format == kind.upper()
    assert (read_recipe(answer.content) is not None) == has_recipe


@pytest.mark.slow
def test_a_longer_wait_than_the_longest_is_told_as_what_it_is(api: Api, asking: Asking) -> None:
    asked = asking(api, headers={"Prefer": "wait=999"})
    paint(api)
    assert asked.result(10).headers["preference-applied"] == "wait=10"


@pytest.mark.parametrize("prefer", ["wait=0", "respond-async, wait=0", 'wait="0"; x=1'])
def test_who_does_not_want_to_wait_is_told_where_it_will_be(api: Api, prefer: str) -> None:
    answer = api.client.post("/stylize", headers={"Prefer": prefer}, **FORM)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=0"
    told = answer.json()
    assert told["state"] == "queued"
    assert told["secret"] == answer.headers["x-run-secret"]
    assert answer.headers["location"] == told["links"]["self"]
    run = paint(api)
    assert run == told["id"]
    assert api.client.get(f"/runs/{run}/picture").content == RESULT


def test_a_request_sent_again_gets_the_picture_of_its_first_run(api: Api, asking: Asking) -> None:
    headers = {"Idempotency-Key": "once", "Prefer": "wait=0"}
    first = api.client.post("/stylize", headers=headers, **FORM)
    run = paint(api)
    again = api.client.post("/stylize", headers={"Idempotency-Key": "once"}, **FORM)
    assert (again.status_code, again.content) == (200, RESULT)
    assert again.headers["x-run-id"] == run == first.json()["id"]
    assert again.headers["x-run-secret"] == first.json()["secret"]
    commands = [each for each in api.worker.commands if isinstance(each, RunCommand)]
    assert len(commands) == 1


def test_beyond_a_number_of_requests_nobody_is_kept_waiting(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "MOST_WAITS", 0)
    assert api.client.post("/stylize", **FORM).status_code == 202


def test_a_run_that_fails_is_a_problem(api: Api, asking: Asking) -> None:
    asked = asking(api)
    until(lambda: bool(api.servers.workers))
    api.worker.ready()
    run = api.worker.run_command().job
    api.worker.report(Failed(job=run, message="the picture is too large; try 512 px"))
    found = problem(asked.result(10), 503, "worker")
    assert "512 px" in found["detail"]


def test_a_run_that_is_deleted_meanwhile_is_a_problem(api: Api, asking: Asking) -> None:
    asked = asking(api)
    until(lambda: bool(api.servers.workers))
    api.worker.ready()
    api.jobs.discard(api.worker.run_command().job)
    problem(asked.result(10), 404, "run-lost")


def test_bad_requests_are_problems(api: Api) -> None:
    problem(api.client.post("/stylize", files={"content": png()}), 422, "picture")
    problem(api.client.post("/stylize", data={"recipe": "{"}, **FORM), 422, "recipe")
    problem(api.client.post("/stylize", data={"recipe": '{"method": "slow", "steps": "x"}'}, **FORM), 422, "recipe")
    problem(api.client.post("/stylize", data={"format": "gif"}, **FORM), 422, "request")
