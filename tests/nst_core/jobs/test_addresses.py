"""The runs of one network address that wait or run are limited, even if several visitors share it."""

import pytest

from nst_core.errors import QueueFullError
from nst_core.jobs.service import JobService
from nst_core.recipe import make
from tests.nst_core.jobs.servers import Servers, picture

HOME, WORK = "a" * 16, "b" * 16


def submit_from(service: JobService, address: str, visitor: str) -> str:
    return service.submit(make(settings={"steps": 9}), picture(), [picture(1)], owner=visitor, address=address)


def test_waiting_and_running_runs_count_and_finished_ones_do_not(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_RUNS_PER_ADDRESS", "3")
    service = servers.start()
    first, *_ = [submit_from(service, HOME, f"visitor {n}") for n in range(3)]
    servers.worker.ready()
    assert service.view(first).state == "running"
    with pytest.raises(QueueFullError, match="one network address"):
        submit_from(service, HOME, "visitor 4")
    submit_from(service, WORK, "visitor 4")
    servers.worker.begin(first)
    servers.worker.finish(first)
    submit_from(service, HOME, "visitor 5")
    with pytest.raises(QueueFullError, match="one network address"):
        submit_from(service, "", "visitor 5")  # a follow-up counts for the address of its owner's last run


def test_a_refusal_of_an_address_tells_when_one_of_its_runs_ends(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when one begins: a run that has begun still counts."""
    monkeypatch.setenv("NST_RUNS_PER_ADDRESS", "1")
    service = servers.start()
    other = submit_from(service, WORK, "first")
    servers.worker.ready()
    own = submit_from(service, HOME, "ann")
    with pytest.raises(QueueFullError, match="one network address") as refused:
        submit_from(service, HOME, "ann")
    times, run = service._scheduler._wait_times, service._repository.active[own]
    assert times.whole(run) > 1
    assert refused.value.retry_after_seconds == pytest.approx(
        service.view(own).wait_seconds + times.whole(run), abs=0.5
    )
    servers.worker.begin(other)
    servers.worker.finish(other)
    assert service.view(own).state == "running"
    with pytest.raises(QueueFullError) as refused:
        submit_from(service, HOME, "ann")
    assert refused.value.retry_after_seconds == pytest.approx(times.remaining_now(run), abs=0.5)


def test_a_refusal_tells_when_the_first_own_run_leaves_the_queue(servers: Servers) -> None:
    service = servers.start()
    submit_from(service, "", "first")
    servers.worker.ready()
    own = [submit_from(service, "", "ann") for _ in range(2)]
    with pytest.raises(QueueFullError, match="2 of your runs") as refused:
        submit_from(service, "", "ann")
    assert refused.value.retry_after_seconds == pytest.approx(service.view(own[0]).wait_seconds, abs=0.5)
