"""The job service with a cluster: its runs go there, go on elsewhere when it is lost, and return to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_core.executors.cluster import executor as module
from nst_core.executors.cluster.gateway_messages import ActorGone, ActorLeaves, ClusterLost, EndActor, FromActor, Want
from nst_core.jobs.executor import UnreachableError
from nst_core.jobs.messages import Pause, Preempt, Preempted, Steer, Stop
from nst_core.jobs.scheduler import MAX_ATTEMPTS
from nst_core.jobs.service import JobService
from tests.nst_core.executors.cluster.gateways import Clusters
from tests.nst_core.jobs.servers import ANN, BEN, FakeWorker, submit
from tests.nst_core.jobs.test_executor import watch


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clusters:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    return Clusters(monkeypatch)


@pytest.fixture
def service(clusters: Clusters) -> Iterator[JobService]:
    """A job service whose first gateway has been started, and is not connected yet."""
    service = JobService(executor=clusters.executor)
    service.warm()
    yield service
    service.close(save_seconds=0)


def checkpoint_of(worker: FakeWorker) -> Path:
    path = Path(worker.run_command().checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some")
    return path


def test_runs_wait_for_the_cluster_and_are_shared_out_among_its_actors(clusters: Clusters, service: JobService) -> None:
    first, second = submit(service, ANN), submit(service, BEN)
    watch(service)
    assert (service.status().state, len(clusters.gateways), clusters.stand_ins) == ("starting", 1, [])
    clusters.gateway.connect(workers=2)
    watch(service)
    one, two = clusters.actors
    one.ready()
    two.ready()
    assert (one.run_command().job, two.run_command().job) == (first, second)
    one.begin(first)
    one.step(first, 3)
    assert (service.view(first).step, service.view(second).step) == (3, 0)
    service.pause(second, BEN)
    service.steer(first, ANN, {"style_weight": 7.0})
    service.stop(second, BEN)
    assert one.commands[1:] == [Steer(job=first, settings={"style_weight": 7.0})]
    assert two.commands[1:] == [Pause(job=second), Stop(job=second)]
    one.finish(first)
    assert (service.view(first).state, service.view(first).result) == ("done", b"png")
    assert Want(runs=2) in clusters.gateway.commands
    assert service.status().place_fault == ""


def test_a_lost_machine_costs_a_run_no_attempt_and_the_other_runs_nothing(
    clusters: Clusters, service: JobService
) -> None:
    clusters.gateway.connect(workers=2)
    watch(service)
    first, second = submit(service, ANN), submit(service, BEN)
    for actor in clusters.actors:
        actor.ready()
    clusters.actors[1].begin(second)
    clusters.actors[1].step(second, 0)
    for lost in range(MAX_ATTEMPTS + 2):
        number = 0 if lost == 0 else len(clusters.gateway.actors) - 1
        worker = clusters.actors[number]
        worker.ready()
        assert worker.run_command().job == first
        worker.begin(first, range(lost))
        worker.step(first, lost)
        clusters.gateway.report(ActorGone(actor=number, reason="its machine was lost", with_machine=True))
        assert service.view(first).state == "queued"
    assert (service.view(second).state, service.view(second).notes) == ("running", ())
    clusters.actors[-1].ready()
    clusters.actors[-1].begin(first, [0, 1])
    assert service.view(first).notes[-1] == "The machine that painted was lost; this run went on from step 1."


def test_a_worker_that_dies_by_itself_is_counted(clusters: Clusters, service: JobService) -> None:
    clusters.gateway.connect()
    watch(service)
    job = submit(service)
    for _ in range(MAX_ATTEMPTS + 1):
        clusters.actors[-1].ready()
        clusters.actors[-1].begin(job)
        clusters.actors[-1].die("its machine ran out of memory")
    assert service.view(job).state == "failed"
    assert "its machine ran out of memory" in (service.view(job).error or "")


def test_a_machine_that_is_about_to_go_gives_its_run_to_another(clusters: Clusters, service: JobService) -> None:
    clusters.gateway.connect()
    watch(service)
    job = submit(service)
    actor = clusters.actors[0]
    actor.ready()
    actor.begin(job)
    actor.step(job, 0)
    clusters.gateway.report(ActorLeaves(actor=0))
    watch(service)
    assert actor.commands[-1] == Preempt(job=job)
    path = checkpoint_of(actor)
    actor.report(Preempted(job=job))
    assert EndActor(actor=0) in clusters.gateway.commands
    clusters.actors[1].ready()
    assert clusters.actors[1].run_command().checkpoint == str(path)
    assert service.view(job).notes == ()


def test_without_the_cluster_this_machine_stands_in_until_it_is_back(clusters: Clusters, service: JobService) -> None:
    clusters.gateway.connect(workers=2)
    watch(service)
    first, second = submit(service, ANN), submit(service, BEN)
    for actor in clusters.actors:
        actor.ready()
    actor = next(actor for actor in clusters.actors if actor.run_command().job == first)
    actor.begin(first)
    actor.step(first, 0)
    path = checkpoint_of(actor)
    clusters.gateway.report(ClusterLost(reason="its head has not answered for 15 seconds"))
    clusters.gateway.die("it ended with exit status 0")
    fault = service.status().place_fault
    assert fault.startswith("The cluster cannot be used now: its head has not answered for 15 seconds.")
    assert "on this machine" in fault

    for _ in range(3):
        watch(service)
    (stand_in,) = clusters.stand_ins  # one for two: this machine has room for one
    stand_in.ready()
    taken = stand_in.run_command()
    assert taken.job in (first, second)
    assert [service.view(job).state for job in (first, second)].count("queued") == 1
    if taken.job == first:
        assert taken.checkpoint == str(path)
    assert len(clusters.gateways) == 2

    clusters.gateway.connect(workers=1)
    assert service.status().place_fault == ""
    watch(service)
    assert len(clusters.stand_ins) == 1
    stand_in.finish(taken.job)  # its run ends where it is; the next one is for the cluster
    assert service.view(taken.job).state == "done"
    clusters.actors[-1].ready()
    assert {clusters.actors[-1].run_command().job, taken.job} == {first, second}


def test_where_this_machine_may_not_stand_in_runs_wait_and_none_fails(
    clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_RAY_STAND_IN", "0")
    clusters = Clusters(monkeypatch)
    service = JobService(executor=clusters.executor)
    job = submit(service)
    for _ in range(5):
        clusters.gateway.report(ClusterLost(reason="head:6379 cannot be reached"))
        clusters.gateway.die("it ended with exit status 0")
        watch(service)
    assert (clusters.stand_ins, service.view(job).state, service.status().state) == ([], "queued", "starting")
    assert service.status().place_fault == (
        "The cluster cannot be used now: head:6379 cannot be reached. Meanwhile runs wait for it."
    )
    clusters.gateway.connect()
    watch(service)
    clusters.actors[0].ready()
    assert clusters.actors[0].run_command().job == job
    service.close(save_seconds=0)
    assert clusters.gateway.is_finished


def test_a_cluster_that_does_not_answer_is_not_waited_for_for_ever(
    clusters: Clusters, service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(service)
    monkeypatch.setattr(clusters.executor, "_due", 0.0)
    watch(service)
    watch(service)
    clusters.stand_ins[0].ready()
    assert clusters.stand_ins[0].run_command().job == job
    assert "it has not answered for 30 seconds" in service.status().place_fault


def test_a_cluster_without_room_is_told(clusters: Clusters, service: JobService) -> None:
    clusters.gateway.connect(workers=1, room=0)
    fault = service.status().place_fault
    assert (
        fault == "No machine of the cluster has room for a worker, which takes 2 cores and 2.5 GB of memory; runs wait."
    )


def test_an_unreadable_message_ends_its_actor_alone(clusters: Clusters, service: JobService) -> None:
    clusters.gateway.connect(workers=2)
    watch(service)
    for actor in clusters.actors:
        actor.ready()
    clusters.gateway.report(FromActor(actor=0, head=b'{"kind": "dance"}'))
    assert clusters.gateway.commands[-2] == EndActor(actor=0)
    assert service.status().workers == 1


def test_nothing_is_started_before_a_worker_is_wanted_or_after_the_end(
    clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = clusters.executor
    executor.want(0)
    assert clusters.gateways == []
    executor.close()
    with pytest.raises(UnreachableError):
        executor.start(0, print, print)
    assert clusters.gateways == []


@pytest.mark.slow
def test_the_web_process_imports_neither_ray_nor_tensorflow() -> None:
    code = (
        "import sys; from nst_core.jobs.service import JobService; from nst_core.executors.choice import chosen; "
        "print(type(chosen()).__name__, {'ray', 'tensorflow', 'keras'} & set(sys.modules))"
    )
    environment = {"NST_EXECUTOR": "ray", "NST_DATA_DIR": "", "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert done.stdout == f"{module.ClusterExecutor.__name__} set()\n"
