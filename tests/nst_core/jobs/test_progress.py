"""The news of a run is returned without its whole curve."""

from __future__ import annotations

import pytest

from nst_core.errors import LostRunError
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import Servers, submit, under_way, until


@pytest.fixture
def service(servers: Servers) -> JobService:
    return servers.start()


def test_only_points_after_the_known_ones_are_told(servers: Servers, service: JobService) -> None:
    job = under_way(servers, service, steps=4)
    seen = service.progress(job)
    assert (seen.state, seen.snapshot_step, [point.step for point in seen.points]) == ("running", 3, [0, 1, 2, 3])
    servers.worker.step(job, 4)
    later = service.progress(job, seen.restarts, len(seen.points))
    assert (later.first, [point.step for point in later.points]) == (4, [4])


def test_after_a_restart_the_whole_curve_is_told(servers: Servers, service: JobService) -> None:
    job = under_way(servers, service, steps=4)
    seen = service.progress(job)
    servers.worker.begin(job, [0, 1])
    later = service.progress(job, seen.restarts, len(seen.points))
    assert later.restarts != seen.restarts
    assert (later.first, later.snapshot_step, [point.step for point in later.points]) == (0, 1, [0, 1])


def test_a_waiting_run_tells_its_place_and_a_stored_one_its_curve(servers: Servers, service: JobService) -> None:
    job, waiting = under_way(servers, service, steps=2), submit(service)
    assert service.progress(waiting).position == 1
    servers.worker.finish(job)
    until(lambda: job not in service._repository.active)
    stored = service.progress(job, 1, 1)
    assert (stored.state, stored.first, len(stored.points)) == ("done", 0, 2)


def test_an_unknown_run_has_none(service: JobService) -> None:
    with pytest.raises(LostRunError):
        service.progress("0" * 32)
