"""Waits for the ends of runs; one poll serves all of them."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

from nst_core.api.waits import Waits
from nst_core.errors import LostRunError
from nst_core.jobs.service import JobService


class Jobs:
    """A job service with two runs, which counts how often each was polled."""

    is_closing = False

    def __init__(self) -> None:
        self.states, self.looks = {"a": "running", "b": "running"}, 0

    def progress(self, run: str) -> Any:
        self.looks += 1
        if run not in self.states:
            raise LostRunError("gone")
        return type("Progress", (), {"state": self.states[run]})()


async def waiting(jobs: Jobs, runs: str, seconds: float) -> tuple[Waits, list[asyncio.Task[None]]]:
    waits = Waits(lambda: cast(JobService, jobs))
    tasks = [asyncio.create_task(waits.over(run, seconds)) for run in runs]
    await asyncio.sleep(0.03)
    return waits, tasks


def test_each_waits_for_its_own_run_and_all_share_the_looks() -> None:
    async def scenario() -> None:
        jobs = Jobs()
        _, tasks = await waiting(jobs, "aaaaab", 10)
        assert not any(task.done() for task in tasks)
        assert jobs.looks <= 2 * 4
        jobs.states["a"] = "done"
        await asyncio.wait_for(asyncio.gather(*tasks[:5]), 5)
        assert not tasks[5].done()
        del jobs.states["b"]  # deleted
        await asyncio.wait_for(tasks[5], 5)
        await asyncio.sleep(0.03)
        before = jobs.looks
        await asyncio.sleep(0.05)
        assert jobs.looks == before  # nobody waits any more

    asyncio.run(scenario())


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_a_wait_ends_after_its_time(seconds: float) -> None:
    async def scenario() -> None:
        began = time.monotonic()
        _, tasks = await waiting(Jobs(), "a", seconds)
        await tasks[0]
        assert seconds <= time.monotonic() - began < seconds + 2

    asyncio.run(scenario())


def test_the_end_of_the_server_ends_the_waits() -> None:
    async def scenario() -> None:
        jobs = Jobs()
        _, tasks = await waiting(jobs, "ab", 10)
        jobs.is_closing = True
        await asyncio.wait_for(asyncio.gather(*tasks), 5)

    asyncio.run(scenario())
