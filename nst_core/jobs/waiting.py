"""The runs that wait for a worker: their admission, their order, and their waiting times."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import partial

from nst_core.jobs.pool import WorkerPool
from nst_core.jobs.queue import FairQueue, QueueEntry, QueueLimits, QueueLoad
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.run_addresses import RunAddresses
from nst_core.jobs.views import FINAL
from nst_core.jobs.wait_times import WaitEstimator


class WaitingRuns:
    """The queue, with the waiting times and addresses of its runs. Used under the job service's lock."""

    def __init__(
        self, repository: RunRepository, limits: QueueLimits, wait_times: WaitEstimator, pool: WorkerPool
    ) -> None:
        """Queue the runs of the repository that wait."""
        self._repository, self._wait_times, self._pool = repository, wait_times, pool
        self._queue = FairQueue(limits)
        self._addresses = RunAddresses(self._is_under_way)
        for job, run in repository.active.items():
            if run.view.state == "queued":
                self.requeue(job, has_begun=run.view.step > 0)
            elif run.view.state == "paused" and run.view.step == 0:
                self.requeue(job, has_begun=False)
                self.hold(job)

    def __len__(self) -> int:
        """The number of runs that could be served now."""
        return len(self._queue)

    @property
    def load(self) -> QueueLoad:
        """How full the queue is."""
        return self._queue.load

    def jobs(self) -> list[str]:
        """The runs, in the order in which they will be served; those that are held come last."""
        return self._queue.jobs()

    def pop(self) -> str:
        """Take out the next run."""
        return self._queue.pop()

    def remove(self, job: str) -> None:
        """Take a run out, if it waits."""
        self._queue.remove(job)

    def hold(self, job: str) -> None:
        """Pause a run that waits: it keeps its place, and no worker takes it."""
        if self._queue.hold(job):
            self._repository.update(job, state="paused")

    def release(self, job: str) -> bool:
        """Let a held run be served in its turn; False if it is not held."""
        if is_held := self._queue.release(job):
            self._repository.update(job, state="queued")
        return is_held

    def admit(self, job: str, owner: str, address: str = "") -> None:
        """Put a new run in the queue. Raises QueueFullError. `address`: a hash; if "", that of the last run."""
        entry = self._entry(job, owner, address)
        self._queue.admit(entry, partial(self._seconds_until_room, entry.address), self._begun(entry))
        self._addresses.note(job, owner, entry.address)

    def check_room(self, owner: str, address: str = "") -> None:
        """Refuse a new run that `admit` would refuse. Raises QueueFullError."""
        entry = self._entry("", owner, address)
        self._queue.check_room(entry, partial(self._seconds_until_room, entry.address), self._begun(entry))

    def _entry(self, job: str, owner: str, address: str) -> QueueEntry:
        return QueueEntry(job, owner, address=address or self._addresses.last_of(owner))

    def _begun(self, entry: QueueEntry) -> int:
        """Runs of the same address that have begun and are not over."""
        return self._addresses.begun(entry.address, self._queue.jobs())

    def requeue(self, job: str, *, has_begun: bool) -> None:
        """Put a run that was admitted before into the queue again."""
        owner, address = self._repository.active[job].view.owner, self._addresses.of(job)
        self._queue.requeue(QueueEntry(job, owner, has_begun, address))
        self._repository.update(job, state="queued")

    def position(self, job: str) -> tuple[int, float]:
        """A run's place in the queue, from 1, and its estimated wait in seconds; zeros if held or not in the queue."""
        waiting = self._queue.servable()
        if job not in waiting:
            return 0, 0.0
        before = waiting[: waiting.index(job)]
        free_in = [self._remaining(slot.current_id) for slot in self._pool.slots if not slot.supervisor.has_failed]
        free_in = free_in or [0.0]
        heapq.heapify(free_in)
        for other in before:  # each run gets the worker that is free first
            heapq.heapreplace(free_in, free_in[0] + self._work(other))
        return len(before) + 1, free_in[0]

    def _seconds_until_room(self, address: str, jobs: Sequence[str], must_end: bool) -> float:
        """Seconds until a refused run of an address would have a place; see `queue.SecondsUntilRoom`."""
        if must_end:
            ends = [self._remaining(job) for job in self._pool.running if self._addresses.of(job) == address]
            ends += [self.position(job)[1] + self._work(job) for job in jobs if job in self._queue.servable()]
        elif jobs:
            ends = [self.position(jobs[0])[1]]
        else:  # any place is enough: when a worker takes the next run
            ends = [self._remaining(job) for job in self._pool.running]
        return min(ends, default=0.0) or self._wait_times.typical_seconds

    def _work(self, job: str) -> float:
        """Seconds that a waiting run will take when it has a worker."""
        return self._wait_times.remaining(self._repository.active[job])

    def _remaining(self, job: str) -> float:
        return self._wait_times.remaining_now(self._repository.active.get(job))

    def _is_under_way(self, job: str) -> bool:
        run = self._repository.active.get(job)
        return run is not None and run.view.state not in FINAL
