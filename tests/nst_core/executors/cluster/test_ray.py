"""A Ray cluster of two machines loses one, gets another, drains one: no run is lost, nor any step."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.jobs.service import JobService, owner_of
from nst_core.recipe import make
from tests.nst_core.executors.cluster.ray_services import PATIENCE, assert_whole, finished, saved_step, serving, submit
from tests.nst_core.executors.ray_clusters import TOY_WORKER, RayCluster
from tests.nst_core.jobs.servers import ANN, BEN, picture, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    return tmp_path


def test_another_machine_shortens_the_wait(ray_cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_WORKERS", "0")
    with ray_cluster.machines(1) as cluster, serving(TOY_WORKER) as service:
        first, second = submit(service, steps=5000), submit(service, BEN, steps=5000)
        until(lambda: service.view(first).step > 5, PATIENCE)
        assert (service.view(second).state, service.view(second).position) == ("queued", 1)
        cluster.add()
        until(lambda: service.view(second).step > 5, PATIENCE)
        assert service.view(first).state == "running"
        for job, secret in ((first, ANN), (second, BEN)):
            service.stop(job, secret)
            assert service.wait(job, PATIENCE).state == "stopped"


def test_a_machine_is_drained_and_its_run_goes_on_without_a_lost_step(
    ray_cluster: RayCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_WORKERS", "1")
    with ray_cluster.machines(2) as cluster, serving(TOY_WORKER) as service:
        job = submit(service)
        until(lambda: service.view(job).step > 20, PATIENCE)
        drained = cluster.node_of_actor()
        cluster.drain(drained)
        until(lambda: drained not in cluster.nodes_of_actors(), PATIENCE)
        view = finished(service, job)
        assert view.notes == ()
        assert_whole(view)
        cluster.kill(drained)


@pytest.mark.weights
def test_a_run_survives_its_machine_bit_for_bit(
    ray_cluster: RayCluster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_WORKERS", "1")
    steps = 80  # painted for seconds after the first checkpoint
    settings = {"steps": steps, "longest_edge_px": 64, "snapshot_every": 20, "seed": 5}

    def begin(service: JobService) -> str:
        return service.submit(make(settings=settings), picture(), [picture(1)], owner=owner_of(ANN), measure=False)

    with ray_cluster.machines(2) as cluster, serving() as service:
        until(lambda: service.status().state == "ready", 120)
        unbroken = finished(service, begin(service))
        job = begin(service)
        until(lambda: saved_step(folder, job) > 2, PATIENCE)
        before = saved_step(folder, job)
        cluster.kill(cluster.node_of_actor())
        broken = finished(service, job)
        (note,) = broken.notes
        assert note.startswith("The machine that painted was lost; this run went on from step ")
        assert int(note.rstrip(".").rpartition(" ")[2]) >= before
        assert [point.step for point in broken.points] == list(range(steps + 1))
        assert [point.losses for point in broken.points] == [point.losses for point in unbroken.points]
        assert broken.result == unbroken.result
