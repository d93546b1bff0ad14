"""A run that is deleted while its files are written leaves nothing, and affects no other run."""

from pathlib import Path

import pytest

from nst_core.errors import JobError
from nst_core.jobs import blobs
from nst_core.jobs.owners import owner_of
from nst_core.system.atomic_files import write_atomic
from tests.nst_core.jobs.servers import ANN, Servers, under_way, until


def test_a_run_deleted_while_it_is_written_affects_no_other(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    service = servers.start()
    older = under_way(servers, service)
    servers.worker.finish(older)
    until(lambda: service.view(older).state == "done")
    job = under_way(servers, service)
    interrupted: list[str] = []

    def deleted_meanwhile(path: Path, data: bytes) -> None:
        if path.name == "result.png" and job in path.parts:
            interrupted.append(path.name)
            service.delete(job, ANN)
            raise FileNotFoundError(2, "No such file or directory", str(path))  # as a rename in a folder that is gone
        write_atomic(path, data)

    monkeypatch.setattr(blobs, "write_atomic", deleted_meanwhile)
    servers.worker.finish(job)
    until(lambda: bool(interrupted))
    until(lambda: [view.id for view in service.runs(owner_of(ANN))] == [older])
    servers.stop()
    service = servers.start()
    assert service.status().storage_fault == ""
    assert [view.id for view in service.runs(owner_of(ANN))] == [older]
    with pytest.raises(JobError):
        service.view(job)
