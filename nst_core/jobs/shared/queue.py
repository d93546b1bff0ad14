"""The queue of all servers, as this one last read it: how full it is, and how long each run waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nst_core.jobs.queue import QueueEntry, QueueLimits, QueueLoad, serving_order
from nst_core.jobs.shared.claims import Work
from nst_core.jobs.views import JobView
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.system.bounded_cache import BoundedCache

MAX_VISITORS = 2000
"""The most visitors whose addresses are remembered."""


class SharedQueue:
    """What this server knows of the queue. Any thread may call.

    Attributes:
        limits: the bounds of the queue.
        works: the runs under way at all servers, in the order in which they came.
        workers: the workers of all servers together.
    """

    def __init__(self, limits: QueueLimits, wait_times: WaitEstimator) -> None:
        """An empty queue; `wait_times` estimates how long runs take."""
        self.limits, self._wait_times = limits, wait_times
        self.works: tuple[Work, ...] = ()
        self.workers = 1
        self._last_visitor = ""
        self._addresses: BoundedCache[str, str] = BoundedCache(MAX_VISITORS)

    def update(self, works: Sequence[Work], last_visitor: str) -> None:
        """Note the runs under way, and the visitor who was served last."""
        self.works, self._last_visitor = tuple(works), last_visitor

    @property
    def load(self) -> QueueLoad:
        """How full the queue is."""
        return QueueLoad(sum(work.waits for work in self.works), self.limits.waiting)

    def position(self, job: str) -> tuple[int, float]:
        """A run's place in the queue, from 1, and its estimated wait in seconds; zeros if it has none."""
        works = {work.job: work for work in self.works}
        waiting = [work.entry for work in works.values() if work.waits and not work.is_held]
        order = [entry.job for entry in serving_order(waiting, self._last_visitor)]
        if job not in order:
            return 0, 0.0
        before = order[: order.index(job)]
        # the runs that are being painted are half done on average
        seconds = sum(self._seconds(works[other]) for other in before)
        seconds += sum(self._seconds(work) / 2 for work in works.values() if not work.waits)
        return len(before) + 1, seconds / self.workers

    def _seconds(self, work: Work) -> float:
        return work.seconds or self._wait_times.typical_seconds

    def seconds_until_room(self, jobs: Sequence[str], must_end: bool) -> float:
        """Seconds until a refused run would have a place; see `queue.SecondsUntilRoom`."""
        first = self.position(jobs[0])[1] if jobs and not must_end else 0.0
        return first or self._wait_times.typical_seconds / self.workers

    def entry(self, job: str, owner: str, address: str) -> QueueEntry:
        """The entry of a new run; without an address, it has that of its visitor's last run."""
        known = address or self._addresses.get(owner)
        known = known or next((work.address for work in reversed(self.works) if work.owner == owner), "")
        return QueueEntry(job, owner, address=known)

    def note_address(self, entry: QueueEntry) -> None:
        """Remember the address of a visitor whose run was admitted."""
        if entry.address:
            self._addresses.put(entry.visitor, entry.address)

    def has_others(self, job: str) -> bool:
        """Whether a run other than `job` waits to be served."""
        return any(work.waits and not work.is_held and work.job != job for work in self.works)

    def as_waiting(self, view: JobView) -> JobView:
        """A run that is not here, as it is now: one that waits for another server was perhaps stored as running."""
        work = next((work for work in self.works if work.job == view.id), None)
        is_idle = work is not None and not work.server and view.state == "running"
        return replace(view, state="queued") if is_idle else view
