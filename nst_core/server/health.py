"""Whether the process is alive (`/healthz`), and whether a visitor could get a picture now (`/readyz`)."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nst_core.settings import Settings
from nst_core.system import container

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

CHECK_SECONDS = 2.0
"""The longest wait for the job service's answer."""
LEAST_FREE_MEMORY_MB = 150.0
"""The least available memory, in MB; with less, the system may end the worker."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        ok: whether this check lets a visitor get a picture.
        detail: the finding, for the operator.
    """

    ok: bool
    detail: str


@dataclass(frozen=True)
class Readiness:
    """All checks, by name: worker, queue, store, disk, memory."""

    checks: dict[str, CheckResult]

    @property
    def ok(self) -> bool:
        """Whether a visitor could get a picture now, perhaps after a wait."""
        return all(check.ok for check in self.checks.values())

    def as_json(self) -> dict[str, Any]:
        """The answer of `/readyz`."""
        return {"ready": self.ok, "checks": {name: asdict(check) for name, check in self.checks.items()}}


def readiness(jobs: JobService, data_dir: Path | None) -> Readiness:
    """Check everything that a visitor's picture needs; may wait for the job service's lock.

    Args:
        jobs: the job service.
        data_dir: the folder of stored runs; None if runs are in memory only.
    """
    status = jobs.status()
    load = jobs.load()
    several = f"{status.workers} workers, {status.busy_workers} with a run, " if status.workers > 1 else ""
    stored = status.storage_fault or status.memory_only or "runs are stored"
    worker = status.message if status.state == "failed" else f"{status.state}, {several}{status.memory_mb:.0f} MB"
    worker = ". ".join(filter(None, (worker, status.place_fault)))
    return Readiness(
        {
            "worker": CheckResult(status.state != "failed", worker),
            "queue": CheckResult(
                load.waiting < load.most_waiting, f"{load.waiting} of {load.most_waiting} places taken"
            ),
            # Without a disk, runs are kept in memory, and a visitor still gets a picture.
            "store": CheckResult(not status.storage_fault, stored),
            "disk": _disk(data_dir),
            "memory": _memory(),
        }
    )


def _disk(folder: Path | None) -> CheckResult:
    """Whether enough of the disk would stay free with a new run."""
    if folder is None:
        return CheckResult(True, "no folder is set for runs")
    try:
        free_mb = free_bytes(folder) / 1e6
    except OSError as error:
        return CheckResult(False, f"the folder of runs cannot be read: {error.strerror}")
    least_mb = Settings.read().free_disk_mb
    return CheckResult(free_mb >= least_mb, f"{free_mb:.0f} MB free, {least_mb:.0f} must stay (NST_FREE_DISK_MB)")


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder, which need not be there yet. Raises OSError."""
    # Unlike `Path.is_dir`, `isdir` is False where the folder above may not be entered.
    existing = next((path for path in (folder, *folder.parents) if os.path.isdir(path)), folder)
    return shutil.disk_usage(existing).free


def _memory() -> CheckResult:
    free_mb = container.available_bytes() / 1e6
    return CheckResult(free_mb >= LEAST_FREE_MEMORY_MB, f"{free_mb:.0f} MB available")


class HealthRoutes:
    """The two routes. Any number of requests share one check, so that a stuck one costs one thread."""

    def __init__(self, check: Callable[[], Readiness]) -> None:
        """`check` may block; it runs in a thread."""
        self._check = check
        self._running: asyncio.Task[Readiness] | None = None

    def routes(self, base: str = "") -> list[Route]:
        """`/healthz` and `/readyz`, for GET and HEAD, below the path `base`."""
        return [Route(f"{base}/healthz", self._alive), Route(f"{base}/readyz", self._ready)]

    async def _alive(self, _: object) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    async def _ready(self, _: object) -> Response:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(asyncio.to_thread(self._check))
        try:
            found = await asyncio.wait_for(asyncio.shield(self._running), CHECK_SECONDS)
        except Exception as error:  # noqa: BLE001 - a check that cannot be made is an answer too
            detail = "no answer in time" if isinstance(error, TimeoutError) else f"{type(error).__name__}"
            found = Readiness({"service": CheckResult(False, f"{detail} from the job service")})
        return JSONResponse(found.as_json(), 200 if found.ok else 503, {"cache-control": "no-store"})
