"""A worker that cannot even be started is told of, and tried again when asked."""

import pytest

from nst_core.errors import WorkerError
from nst_core.jobs.process import OnEvent, OnExit
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import Played, submit


def test_a_worker_that_cannot_be_started_is_a_state_with_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    workers: list[Played] = []
    faults = [OSError(12, "Cannot allocate memory")]

    def hire(hear: OnEvent, gone: OnExit) -> Played:
        if faults:
            raise faults.pop()
        workers.append(Played(hear, gone))
        return workers[-1]

    desk = JobService(spawn=hire)
    job = submit(desk)
    assert desk.status().state == "failed"
    assert "Cannot allocate memory" in desk.status().message
    assert "Cannot allocate memory" in (desk.view(job).error or "")
    with pytest.raises(WorkerError, match="Cannot allocate memory"):
        submit(desk)
    desk.retry()
    workers[-1].ready()
    assert desk.status().state == "ready"
    desk.close()
