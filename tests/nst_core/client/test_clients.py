"""Both clients against the API with a fake worker, and against servers that fail as scripted."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from nst_core.api.routes import stylize
from nst_core.client import AsyncClient, Client, Event, Run, ServerError
from nst_core.client.calls import submit
from nst_core.client.clients import _Connection
from nst_core.errors import FetchError, LostRunError, NotYoursError, PictureError, QueueFullError, RecipeError
from nst_core.jobs.messages import Inspect, Inspected
from tests.nst_core.api.routes.test_measures import FACTS
from tests.nst_core.api.routes.test_stylize import RESULT, paint
from tests.nst_core.api.servers import Api, png, serving
from tests.nst_core.jobs.servers import until


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def client_of(api: Api, **options: Any) -> Client:
    """A client whose requests go to the application."""
    return Client("http://testserver", transport=api.client._transport, **options)


def scripted(*answers: httpx.Response | Exception) -> tuple[list[httpx.Request], Callable[..., httpx.Response]]:
    """A server that gives these answers, one for each request, and a record of its requests."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answers[len(asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return asked, answer


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the clients would make, recorded without waiting."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("nst_core.client.clients.time.sleep", waited.append)
    monkeypatch.setattr("nst_core.client.clients.asyncio.sleep", sleep)
    return waited


def busy(seconds: int = 3) -> httpx.Response:
    document = {"code": "queue-full", "detail": "full"}
    return httpx.Response(429, json=document, headers={"retry-after": str(seconds)})


def stream(*events: tuple[str, str, str]) -> httpx.Response:
    text = "".join(
        f"event: {name}\ndata: {data}\n" + (f"id: {key}\n" if key else "") + "\n" for name, data, key in events
    )
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def test_a_run_is_submitted_changed_and_deleted(api: Api) -> None:
    client = client_of(api)
    run = client.submit(png(1), ["night-swirls"], preset="bold", steps=9)
    assert (run.state, run.recipe["steps"], run.is_over) == ("queued", 9, False)
    assert client.steer(run.id, style_weight=77.0).recipe["objective"]["style_weight"] == 77.0
    assert client.stop(run.id).state == "stopped"
    client.delete(run.id)
    with pytest.raises(LostRunError):
        client.run(run.id)


def test_another_client_may_look_but_not_change(api: Api) -> None:
    owner = client_of(api)
    run = owner.submit(png(1), [png(2)])
    assert client_of(api).run(run.id).id == run.id
    with pytest.raises(NotYoursError):
        client_of(api).stop(run.id)
    assert client_of(api, secret=owner.secret).stop(run.id).state == "stopped"


def test_uploads_and_choices_are_values(api: Api) -> None:
    client = client_of(api)
    (one,) = client.upload(png(1, width=64))
    assert (one.width, one.height) == (64, 40)
    assert client.submit(one.id, ["night-swirls"]).recipe["content"] == one.sha256
    assert "bold" in {preset.name for preset in client.presets()}
    assert "night-swirls" in {style.id for style in client.styles()}
    assert client.estimate(640, 480, longest_edge_px=256).seconds > 0


def test_a_fast_picture_is_bytes_and_a_measure_is_plain_data(api: Api) -> None:
    client = client_of(api)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.stylize, png(1), [png(2)], longest_edge_px=96)
        run = paint(api)
        assert asked.result(10) == RESULT
        assert (api.worker.run_command().job, api.worker.run_command().recipe.longest_edge_px) == (run, 96)
        measured = pool.submit(client.measure, png(3), png(1), [png(2)], longest_edge_px=256)
        until(lambda: any(isinstance(command, Inspect) for command in api.worker.commands) or measured.done())
        api.worker.report(Inspected(facts=FACTS))
        assert measured.result(10) == FACTS


def test_a_fast_picture_that_takes_long_is_a_run_to_wait_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylize, "LONGEST_WAIT_SECONDS", 0.1)
    client = client_of(api)
    run = client.stylize(png(1), [png(2)])
    assert isinstance(run, Run)
    assert client.run(run.id).recipe["method"] == "fast"
    assert client.stop(run.id).state == "stopped"


def test_problems_are_the_errors_of_the_core(api: Api) -> None:
    client = client_of(api)
    with pytest.raises(RecipeError, match="steps must be"):
        client.submit(png(1), [png(2)], steps=-1)
    for wrong in (b"%PDF", "no-file.png", Path("no-file.png"), "a\0b", "x" * 5000):
        with pytest.raises(PictureError):
            client.submit(wrong, [png(2)])
    with pytest.raises(PictureError, match=r"no-file.png must be a file that can be read \(No such file"):
        client.upload("no-file.png")
    with pytest.raises(ServerError) as refused:
        client.estimate(0, 0)
    assert (refused.value.status, refused.value.problem) == (422, "request")


@pytest.mark.parametrize("address", ["localhost:8501", "", "http://", "ftp://host", "http://host:port"])
def test_an_address_that_no_server_can_have_is_told_at_once(address: str) -> None:
    with pytest.raises(ServerError, match="must be like http://localhost:8501, got "):
        Client(address)


def test_an_answer_that_is_no_problem_document_is_an_error_too() -> None:
    _, answer = scripted(httpx.Response(403, text="<html>Forbidden</html>"))
    with pytest.raises(ServerError, match="403"):
        Client("http://x", transport=httpx.MockTransport(answer)).presets()


def test_a_server_that_restarts_behind_its_proxy_is_waited_for(pauses: list[float]) -> None:
    gone, own = httpx.Response(502, text="<html>Bad gateway</html>"), {"code": "fetch", "detail": "no download"}
    asked, answer = scripted(gone, gone, httpx.Response(200, json={"presets": []}), gone, httpx.Response(502, json=own))
    client = Client("http://x", transport=httpx.MockTransport(answer))
    assert client.presets() == []
    assert pauses == [0.0, 0.5, 1.0]
    with pytest.raises(ServerError, match="502"):
        client.upload(png())  # may have been performed
    with pytest.raises(FetchError):
        client.presets()
    assert len(asked) == 5


def test_a_full_queue_is_waited_for_with_the_same_key(pauses: list[float]) -> None:
    asked, answer = scripted(
        busy(), httpx.ReadError("gone"), httpx.Response(422, json={"code": "recipe", "detail": "no"})
    )
    with pytest.raises(RecipeError):
        Client("http://x", transport=httpx.MockTransport(answer)).submit(png(), [png()])
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert len(asked) == 3
    assert pauses[1] == 3.0


def test_patience_has_an_end() -> None:
    asked, answer = scripted(*[busy(20)] * 9)
    with pytest.raises(QueueFullError) as full:
        Client("http://x", transport=httpx.MockTransport(answer), patience_seconds=50).presets()
    assert (len(asked), full.value.retry_after_seconds) == (3, 20)


@pytest.mark.parametrize(("error", "requests"), [(httpx.ReadError("gone"), 1), (httpx.ConnectError("off"), 2)])
def test_what_may_have_been_performed_is_not_sent_again(error: Exception, requests: int) -> None:
    asked, answer = scripted(error, httpx.Response(404, json={"code": "run-lost", "detail": "gone"}))
    with pytest.raises((ServerError, LostRunError)):
        Client("http://x", transport=httpx.MockTransport(answer)).delete("ab")
    assert len(asked) == requests


def broken_stream() -> list[httpx.Response | Exception]:
    return [
        stream(("state", '{"state":"running"}', ""), ("step", '{"step":1}', "1")),
        httpx.ConnectError("off"),
        stream(("state", '{"state":"running"}', "")),
        stream(("step", '{"step":2}', "2")),
        stream(("end", '{"id":"ab"}', "")),
    ]


def test_events_go_on_over_lost_connections() -> None:
    asked, answer = scripted(*broken_stream())
    events = list(Client("http://x", transport=httpx.MockTransport(answer)).events("ab"))
    assert [event.name for event in events] == ["state", "step", "state", "step", "end"]
    assert events[3] == Event("step", {"step": 2})
    assert [request.headers.get("last-event-id") for request in asked] == [None, "1", "1", "1", "2"], (
        "each goes on after the last"
    )


def test_the_asynchronous_client_does_the_same() -> None:
    asked, answer = scripted(*broken_stream(), busy(), httpx.Response(200, json={"presets": []}))

    async def talk() -> tuple[list[Event], Any]:
        async with AsyncClient("http://x", transport=httpx.MockTransport(answer)) as client:
            return [event async for event in client.events("ab")], await client.presets()

    events, presets = asyncio.run(talk())
    assert [event.name for event in events] == ["state", "step", "state", "step", "end"]
    assert presets == []
    assert len(asked) == 7


def test_a_run_that_is_unknown_has_no_events(api: Api) -> None:
    with pytest.raises(LostRunError):
        list(client_of(api).events("0" * 32))


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    def methods(kind: type[_Connection]) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in found if not name.startswith("_")}

    assert methods(Client) == methods(AsyncClient)
    assert {"submit", "run", "events", "wait", "picture", "curve", "stylize", "measure"} <= set(methods(Client))
    assert Client.submit.__doc__ == submit.__doc__


@pytest.mark.slow
def test_the_client_needs_no_server_and_no_networks() -> None:
    program = (
        "import sys, nst_core.client; print([m for m in ('tensorflow', 'fastapi', 'streamlit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
