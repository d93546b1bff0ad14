"""The events of a run: each is sent once to every listener, and again from any step on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from nst_core.api import event_messages, feed
from nst_core.api.feed import Feeds
from nst_core.api.routes import events
from nst_core.errors import LostRunError
from nst_core.jobs.messages import Stepped
from tests.nst_core.api.listeners import Listening
from tests.nst_core.api.servers import Api, problem, serving
from tests.nst_core.jobs.servers import point, until


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.005)


def feeds(api: Api) -> Feeds:
    """Those of the server."""
    found: Feeds = api.client.app.routes[0].app.state.context.feeds  # type: ignore[attr-defined]
    return found


def begun(api: Api, steps: int = 3) -> str:
    """A run that has done this number of steps."""
    run: str = api.submit()["id"]
    api.worker.ready()
    api.worker.begin(run)
    paint(api, run, 1, steps)
    return run


def paint(api: Api, run: str, first: int, last: int) -> None:
    """Go on with a run."""
    for number in range(first, last + 1):
        api.worker.step(run, number)


def test_a_run_is_told_from_the_queue_to_its_end(api: Api) -> None:
    async def scenario() -> None:
        run = api.submit()["id"]
        listening = Listening(api, run)
        assert (await listening.heard("state")).data["state"] == "queued"
        api.worker.ready()
        api.worker.begin(run)
        paint(api, run, 1, 2)
        await listening.until(lambda: listening.steps() == [1, 2])
        paint(api, run, 3, 3)
        api.worker.finish(run)
        told = await listening.over()
        assert [event.data["step"] for event in told if event.name == "step"] == [1, 2, 3]
        assert [event.id for event in told if event.name == "step"] == [
            event_messages.step_id(point) for point in api.jobs.view(run).points
        ]
        states = [event.data["state"] for event in told if event.name == "state"]
        assert (states[0], states[-1]) == ("queued", "done")
        assert told[-1].name == "end"
        assert told[-1].data == api.client.get(f"/runs/{run}").json()

    asyncio.run(scenario())


def test_a_step_tells_its_point_and_a_snapshot_where_it_is(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api, 2)
        listening = Listening(api, run)
        step = await listening.heard("step")
        told = {"step": 1, "seconds": 0.25, "scale_px": 64, "evaluations": 1, "losses": {"total": 1.0}, "events": []}
        assert step.data == told
        picture = await listening.heard("snapshot")
        assert picture.data == {"step": 2, "picture": f"/api/v1/runs/{run}/picture?step=2"}
        await listening.leave()

    asyncio.run(scenario())


def test_proxies_keep_nothing_and_hold_nothing_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT_SECONDS", 0.02)

    async def scenario() -> None:
        listening = Listening(api, begun(api))
        await listening.until(lambda: listening.received.count(b": ping\n\n") >= 2)
        assert listening.headers["content-type"].startswith("text/event-stream")
        assert listening.headers["cache-control"] == "no-store"
        assert listening.headers["x-accel-buffering"] == "no"
        assert b"retry: " in listening.received.split(b"\n\n", 1)[0]
        await listening.leave()

    asyncio.run(scenario())


def test_the_last_step_that_was_received_resumes(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api, 4)
        listening = Listening(api, run, last_event_id="2")
        await listening.until(lambda: listening.steps() == [3, 4])
        paint(api, run, 5, 5)
        await listening.until(lambda: listening.steps() == [3, 4, 5])
        api.worker.finish(run)
        await listening.over()
        assert listening.steps() == [3, 4, 5]
        later = Listening(api, run, last_event_id="4")
        assert [event.name for event in await later.over()] == ["state", "step", "snapshot", "end"]

    asyncio.run(scenario())


def test_a_stored_run_is_told_as_well(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api)
        api.worker.finish(run)
        until(lambda: run not in api.jobs._repository.active)
        listening = Listening(api, run, last_event_id="1")
        assert (await listening.over())[-1].name == "end"
        assert listening.steps() == [2, 3]

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_step_that_was_passed_again_meanwhile_is_not_taken_for_the_one_received(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api, 4)
        listening = Listening(api, run)
        await listening.until(lambda: listening.steps() == [1, 2, 3, 4])
        ids = {event.data["step"]: str(event.id) for event in listening.events() if event.name == "step"}
        await listening.leave()
        api.worker.begin(run, [1, 2])
        other = Stepped(job=run, point=replace(point(3), losses={"total": 0.5}), total_steps=9)
        api.worker.report(other)
        for number in (4, 5):
            api.worker.report(replaced(other, number))
        kept = Listening(api, run, last_event_id=ids[2])
        await kept.until(lambda: kept.steps() == [3, 4, 5])
        void = Listening(api, run, last_event_id=ids[4])
        await void.until(lambda: void.steps() == [1, 2, 3, 4, 5])
        assert (await void.heard("rewind")).data == {"step": None}
        for each in (kept, void):
            await each.leave()

    asyncio.run(scenario())


def replaced(stepped: Stepped, number: int) -> Stepped:
    """The same report of another step."""
    return stepped.model_copy(update={"point": replace(stepped.point, step=number)})


def test_a_run_that_goes_on_from_an_earlier_step_is_rewound(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api, 5)
        listening = Listening(api, run)
        await listening.until(lambda: len(listening.steps()) == 5)
        api.worker.begin(run, [1, 2, 3])
        assert (await listening.heard("rewind")).data == {"step": 3}
        paint(api, run, 4, 6)
        await listening.until(lambda: listening.steps()[-1] == 6)
        assert listening.steps() == [1, 2, 3, 4, 5, 4, 5, 6]
        api.worker.begin(run)
        await listening.until(lambda: listening.events()[-1].data == {"step": None})
        ahead = Listening(api, run, last_event_id="6")
        await ahead.heard("rewind")  # before there is any point
        paint(api, run, 1, 1)
        await ahead.heard("step")
        assert [event.name for event in ahead.events()[:3]] == ["state", "rewind", "step"]
        await ahead.leave()
        behind = Listening(api, run, last_event_id="6")  # this listener knows points that were dropped
        await behind.heard("step")
        assert [event.name for event in behind.events()[:3]] == ["state", "rewind", "step"]
        await behind.leave()
        await listening.leave()

    asyncio.run(scenario())


def test_many_listeners_watch_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    progress = api.jobs.progress

    def counted(run: str, restarts: int, known: int) -> Any:
        looks.append(known)
        return progress(run, restarts, known)

    monkeypatch.setattr(api.jobs, "progress", counted)

    async def scenario() -> None:
        run = begun(api)
        listening = [Listening(api, run, x_nst_address="one") for _ in range(20)]
        for each in listening:
            await each.heard("step")
        looks.clear()
        await asyncio.sleep(0.1)
        assert 0 < len(looks) <= 25
        assert set(looks) == {3}  # the curve is not copied again
        for each in listening:
            await each.leave()
        assert feeds(api).listeners == 0
        await asyncio.sleep(0.02)
        looks.clear()
        await asyncio.sleep(0.05)
        assert not looks

    asyncio.run(scenario())


def test_who_listens_has_seen_the_run(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api)
        listening = Listening(api, run)
        await listening.heard("step")
        now = time.monotonic()
        await listening.until(lambda: api.jobs._repository.active[run].last_seen > now)
        await listening.leave()

    asyncio.run(scenario())


def test_a_listener_who_reads_too_slowly_is_ended_and_may_resume(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT_EVENTS", 4)

    async def scenario() -> None:
        run = begun(api, 1)
        slow, quick = Listening(api, run), Listening(api, run)
        await slow.heard("snapshot")
        await quick.heard("snapshot")
        slow.reads.clear()
        for number in range(2, 9):
            paint(api, run, number, number)
            await quick.until(partial(quick.has, number))
        slow.reads.set()
        await slow.over()
        last = slow.steps()[-1]
        assert last < 8
        again = Listening(api, run, last_event_id=str(last))
        await again.until(lambda: again.steps() == list(range(last + 1, 9)))
        await again.leave()
        assert quick.steps() == list(range(1, 9))
        await quick.leave()

    asyncio.run(scenario())


def test_a_client_who_takes_nothing_gives_its_place_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SEND_SECONDS", 0.05)

    async def scenario() -> None:
        stuck = Listening(api, begun(api))
        stuck.reads.clear()
        await stuck.until(stuck.task.done)
        assert feeds(api).listeners == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(("most", "most_of_address"), [(2, 9), (9, 2)])
def test_so_many_may_listen(most: int, most_of_address: int) -> None:
    async def scenario(api: Api) -> None:
        run = begun(api)
        first = [Listening(api, run) for _ in range(2)]
        for each in first:
            await each.heard("state")
        refused = Listening(api, run)
        await refused.until(refused.task.done)
        assert refused.status == 429
        assert b'"too-many-listeners"' in refused.received
        assert int(refused.headers["retry-after"]) > 0
        other = Listening(api, run, x_nst_address="another")
        await other.until(lambda: other.status > 0)
        assert other.status == (429 if most == 2 else 200)
        await other.leave()
        await first[0].leave()
        admitted = Listening(api, run)
        await admitted.heard("state")
        await admitted.leave()
        await first[1].leave()

    with serving(api_listeners=most, api_listeners_per_address=most_of_address) as api:
        asyncio.run(scenario(api))


def test_the_end_of_the_server_ends_the_events(api: Api) -> None:
    async def scenario() -> None:
        listening = Listening(api, begun(api))
        await listening.heard("step")
        await asyncio.to_thread(api.jobs.close, 0.0)
        await listening.over()
        assert listening.is_over

    asyncio.run(scenario())


def test_a_run_that_is_deleted_ends_its_events(api: Api) -> None:
    async def scenario() -> None:
        run = begun(api)
        listening = Listening(api, run)
        await listening.heard("step")
        await asyncio.to_thread(api.jobs.discard, run)
        assert (await listening.over())[-1].name != "end"
        with pytest.raises(LostRunError):
            await feeds(api).listen(run, "", "", feed.Links(lambda _: None, str))  # type: ignore[arg-type,return-value]
        assert feeds(api).listeners == 0

    asyncio.run(scenario())


def test_bad_requests_are_problems(api: Api) -> None:
    problem(api.client.get("/runs/" + "0" * 32 + "/events"), 404, "run-lost")
    run = begun(api)
    problem(api.client.get(f"/runs/{run}/events", headers={"Last-Event-ID": "x"}), 422, "request")
