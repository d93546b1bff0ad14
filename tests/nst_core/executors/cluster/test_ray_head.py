"""The head of a Ray cluster is lost: the server goes on by itself, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.nst_core.executors.cluster.ray_services import PATIENCE, assert_whole, finished, saved_step, serving, submit
from tests.nst_core.executors.ray_clusters import TOY_WORKER, RayCluster, require_ray
from tests.nst_core.jobs.servers import ANN, BEN, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_the_head_is_lost_and_the_server_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_ray()
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NST_WORKERS", "1")
    with RayCluster() as own, own.machines(1) as cluster:
        monkeypatch.setenv("NST_RAY_STAND_IN", "1")
        with serving(TOY_WORKER) as service:
            running, waiting = submit(service, steps=5000), submit(service, BEN, steps=20)
            until(lambda: saved_step(tmp_path, running) > 30, PATIENCE)
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
