"""A worker that cannot be started is reported, and started again on request."""

import pytest

from nst_core.errors import WorkerError
from nst_core.jobs.process import OnEvent, OnExit
from nst_core.jobs.service import JobService
from tests.nst_core.jobs.servers import FakeWorker, submit


def test_a_worker_that_cannot_be_started_is_a_state_with_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    workers: list[FakeWorker] = []
    faults = [OSError(12, "Cannot allocate memory")]

    def spawn(on_event: OnEvent, on_exit: OnExit) -> FakeWorker:
        if faults:
            raise faults.pop()
        workers.append(FakeWorker(on_event, on_exit))
        return workers[-1]

    service = JobService(spawn=spawn)
    job = submit(service)
    assert service.status().state == "failed"
    assert "Cannot allocate memory" in service.status().message
    assert "Cannot allocate memory" in (service.view(job).error or "")
    with pytest.raises(WorkerError, match="Cannot allocate memory"):
        submit(service)
    service.retry()
    workers[-1].ready()
    assert service.status().state == "ready"
    service.close()
