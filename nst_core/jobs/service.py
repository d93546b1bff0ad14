"""The job service, which pages and the API use: it accepts and shows runs, and keeps worker processes alive.

    queued -> running -> done | stopped | failed        running <-> paused <-> queued

It belongs to the server, not to a browser tab, and never imports TensorFlow. Every method may be called from any
thread and returns at once, except `wait`. With a disk, runs survive a restart: unfinished ones continue.

Everybody with a run's id may look at the run. A method that changes a run takes the visitor's secret, and raises
NotYoursError unless the run was submitted under the id of that secret; see `owners`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nst_core.errors import JobError, StorageError
from nst_core.executors.choice import chosen
from nst_core.film.info import FilmLimits
from nst_core.film.reading import Film
from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.admission import Admission
from nst_core.jobs.blobs import BlobStore
from nst_core.jobs.executor import Executor
from nst_core.jobs.film_files import MEDIA_TYPES as FILM_MEDIA_TYPES
from nst_core.jobs.film_files import FilmResult
from nst_core.jobs.followups import FollowUpRegistry, FollowUps
from nst_core.jobs.housekeeping import Housekeeping
from nst_core.jobs.limits import MEMORY, StoreLimits
from nst_core.jobs.observers import RunObserver
from nst_core.jobs.opening import shared_storage
from nst_core.jobs.orders import OrderHandler
from nst_core.jobs.owners import check_owner, is_owner, owner_of
from nst_core.jobs.pool import end_all
from nst_core.jobs.queue import QueueLimits, QueueLoad
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.scheduler import Scheduler
from nst_core.jobs.stopped_runs import StoppedRuns
from nst_core.jobs.store import Store
from nst_core.jobs.trash import Trash
from nst_core.jobs.views import (
    FINAL,
    Inspection,
    InspectionRequest,
    JobView,
    RunProgress,
    State,
    Subject,
    WorkerStatus,
)
from nst_core.jobs.voting import Tally, Voting
from nst_core.jobs.wait_times import FILE as DURATIONS
from nst_core.jobs.wait_times import WaitEstimator
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, steered
from nst_core.runs.curve import CurvePoint
from nst_core.runs.films import clip_of
from nst_core.runs.inputs import RunInputs
from nst_core.settings import Settings, problems, shared_store_problem
from nst_core.system.host_profile import LEAST_MB, host_profile, memory_mb

if TYPE_CHECKING:
    from nst_core.jobs.shared.orders import SharedOrderHandler
    from nst_core.jobs.shared.sharing import RunSharing

__all__ = [
    "FILM_MEDIA_TYPES",
    "FINAL",
    "MEMORY",
    "CurvePoint",
    "FilmResult",
    "FollowUps",
    "Inspection",
    "InspectionRequest",
    "JobService",
    "JobView",
    "QueueLimits",
    "QueueLoad",
    "RunProgress",
    "State",
    "StoreLimits",
    "Subject",
    "Tally",
    "Voting",
    "WorkerStatus",
    "is_owner",
    "owner_of",
]
_LOGGER = logging.getLogger(__name__)
SAVE_SECONDS = 4.0
"""The longest time that `close` waits for the worker to save or finish its run. A run whose step takes longer continues
from its last checkpoint, which is rarely more than one step older."""
ELSEWHERE_SECONDS = 0.3
"""Interval at which `wait` asks for a run that another server has."""
WRITE_SECONDS = 2.5
"""The longest time that `close` waits after that until all changes are written."""


class JobService:
    """Runs, their queue, and the workers, each of which performs one run at a time.

    Attributes:
        admission: lets new runs into the queue.
        stopped: runs that were stopped, and can go on.
        trash: runs that were deleted, and can be restored.
        followups: runs that wait to follow another one.
        votes: votes on pairs of results.
    """

    def __init__(self, limits: QueueLimits | None = None, executor: Executor | None = None) -> None:
        """Open the runs of the operator's folder; `executor` replaces the place where the operator has the workers.

        Raises StorageError if the operator names a store that servers share, and it cannot be used.
        """
        settings = Settings.read()
        if problem := shared_store_problem():
            raise StorageError(problem)
        limits = limits or QueueLimits.of(settings)
        for problem in problems():
            _LOGGER.warning("Settings: %s", problem)
        if (has_mb := round(memory_mb(settings))) < LEAST_MB:
            _LOGGER.warning("This host has %d MB of memory; below %d the worker may be killed", has_mb, LEAST_MB)
        self._lock = threading.Condition()  # notified of every change
        storage = shared_storage(settings) if settings.is_shared else None
        store = Store(settings.runs_folder, StoreLimits.of(settings), storage=storage)
        self._repository = RunRepository(store, self._lock)
        self._closing, self._closed = threading.Event(), threading.Event()
        self._executor = executor or chosen()
        with self._lock:
            folder = None if store.why_in_memory else settings.runs_folder
            wait_times = WaitEstimator(folder and folder / DURATIONS)
            self._scheduler = Scheduler(self._repository, limits, self._lock, self._executor, wait_times)
            if len(self._scheduler.waiting):  # runs of an earlier server continue without a request
                self._scheduler.pool.ensure_started()
        self._sharing: RunSharing | None = None
        self._orders: OrderHandler | SharedOrderHandler = OrderHandler(self._repository, self._scheduler, self._lock)
        if storage is not None:
            from nst_core.jobs.shared.sharing import RunSharing  # needs packages that a server alone has not

            self._sharing = RunSharing(
                storage.exchange,
                self._repository,
                self._scheduler,
                limits,
                wait_times,
                self._lock,
                unseen_minutes=settings.unseen_minutes,
                tidy=storage.copies.tidy,
            )
            self._orders = self._sharing.orders
        self.admission = Admission(self._repository, self._scheduler, self._sharing, self._closing, self._lock)
        self.stopped = StoppedRuns(self.view, self._repository, self.admission, self._lock)
        self.trash = Trash(self.view, self._remove, self._repository, self._orders, self._lock)
        self.followups = FollowUpRegistry(self)
        self.votes = Voting(self.view, store.votes)
        self._housekeeping = Housekeeping(self._scheduler, store, self._remove, settings, self._closing, self._lock)

    def warm(self) -> None:
        """Start the workers that are not running yet."""
        with self._lock:
            self._scheduler.pool.ensure_started()

    def retry(self) -> None:
        """Start the workers again that failed to load the networks."""
        with self._lock:
            self._scheduler.pool.retry()

    def close(self, save_seconds: float = SAVE_SECONDS) -> None:
        """Save the runs under way, end the workers and release the folder of runs.

        Waits if another thread is already closing.

        Unfinished runs continue in the next service, or fail without a disk.

        Args:
            save_seconds: the longest wait for the workers to save their runs.
        """
        with self._lock:
            is_first = not self._closing.is_set()
            self._closing.set()
        if not is_first:
            self._closed.wait()
            return
        try:
            if self._sharing is not None:
                self._sharing.drain()
            with self._lock:
                saving = self._scheduler.close()
                self._lock.wait_for(lambda: not saving & self._scheduler.pool.running, save_seconds)
                workers = self._scheduler.pool.detach()
                if self._repository.store.why_in_memory:
                    self._scheduler.fail_all("the server is shutting down")
            end_all(workers)
            self._executor.close()
            self._repository.close(WRITE_SECONDS, self._sharing.end if self._sharing is not None else lambda: None)
        finally:
            self._closed.set()

    def abandon(self) -> None:
        """Kill the workers without waiting for anything, when `close` takes too long."""
        self._scheduler.pool.kill()

    @property
    def is_closing(self) -> bool:
        """Whether the server is about to end; it continues no run."""
        return self._closing.is_set()

    # The server.

    def status(self) -> WorkerStatus:
        """The state of the workers, as one."""
        with self._lock:
            reason, problem = self._repository.store.why_in_memory, self._repository.health.problem
            memory_only = f"Runs are kept only until the server restarts: {reason}." if reason else ""
            storage_fault = f"Runs cannot be stored now: {problem}. Finished runs can be opened." if problem else ""
            return replace(
                self._scheduler.pool.status,
                memory_only=memory_only,
                storage_fault=storage_fault,
                place_fault=self._executor.problem,
            )

    def states(self) -> Mapping[State, int]:
        """The number of runs in memory in each state; finished ones are there until they are stored."""
        with self._lock:
            return Counter(run.view.state for run in self._repository.active.values())

    def load(self) -> QueueLoad:
        """How full the queue is; that of all servers if several share the store."""
        if self._sharing is not None:
            return self._sharing.queue.load
        with self._lock:
            return self._scheduler.waiting.load

    def observe(self, observer: RunObserver) -> None:
        """Tell an observer of all changes of runs from now on."""
        self._repository.observers.add(observer)

    @property
    def address_key(self) -> bytes | None:
        """The key for the hashes of visitors' addresses that all servers have; None if this one is alone."""
        claims = self._repository.store.claims
        return claims.shared_key() if claims is not None else None

    def leads(self, name: str) -> bool:
        """Whether this server is the one that does what `name` names, such as to fill a sweep; always, if it is alone.

        It remains the one as long as it asks at least once in `NST_TAKEOVER_SECONDS`.
        """
        return self._sharing is None or self._sharing.leads(name)

    def blob_store(self, name: str) -> BlobStore | None:
        """Files beside those of runs, such as sheets of a sweep; None without a disk."""
        return self._repository.store.blob_store(name)

    # New runs, and questions about pictures.

    def submit(  # noqa: PLR0913 - all inputs of a run
        self,
        recipe: Recipe,
        content: Picture,
        styles: Sequence[Picture],
        *,
        start: Picture | None = None,
        masks: Sequence[Mask] = (),
        film: Film | None = None,
        owner: str = "",
        address: str = "",
        measure: bool = True,
        job: str = "",
    ) -> str:
        """Put a run in the queue and return its id.

        Args:
            recipe: every setting; the pictures' hashes are filled in.
            content: the photograph; of a film the first frame of its clip.
            styles: one for each of `recipe.styles`; any number if it names none.
            start: the picture of start "own".
            masks: one for each of `recipe.regions`.
            film: the film of a recipe of medium film. Its file is copied before this returns, and may then go.
            owner: the id of the visitor, `owner_of` their secret; nobody can change a run without an owner.
            address: a keyed hash of the visitor's network address; by default that of their last run, if there is one.
            measure: whether to measure the result, which takes seconds.
            job: the id, 32 hex digits, of a run that must not be submitted twice: if it ever was, nothing happens.

        Raises:
            QueueFullError: no room for this visitor, for their address, or for anybody.
            RecipeError: the recipe and the pictures do not fit, or the run does not fit into this host's memory.
            FilmError: the film is larger than the operator's limits.
            StorageError: the disk does not take the run.
            WorkerError: the networks could not be loaded; `retry` tries again.
        """
        if job and self._was_submitted(job):
            return job
        host_profile().check(recipe.method, recipe.longest_edge_px)
        inputs = RunInputs(content, tuple(styles), start, tuple(masks), film)
        run = ActiveRun.new(inputs.named_in(recipe), inputs, owner=owner, job=job, measure=measure)
        self._repository.check_health(run)
        if film is not None:
            FilmLimits.read().check_clip(film.info, clip_of(recipe))
            self.admission.check_room(owner, address)  # before the film is copied
            run.inputs = replace(inputs, film=self._repository.adopt(run.view.id, film))
        self.admission.admit(run, address)
        return run.view.id

    def _was_submitted(self, job: str) -> bool:
        with self._lock:
            is_here = job in self._repository.active
        return is_here or self._repository.store.was_known(job)

    def inspect(self, question: InspectionRequest, *pictures: Picture) -> Inspection:
        """Ask a question about pictures.

        Returns the answer, or an `Inspection` that waits: repeat the call until the answer is there.

        The worker answers between two steps of a run. Raises WorkerError if the networks could not be loaded.
        """
        with self._lock:
            self.admission.check_worker()
            self._scheduler.pool.ensure_started()
            inspection = self._scheduler.inspections.ask(question, pictures)
            self._scheduler.dispatch_inspection()
            return inspection

    # What pages show of a run.

    def view(self, job: str) -> JobView:
        """The current values of a run. Raises LostRunError, whose message says why, if it cannot be opened."""
        self.trash.check_not_in_it(job)
        with self._lock:
            run = self._repository.active.get(job)
            if run is not None:
                return self._view_of(run)
        return self._elsewhere(self._repository.load(job))

    def progress(self, job: str, restarts: int = -1, known: int = 0) -> RunProgress:
        """The news of a run since an earlier call; like `view`, it counts as a page's interest in the run.

        Raises LostRunError as `view` does.

        Args:
            job: the run.
            restarts: the number that the earlier call returned; -1 for all points.
            known: the number of points of the curve that the caller has from it.
        """
        self.trash.check_not_in_it(job)
        with self._lock:
            run = self._repository.active.get(job)
            if run is not None:
                run.last_seen = time.monotonic()
                position, seconds = self._position(job)
                return replace(run.progress(restarts, known), position=position, wait_seconds=seconds)
        return ActiveRun.from_view(self._elsewhere(self._repository.load(job))).progress(-1, 0)

    def wait(self, job: str, seconds: float) -> JobView:
        """Wait until a run is over, at most `seconds`, and return its view. Raises JobError as `view` does."""

        def is_over() -> bool:
            run = self._repository.active.get(job)
            return run is None or self._view_of(run).state in FINAL

        until = time.monotonic() + seconds
        while True:
            with self._lock:
                self._lock.wait_for(is_over, until - time.monotonic())
            view, left = self.view(job), until - time.monotonic()
            if self._sharing is None or view.state in FINAL or left <= 0:
                return view
            self._closing.wait(min(left, ELSEWHERE_SECONDS))

    def _view_of(self, run: ActiveRun) -> JobView:
        """The current values of an active run, with its place in the queue; notes that a page asked.

        The caller holds the lock.
        """
        run.last_seen = time.monotonic()
        position, seconds = self._position(run.view.id)
        return replace(run.current_view(), position=position, wait_seconds=seconds)

    def _position(self, job: str) -> tuple[int, float]:
        """The place of a run that is here, and its estimated wait in seconds. The caller holds the lock."""
        queue = self._sharing.queue if self._sharing is not None else self._scheduler.waiting
        return queue.position(job)

    def _elsewhere(self, view: JobView) -> JobView:
        """A run that is not here, with its place in the queue if it waits for another server, or a worker of one."""
        if self._sharing is None or view.state in FINAL:
            return view
        self._sharing.note_seen(view.id)
        position, seconds = self._sharing.queue.position(view.id)
        return replace(self._sharing.queue.as_waiting(view), position=position, wait_seconds=seconds)

    def runs(self, owner: str = "") -> tuple[JobView, ...]:
        """An owner's runs, the newest first; without an owner, the listed runs that have a result.

        Finished runs come with their newest snapshot, but without points, content and result.
        """
        summaries = self._repository.summaries(owner)
        with self._lock:
            active = self._repository.active
            views = [self._view_of(active[v.id]) if owner and v.id in active else v for v in summaries]
        return tuple(view for view in views if (owner or view.listed) and not view.hidden_at)

    def listed(self, job: str) -> JobView | None:
        """A listed run that has a result, as `runs` gives it; None for any other id."""
        view = self._repository.summary(job)
        return view if view and view.listed and view.state in FINAL and not view.hidden_at else None

    def picture_at(self, job: str, step: int) -> bytes:
        """The stored snapshot nearest to a step, as JPEG. Raises JobError if the run is unknown or has none."""
        self.trash.check_not_in_it(job)
        return self._repository.snapshot(job, step)

    def inputs(self, job: str) -> RunInputs:
        """A run's pictures and masks. Raises JobError if the run is unknown."""
        self.trash.check_not_in_it(job)
        return self._repository.inputs(job)

    def film_result(self, job: str) -> FilmResult:
        """The finished film of a run: its file and its media type. Raises JobError if it is unknown, or has none."""
        self.trash.check_not_in_it(job)
        return self._repository.film_result(job)

    # What its owner changes.

    def stop(self, job: str, secret: str) -> None:
        """End a run within a step, with its picture; a queued run leaves the queue, a finished one stays as it is."""
        self._owned(job, secret)
        self._orders.request(job, "stop")

    def pause(self, job: str, secret: str) -> None:
        """Hold a run after its current step; a queued run keeps its place, and does not begin until it is resumed."""
        self._owned(job, secret)
        self._orders.request(job, "pause")

    def resume(self, job: str, secret: str) -> None:
        """Continue a paused run."""
        self._owned(job, secret)
        self._orders.request(job, "resume")

    def steer(self, job: str, secret: str, settings: Mapping[str, Any]) -> None:
        """Change settings of a run between two steps, or while it is paused; a queued run will begin with them.

        Args:
            job: the run.
            secret: its visitor's.
            settings: the changes, by name; see `nst_core.recipe.STEERABLE`.

        Raises:
            JobError: the run is over or unknown, or not this visitor's (NotYoursError).
            RecipeError: a setting cannot change in the middle of a run, or is out of range.
        """
        view = self._owned(job, secret)
        with self._lock:
            run = self._repository.active.get(job)
            view = run.view if run else view
            if (run is None and self._sharing is None) or view.state in FINAL or view.result:
                raise JobError("only a run under way can be steered, and this one is over; start a new one")
            if view.recipe.medium == "film":
                raise JobError("the settings of a film's run change at its keyframes; start a new run with others")
            steered(view.recipe, settings)  # raises what is wrong with them
        self._orders.request(job, "steer", **settings)

    def publish(self, job: str, secret: str, *, listed: bool) -> None:
        """List a run in the gallery once it has a result, or unlist it. Raises JobError if it is unknown."""
        self._owned(job, secret)
        self._orders.request(job, "publish", listed=listed)

    def _owned(self, job: str, secret: str) -> JobView:
        """A run that a visitor wants to change. Raises JobError if it is unknown, NotYoursError if it is not theirs."""
        view = self.view(job)
        check_owner(secret, view.owner)
        return view

    def delete(self, job: str, secret: str) -> None:
        """Delete a run, ending it first, and forget its follow-ups. Raises JobError as `discard` and `_owned`."""
        self._owned(job, secret)
        self.discard(job)

    def discard(self, job: str) -> None:
        """Delete a run without checking its owner: for the server's own sweeps, never for requests from outside.

        Raises:
            LostRunError: it cannot be opened.
            StorageError: its files cannot be removed now.
        """
        self.view(job)
        self._remove(job)

    def _remove(self, job: str) -> None:
        with self._lock:
            self._repository.evict(job)
            self._scheduler.discard(job)
        if self._sharing is not None:
            self._sharing.forget(job)  # before the files go, so that no other server writes them again
        self._repository.delete(job)
        self.followups.forget(job)
