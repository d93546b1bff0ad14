"""Lets any number of requests wait for the ends of runs, without a thread for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from nst_core.errors import JobError
from nst_core.jobs.views import FINAL

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

POLL_SECONDS = 0.01
"""Interval at which all awaited runs are polled."""
MOST_WAITS = 64
"""The most requests that may wait; further ones are answered at once."""


class Waits:
    """The runs that requests wait for. For use in one event loop."""

    def __init__(self, jobs: Callable[[], JobService]) -> None:
        self._jobs = jobs
        self._awaited: dict[asyncio.Future[None], str] = {}
        self._task: asyncio.Task[None] | None = None

    async def over(self, run: str, seconds: float) -> None:
        """Wait, at most `seconds`, until a run is over or deleted, or the server ends. No wait beyond `MOST_WAITS`."""
        if seconds <= 0 or len(self._awaited) >= MOST_WAITS:
            return
        end = asyncio.get_running_loop().create_future()
        self._awaited[end] = run
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([end], timeout=seconds)
        finally:
            del self._awaited[end]

    async def _watch(self) -> None:
        while self._awaited:
            over = await asyncio.to_thread(self._over, set(self._awaited.values()))
            for end, run in self._awaited.items():
                if run in over and not end.done():
                    end.set_result(None)
            await asyncio.sleep(POLL_SECONDS)

    def _over(self, runs: set[str]) -> set[str]:
        return runs if self._jobs().is_closing else {run for run in runs if self._is_over(run)}

    def _is_over(self, run: str) -> bool:
        try:
            return self._jobs().progress(run).state in FINAL
        except JobError:
            return True
