"""Each executor with two toy workers; the same tests for all of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from nst_core.executors.local import LocalExecutor
from tests.nst_core.executors.contract import Place, WatchedWorker
from tests.nst_core.executors.ray_clusters import TOY_WORKER, RayCluster, require_ray

TOY = ("-m", "nst_core.bench.service.toy_worker")


def kill_process(worker: WatchedWorker) -> None:
    assert worker.handle.pid is not None
    os.kill(worker.handle.pid, signal.SIGKILL)


@contextmanager
def local() -> Iterator[Place]:
    yield Place(LocalExecutor(TOY), kill_process)


@contextmanager
def ray() -> Iterator[Place]:
    require_ray()
    from nst_core.executors.cluster.executor import ClusterExecutor

    with RayCluster(1, 1) as cluster:
        executor = ClusterExecutor(TOY_WORKER)
        yield Place(executor, cluster.kill_actor_of)
        executor.close()


PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {"local": local, "ray": ray}


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=pytest.mark.cluster)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """An executor with room for two workers."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NST_WORKERS", "2")
        patched.setenv("NST_DEVICE", "cpu")
        with PLACES[request.param]() as place:
            yield place


@pytest.fixture(scope="module")
def pair(place: Place) -> Iterator[tuple[WatchedWorker, WatchedWorker]]:
    """Two workers, which all tests of the module share."""
    workers = WatchedWorker(place.executor, 0), WatchedWorker(place.executor, 1)
    yield workers
    for worker in workers:
        worker.handle.end()
