"""Job services whose workers are in a Ray cluster, and their runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nst_core.bench.service.toy_worker import loss
from nst_core.executors.local import LocalExecutor
from nst_core.jobs.service import JobService, JobView, owner_of
from nst_core.recipe import make
from nst_core.slow import checkpoint
from tests.nst_core.executors.ray_clusters import TOY
from tests.nst_core.jobs.servers import ANN, picture

PATIENCE = 90.0
STEPS = 200


@contextmanager
def serving(*create: str) -> Iterator[JobService]:
    """A job service whose workers are in the cluster."""
    from nst_core.executors.cluster.executor import ClusterExecutor

    service = JobService(executor=ClusterExecutor(*create, local=LocalExecutor(TOY)))
    service.warm()
    try:
        yield service
    finally:
        service.close()  # a test that fails must not keep its actors, for which others wait


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
