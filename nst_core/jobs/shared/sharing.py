"""Passes runs between this server's job service and those of the other servers.

A run that waits is in no server's memory. This server claims one when it has a free worker, and gives it back if it
loses the worker. It writes a new run first, and then gives it to all, unless a worker here is free and nobody waits.
`queue` is what it knows of the others' runs; `orders` passes on what owners want of them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from nst_core.errors import LostRunError, StorageError
from nst_core.jobs import failure_messages
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.orders import OrderHandler
from nst_core.jobs.queue import QueueLimits
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.scheduler import MAX_ATTEMPTS, Scheduler
from nst_core.jobs.shared.claims import BEAT_SECONDS, Claims, Work
from nst_core.jobs.shared.orders import SharedOrderHandler
from nst_core.jobs.shared.queue import SharedQueue
from nst_core.jobs.views import FINAL
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.system.bounded_cache import BoundedCache

TICK_SECONDS = 0.25
"""Interval at which the queue and the orders are looked at."""
LEAD_SECONDS = 1.0
"""How long an answer of `leads` holds."""
TIDY_SECONDS = 60.0
MAX_LEADS = 2000
"""The most names whose answers of `leads` are kept."""
_LOGGER = logging.getLogger(__name__)


class RunSharing:
    """The exchange of one server, in a thread of its own. Any other thread may call the methods.

    Attributes:
        queue: the queue of all servers.
        orders: carries out what owners want of runs, whichever server has them.
    """

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        claims: Claims,
        repository: RunRepository,
        scheduler: Scheduler,
        limits: QueueLimits,
        wait_times: WaitEstimator,
        lock: threading.Condition,
        *,
        unseen_minutes: float,
        tidy: Callable[[Sequence[str]], None],
    ) -> None:
        """Begin; `tidy` removes what servers that were killed left on this machine, and gets the runs in use here."""
        self._claims, self._repository, self._scheduler, self._lock = claims, repository, scheduler, lock
        self._unseen_seconds, self._tidy = 60 * unseen_minutes, tidy
        self.queue = SharedQueue(limits, wait_times)
        self._draining, self._ended, self._wake = threading.Event(), threading.Event(), threading.Event()
        here = OrderHandler(repository, scheduler, lock, is_shared=True)
        self.orders = SharedOrderHandler(claims, here, self._take, self._wake.set)
        self._leads: BoundedCache[str, tuple[float, bool]] = BoundedCache(MAX_LEADS)
        self._starting: set[str] = set()  # runs of this server that are not in memory yet
        self._leaving: dict[str, ActiveRun] = {}  # runs that are to be given back
        self._seen: set[str] = set()
        self._beaten = self._tidied = -1e9
        self._does_answer = True
        self._thread = threading.Thread(target=self._work, name="nst-sharing", daemon=True)
        self._thread.start()

    def drain(self) -> None:
        """Claim nothing more and carry out no order; only give signs of life."""
        self._draining.set()

    def end(self) -> None:
        """End the thread."""
        self._draining.set()
        self._ended.set()
        self._wake.set()
        self._thread.join(5)

    # New runs.

    def admit(self, run: ActiveRun, address: str) -> bool:
        """Give a new run a place in the queue of all; False if it has one already.

        Call `admitted` or `refused` after that. Raises QueueFullError, StorageError.
        """
        entry = self.queue.entry(run.view.id, run.view.owner, address)
        self._starting.add(run.view.id)
        try:
            is_new = self._claims.admit(entry, self.queue.limits, self.queue.seconds_until_room, run.estimated_seconds)
        except BaseException:
            self._starting.discard(run.view.id)
            raise
        if not is_new:
            self._starting.discard(run.view.id)
        else:
            self.queue.note_address(entry)
        return is_new

    def admitted(self, job: str) -> None:
        """Note that a run is in memory now. Called under the lock."""
        self._starting.discard(job)

    def refused(self, job: str) -> None:
        """Take back the place of a run that could not be stored."""
        self._starting.discard(job)
        try:
            self._claims.end(job)
        except StorageError as error:  # it goes when a server finds no record of it
            _LOGGER.warning("The place of run %s in the queue stays for now: %s", job, error)

    def begin(self, job: str, visitor: str) -> None:
        """Paint a new run here at once if a worker is free and nobody waits; otherwise leave it to all."""
        with self._lock:
            is_next = job in self._repository.active and not self.queue.has_others(job)
            is_here = is_next and self._scheduler.pool.free_slot() is not None
            if is_here:
                self._scheduler.waiting.requeue(job, has_begun=False)
                self._scheduler.dispatch()
        if is_here:
            self._claims.begins(job, visitor)
        self._wake.set()

    def check_room(self, owner: str, address: str) -> None:
        """Refuse a run that `admit` would refuse. Raises QueueFullError, StorageError."""
        entry = self.queue.entry("", owner, address)
        self._claims.check_room(entry, self.queue.limits, self.queue.seconds_until_room)

    # What pages ask.

    def note_seen(self, job: str) -> None:
        """Note that a page asks for a run that is not here."""
        self._seen.add(job)

    def leads(self, name: str) -> bool:
        """See `JobService.leads`."""
        known = self._leads.get(name)
        if known is not None and time.monotonic() - known[0] < LEAD_SECONDS:
            return known[1]
        try:
            is_leading = self._claims.leads(name)
        except StorageError:
            is_leading = False  # another server may be by now
        self._leads.put(name, (time.monotonic(), is_leading))
        return is_leading

    def forget(self, job: str) -> None:
        """Forget a run that is deleted; the server that has it ends it."""
        self._claims.end(job)

    # The thread.

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                self._tick()
                if not self._does_answer:
                    _LOGGER.warning("The shared store answers again")
                self._does_answer = True
            except StorageError as error:
                if self._does_answer:
                    _LOGGER.warning("Runs are not exchanged with other servers: %s", error)
                self._does_answer = False
            except Exception:
                _LOGGER.exception("A round of exchanging runs failed; the next one may succeed")
            self._wake.wait(TICK_SECONDS if self._does_answer else 4 * TICK_SECONDS)
            self._wake.clear()

    def _tick(self) -> None:
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self._beat()
        if self._draining.is_set():
            return
        self.orders.carry_out_orders()
        with self._lock:
            known = set(self._repository.active)
        works, last_visitor = self._claims.queue()
        self.queue.update(works, last_visitor)
        self._drop_lost(known, {work.job: work for work in works if work.server == self._claims.server})
        self._give_back()
        self._claim()
        self._end_unseen()

    def _beat(self) -> None:
        with self._lock:
            workers = sum(slot.supervisor.is_ready for slot in self._scheduler.pool.slots)
            in_use = tuple(self._repository.active)
        self._claims.beat(workers)
        self._beaten = time.monotonic()
        self.queue.workers = self._claims.workers()
        for job in self._claims.bury():
            _LOGGER.warning("The server that had run %s is gone; another one goes on with it", job, extra={"run": job})
        seen, self._seen = self._seen, set()
        self._claims.note_seen(seen)
        if time.monotonic() - self._tidied > TIDY_SECONDS:
            self._tidied = time.monotonic()
            self._tidy(in_use)

    def _drop_lost(self, known: set[str], own: dict[str, Work]) -> None:
        """Forget the runs that others have taken over or deleted, and the claims of runs that are over.

        Args:
            known: the runs that were in memory before the claims were read.
            own: this server's claims.
        """
        now = time.monotonic()
        with self._lock:
            active = self._repository.active
            lost = [job for job in known if job in active and job not in own]
            for job in lost:
                self._scheduler.discard(job)
                self._repository.evict(job)
            for job, work in own.items():
                if job in active:
                    active[job].last_seen = max(active[job].last_seen, now - work.unseen_seconds)
            over = [job for job in own if job not in active and job not in self._starting and job not in self._leaving]
        for job in lost:
            _LOGGER.warning("Run %s is no more this server's", job, extra={"run": job})
            self._repository.leave(job)
        for job in over:
            row = self._repository.store.row(job)
            if row is None or row.state in FINAL:
                self._claims.end(job)
                self._repository.store.leave(job)
            else:
                self._claims.fail(job)

    def _give_back(self) -> None:
        """Give all stored runs back that have no worker here."""
        with self._lock:
            running = self._scheduler.pool.running
            for job, run in list(self._repository.active.items()):
                if run.view.state in FINAL or run.ending or job in running or not self._repository.is_stored(job):
                    continue
                self._scheduler.waiting.remove(job)
                self._repository.evict(job)
                self._leaving[job] = run
        for job, run in list(self._leaving.items()):
            self._repository.store.leave(job)
            self._claims.release(
                job,
                has_begun=run.view.step > 0,
                is_held=run.view.state == "paused",
                unseen_seconds=time.monotonic() - run.last_seen,
            )
            del self._leaving[job]

    def _claim(self) -> None:
        """Take as many runs that wait as there are free workers."""
        if not any(not work.server and not work.is_held for work in self.queue.works) and not self._leaving:
            return
        with self._lock:
            pool = self._scheduler.pool
            pool.ensure_started()
            free = sum(slot.supervisor.is_ready and slot.assignment is None for slot in pool.slots)
            free -= len(self._scheduler.waiting)
        for work in self._claims.claim(free) if free > 0 else ():
            self._adopt(work, dispatch=True)

    def _take(self, job: str) -> bool:
        """Take a run into memory that no server has."""
        self._starting.add(job)  # before the claim, which the thread would otherwise find without a run
        work = None
        try:
            if work := self._claims.take(job):
                self._adopt(work)
        finally:
            self._starting.discard(job)
        return work is not None

    def _end_unseen(self) -> None:
        """Stop the runs that wait and that no page has asked for in a long time, as `Scheduler.reap_idle`."""
        for work in self.queue.works:
            if not work.server and 0 < self._unseen_seconds < work.unseen_seconds and self._take(work.job):
                with self._lock:
                    self._scheduler.reap_idle(self._unseen_seconds / 60)

    def _adopt(self, work: Work, *, dispatch: bool = False) -> None:
        """Take a run that this server has claimed into memory, and `dispatch` it to a worker."""
        job = work.job
        self._starting.add(job)
        try:
            run = self._repository.load_claimed(job)
        except LostRunError as error:
            if error.is_stored and work.attempts <= MAX_ATTEMPTS:
                self._claims.fail(job)  # it may be readable later
            else:
                self._claims.end(job)
            self._starting.discard(job)
            return
        except StorageError:
            self._starting.discard(job)  # `_drop_lost` gives it back
            raise
        run.attempts = work.attempts
        run.last_seen = time.monotonic() - work.unseen_seconds
        if work.attempts:
            run.interrupted = failure_messages.SERVER_LOST
        with self._lock:
            self._starting.discard(job)
            if run.view.state in FINAL and run.view.error != failure_messages.NO_PICTURES:
                return  # it was over already; `_drop_lost` forgets the claim
            self._repository.active[job] = run
            if run.view.state in FINAL:
                self._repository.mark_dirty(job)
            elif run.attempts > MAX_ATTEMPTS:
                message = failure_messages.died(run.attempts, "its server ended")
                self._repository.update(job, state="failed", error=message, ended=time.time())
            elif dispatch:
                self._scheduler.waiting.requeue(job, has_begun=run.view.step > 0)
                self._scheduler.dispatch()
            elif run.view.state == "running":
                self._repository.update(job, state="queued")
