"""A Ray cluster of two machines loses one, loses its head, gets another, drains one: no run is lost, nor any step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from nst_core.bench.service.toy_worker import loss
from nst_core.executors.local import LocalExecutor
from nst_core.jobs.service import JobService, JobView, owner_of
from nst_core.recipe import make
from nst_core.slow import checkpoint
from tests.nst_core.executors.ray_clusters import TOY, TOY_WORKER, RayCluster
from tests.nst_core.jobs.servers import ANN, BEN, picture, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
PATIENCE = 90.0
STEPS = 400


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    return tmp_path


@contextmanager
def serving(*create: str) -> Iterator[JobService]:
    """A job service whose workers are in the cluster."""
    from nst_core.executors.cluster.executor import ClusterExecutor

    service = JobService(executor=ClusterExecutor(*create, local=LocalExecutor(TOY)))
    service.warm()
    yield service
    service.close()


def submit(service: JobService, secret: str = ANN, steps: int = STEPS) -> str:
    recipe = make(settings={"steps": steps, "longest_edge_px": 64, "snapshot_every": 50})
    return service.submit(recipe, picture(), [picture(1)], owner=owner_of(secret), measure=False)


def saved_step(folder: Path, job: str) -> int:
    """The step of a run's checkpoint in the job service's folder; 0 without one."""
    path = folder / "runs" / job / "checkpoint.npz"
    return int(checkpoint.load(path).state["number"]) if path.exists() else 0


def finished(service: JobService, job: str) -> JobView:
    view = service.wait(job, PATIENCE)
    assert (view.state, view.error) == ("done", None)
    return view


def assert_whole(view: JobView) -> None:
    """Each step is on the curve once, with its own loss."""
    assert [point.step for point in view.points] == list(range(view.step + 1))
    assert [point.losses["total"] for point in view.points] == [loss(number) for number in range(view.step + 1)]


def test_another_machine_shortens_the_wait(ray_cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_WORKERS", "0")
    with ray_cluster.machines(1) as cluster, serving(TOY_WORKER) as service:
        first, second = submit(service), submit(service, BEN)
        until(lambda: service.view(first).step > 5, PATIENCE)
        assert (service.view(second).state, service.view(second).position) == ("queued", 1)
        cluster.add()
        until(lambda: service.view(second).step > 5, PATIENCE)
        assert service.view(first).state == "running"
        for job, secret in ((first, ANN), (second, BEN)):
            service.stop(job, secret)
            assert service.wait(job, PATIENCE).state == "stopped"


def test_a_machine_is_lost_in_mid_run_and_the_picture_is_the_same(
    ray_cluster: RayCluster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_WORKERS", "1")
    with ray_cluster.machines(2) as cluster, serving(TOY_WORKER) as service:
        unbroken = finished(service, submit(service))
        job = submit(service)
        until(lambda: saved_step(folder, job) > 30, PATIENCE)
        before = saved_step(folder, job)
        cluster.kill(cluster.node_of_actor())
        until(lambda: any("went on" in note for note in service.view(job).notes), PATIENCE)
        (note,) = service.view(job).notes
        assert note.startswith("The machine that painted was lost; this run went on from step ")
        assert int(note.rstrip(".").rpartition(" ")[2]) >= before
        broken = finished(service, job)
        assert broken.result == unbroken.result
        assert_whole(unbroken)
        assert_whole(broken)


def test_the_head_is_lost_and_the_server_goes_on_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_WORKERS", "1")
    with RayCluster() as own, own.machines(1) as cluster:
        monkeypatch.setenv("NST_RAY_STAND_IN", "1")
        with serving(TOY_WORKER) as service:
            running, waiting = submit(service, steps=5000), submit(service, BEN, steps=20)
            until(lambda: saved_step(folder, running) > 30, PATIENCE)
            cluster.kill_head()
            until(lambda: service.status().place_fault != "", PATIENCE)
            assert service.status().place_fault.startswith("The cluster cannot be used now: ")
            until(lambda: any("went on" in note for note in service.view(running).notes), PATIENCE)
            service.stop(running, ANN)
            view = service.wait(running, PATIENCE)
            assert_whole(view)
            assert "The machine that painted was lost; this run went on from step" in view.notes[0]
            finished(service, waiting)
            assert service.status().device == "a toy"
            assert psutil.Process().is_running()


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
def test_a_real_run_survives_its_machine_bit_for_bit(
    ray_cluster: RayCluster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_WORKERS", "1")
    settings = {"steps": 40, "longest_edge_px": 64, "snapshot_every": 10, "seed": 5}

    def begin(service: JobService) -> str:
        return service.submit(make(settings=settings), picture(), [picture(1)], owner=owner_of(ANN), measure=False)

    with ray_cluster.machines(2) as cluster, serving() as service:
        until(lambda: service.status().state == "ready", 120)
        unbroken = finished(service, begin(service))
        job = begin(service)
        until(lambda: saved_step(folder, job) > 2, PATIENCE)
        cluster.kill(cluster.node_of_actor())
        broken = finished(service, job)
        assert broken.notes
        assert [point.losses for point in broken.points] == [point.losses for point in unbroken.points]
        assert broken.result == unbroken.result
