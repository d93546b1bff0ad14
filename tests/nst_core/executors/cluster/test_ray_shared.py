"""Servers whose workers are in one Ray cluster share a store of runs."""

from __future__ import annotations

import pytest

from tests.nst_core.executors.cluster.ray_services import PATIENCE, assert_whole, finished, serving, submit
from tests.nst_core.executors.ray_clusters import TOY_WORKER, RayCluster
from tests.nst_core.jobs.servers import until
from tests.nst_core.jobs.shared.servers import die

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_the_run_of_a_dead_server_goes_on_with_the_actor_of_another(
    ray_cluster: RayCluster, shared_store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shared_store
    monkeypatch.setenv("NST_WORKERS", "1")
    with ray_cluster.machines(2), serving(TOY_WORKER) as here:
        job = submit(here, steps=500)
        until(lambda: here.view(job).step > 20, PATIENCE)
        with serving(TOY_WORKER) as there:
            until(lambda: there.view(job).step > 150 and there.status().state == "ready", PATIENCE)
            die(here)
            view = finished(there, job)
            (note,) = view.notes
            assert note.startswith("The server that had this run ended unexpectedly; this run went on from step ")
            assert int(note.rstrip(".").rpartition(" ")[2]) > 0, "by the checkpoint in the bucket"
            assert_whole(view)
