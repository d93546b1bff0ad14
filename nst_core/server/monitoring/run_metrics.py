"""Metrics of runs: how many, how long they waited and took, each step's time, and failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from nst_core.jobs.messages import Failed, RunEvent, Stepped
from nst_core.jobs.observers import RunObserver
from nst_core.jobs.views import FINAL, JobView
from nst_core.runs.films import kind_of

SIZES_PX = (256, 384, 512, 768, 1024, 2048, 4096)
"""The label `up_to_px`: the least of these that a run's longest edge does not exceed. Each size is a time series of
its own, so there are few."""
WAIT_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
RUN_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
STEP_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
"""Upper bounds of the histograms, in seconds."""
BY_SERVICE = "service"
"""The code of a failure that no worker reported: the worker died too often, its inputs were damaged, or a bug."""


@dataclass
class _Times:
    """When a run began to wait and when a worker took it, in seconds of the clock; None where that does not count.

    Attributes:
        last: (step, seconds) of its last point, with which the next one makes a step's time.
        code: of the failure that its worker has reported.
    """

    queued: float | None = None
    taken: float | None = None
    last: tuple[int, float] | None = None
    code: str = BY_SERVICE


class RunMetrics(RunObserver):
    """Counts and times the runs of a job service."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic) -> None:
        """Register the metrics, all at zero; `clock` gives seconds."""
        self._clock, self._runs = clock, dict[str, _Times]()
        self._submitted = Counter(
            "nst_runs_submitted", "Runs that were submitted, by method.", ["method"], registry=registry
        )
        self._ended = Counter(
            "nst_runs_ended", "Runs that are over, by method and final state.", ["method", "state"], registry=registry
        )
        self._failures = Counter(
            "nst_run_failures", "Runs that failed, by the code of the error.", ["code"], registry=registry
        )
        self._refusals = Counter(
            "nst_run_refusals", "Runs that were not taken, by the code of the error.", ["code"], registry=registry
        )
        self._lost = Counter("nst_worker_losses", "Workers that died or hung, and were replaced.", registry=registry)
        self._wait = Histogram(
            "nst_wait_seconds", "The time from the queue to a worker.", buckets=WAIT_BUCKETS, registry=registry
        )
        self._run = Histogram(
            "nst_run_seconds",
            "The time that a finished run had its worker, if it was neither paused nor interrupted.",
            ["method", "up_to_px"],
            buckets=RUN_BUCKETS,
            registry=registry,
        )
        self._step = Histogram(
            "nst_step_seconds",
            "The time of a step; of a film, of a frame.",
            ["method", "up_to_px"],
            buckets=STEP_BUCKETS,
            registry=registry,
        )

    def on_state(self, view: JobView) -> None:
        """Count a run's change, and its time in the state that it leaves."""
        now, method = self._clock(), kind_of(view.recipe)
        if view.state == "queued" and view.step == 0 and view.id not in self._runs:
            self._submitted.labels(method).inc()
        times = self._runs.setdefault(view.id, _Times())
        if view.state == "running" and times.queued is not None:
            self._wait.observe(now - times.queued)
            times.taken, times.last = (now, (0, 0.0)) if view.step == 0 else (None, None)
        elif view.state in ("running", "paused"):  # its seconds go on during a pause
            times.taken = times.last = None
        times.queued = now if view.state == "queued" else None
        if view.state in FINAL:
            self._count_end(view, method, now)

    def _count_end(self, view: JobView, method: str, now: float) -> None:
        times = self._runs.pop(view.id)
        self._ended.labels(method, view.state).inc()
        if view.state == "failed":
            self._failures.labels(times.code).inc()
        elif view.state == "done" and times.taken is not None:
            self._run.labels(method, size_label(view.recipe.longest_edge_px)).observe(now - times.taken)

    def on_event(self, view: JobView, event: RunEvent) -> None:
        """Note a step's time, or the code of a failure."""
        times = self._runs.get(view.id)
        if times is None:
            return
        if isinstance(event, Failed):
            times.code = event.code or BY_SERVICE
        if isinstance(event, Stepped):
            step, seconds = event.point.step, event.point.seconds
            if times.last is not None and step > times.last[0]:
                each = (seconds - times.last[1]) / (step - times.last[0])
                self._step.labels(kind_of(view.recipe), size_label(view.recipe.longest_edge_px)).observe(each)
            times.last = step, seconds

    def on_gone(self, job: str) -> None:
        """Forget a run that was deleted before its end."""
        self._runs.pop(job, None)

    def on_worker_lost(self, job: str) -> None:
        """Count the loss; the run's time with its next worker is not that of a whole run."""
        self._lost.inc()
        if job in self._runs:
            self._runs[job].taken = self._runs[job].last = None

    def on_refusal(self, code: str) -> None:
        """Count a run that was not taken."""
        self._refusals.labels(code).inc()


def size_label(edge_px: int) -> str:
    """The label of a longest edge; see `SIZES_PX`."""
    return str(next((size for size in SIZES_PX if edge_px <= size), SIZES_PX[-1]))
