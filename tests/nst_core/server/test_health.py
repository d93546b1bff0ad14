import asyncio
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.routing import Router

from nst_core.jobs.queue import QueueLoad
from nst_core.jobs.views import WorkerStatus
from nst_core.server import health
from nst_core.server.health import CheckResult, HealthRoutes, Readiness, readiness
from nst_core.system import container
from tests.asgi import ask, asked


def service(state: Any = "ready", waiting: int = 0, memory_only: str = "") -> Any:
    status = WorkerStatus(state, message="no network could be loaded", memory_only=memory_only)
    return SimpleNamespace(status=lambda: status, load=lambda: QueueLoad(waiting, 8))


def app(check: Callable[[], Readiness]) -> Router:
    return Router(HealthRoutes(check).routes())


@pytest.mark.parametrize("state", ["off", "starting", "ready", "busy"])
def test_a_worker_that_works_or_will_is_ready(state: str, tmp_path: Path) -> None:
    assert readiness(service(state), tmp_path).ok


def test_several_workers_are_counted(tmp_path: Path) -> None:
    status = WorkerStatus("ready", memory_mb=900.4, workers=2, busy_workers=1)
    jobs = SimpleNamespace(status=lambda: status, load=lambda: QueueLoad(0, 8))
    worker = readiness(jobs, tmp_path).checks["worker"]  # type: ignore[arg-type]
    assert worker == CheckResult(True, "ready, 2 workers, 1 with a run, 900 MB")


def test_workers_that_are_elsewhere_than_they_should_be_are_told_and_are_no_fault(tmp_path: Path) -> None:
    status = WorkerStatus("ready", memory_mb=900, place_fault="The cluster does not answer.")
    jobs = SimpleNamespace(status=lambda: status, load=lambda: QueueLoad(0, 8))
    worker = readiness(jobs, tmp_path).checks["worker"]  # type: ignore[arg-type]
    assert worker == CheckResult(True, "ready, 900 MB. The cluster does not answer.")


def test_runs_in_memory_are_told_and_are_no_fault(tmp_path: Path) -> None:
    found = readiness(service(memory_only="the folder cannot be written"), tmp_path / "not" / "there")
    assert found.ok
    assert found.checks["store"].detail == "the folder cannot be written"


def test_a_folder_that_may_not_be_entered_hides_no_other_check(forbidden: Path) -> None:
    found = readiness(service(memory_only="the folder cannot be used"), forbidden)
    assert found.ok
    assert set(found.checks) == {"worker", "queue", "store", "disk", "memory"}


def full_disk(_: Path) -> Any:
    return SimpleNamespace(free=1e6)


@pytest.mark.parametrize("name", ["worker", "queue", "disk", "memory"])
def test_each_lack_is_told_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if name == "disk":
        monkeypatch.setattr(shutil, "disk_usage", full_disk)
    if name == "memory":
        monkeypatch.setattr(container, "available_bytes", lambda: 1e6)
    jobs = service("failed" if name == "worker" else "ready", 8 if name == "queue" else 0)
    answer = ask(app(lambda: readiness(jobs, tmp_path)), path="/readyz")
    assert answer.status == 503
    told = json.loads(answer.body)
    assert not told["ready"]
    assert [found for found, check in told["checks"].items() if not check["ok"]] == [name]


@pytest.mark.parametrize(("least", "ok"), [("0.5", True), ("2", False)])
def test_the_disk_is_measured_by_the_operators_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, least: str, ok: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", full_disk)
    monkeypatch.setenv("NST_FREE_DISK_MB", least)
    assert readiness(service(), tmp_path).checks["disk"].ok == ok


def test_a_stuck_service_is_not_ready_and_costs_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)
    release, calls = threading.Event(), []

    def stuck() -> Readiness:
        calls.append(threading.get_ident())
        release.wait(10)
        return Readiness({"worker": CheckResult(True, "ready")})

    async def visit() -> list[int]:
        router = app(stuck)
        answers = await asyncio.gather(*(asked(router, path="/readyz") for _ in range(20)))
        alive = await asked(router, path="/healthz")
        release.set()
        return [*(answer.status for answer in answers), alive.status]

    assert asyncio.run(visit()) == [503] * 20 + [200]
    assert len(calls) == 1


def test_a_bug_in_a_check_is_not_ready() -> None:
    def buggy() -> Readiness:
        raise OSError("no")

    answer = ask(app(buggy), path="/readyz")
    assert answer.status == 503
    assert "OSError" in answer.text
