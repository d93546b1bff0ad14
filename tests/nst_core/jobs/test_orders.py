"""Orders about runs that are over, or not there."""

import pytest

from nst_core.errors import LostRunError
from tests.nst_core.jobs.servers import Servers, under_way


def test_a_run_that_has_just_ended_can_be_listed_and_hidden_and_nothing_else(servers: Servers) -> None:
    service = servers.start()
    job = under_way(servers, service)
    with service._lock:  # so that the run stays in memory, not stored yet
        servers.worker.finish(job)
        sent = len(servers.worker.commands)
        ended = service._repository.active[job].view
        for kind in ("stop", "pause", "resume"):
            service._orders.request(job, kind)
        service._orders.request(job, "steer", style_weight=7.0)
        assert service._repository.active[job].view is ended
        assert len(servers.worker.commands) == sent
        service._orders.request(job, "publish", listed=True)
        service._orders.request(job, "hide", hidden_at=1.5)
        view = service._repository.active[job].view
    assert (view.state, view.listed, view.hidden_at) == ("done", True, 1.5)


def test_a_run_that_is_not_there_can_not_be_listed(servers: Servers) -> None:
    orders = servers.start()._orders
    orders.request("gone", "stop")
    with pytest.raises(LostRunError):
        orders.request("gone", "publish", listed=True)
