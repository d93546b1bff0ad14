"""A queue before several workers, simulated from one arrival to the next.

The same rules as those of the job service (`nst_core.jobs.queue`): a worker that is free takes the run that waits
longest, a run that finds the queue full is refused. Visitors with one run each take turns there in the order in which
they came, so that this is first come, first served. What is not simulated: pauses, steering, films and restarts.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_core.capacity.workload import Workload

Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class Arrival:
    """A run that a visitor starts. Times are in seconds.

    Attributes:
        at: when.
        service: how long it will have a worker.
        patience: the longest wait after which the visitor leaves.
    """

    at: float
    service: float
    patience: float = math.inf


@dataclass(frozen=True)
class Outcome:
    """What became of the runs.

    Attributes:
        waits: the waiting time of each run that a worker took, in the order in which they began.
        found: the number of waiting runs that each arriving run found.
        left: how many visitors left the queue before a worker was free.
        refused: how many runs found the queue full.
        busy: the share of the workers' time in which they had a run, in [0, 1].
    """

    waits: Seconds
    found: NDArray[np.int64]
    left: int
    refused: int
    busy: float

    @property
    def mean_wait(self) -> float:
        """The mean waiting time in seconds; 0 if no run was taken."""
        return float(self.waits.mean()) if len(self.waits) else 0.0

    def wait_of(self, share: float) -> float:
        """The waiting time in seconds that a share of the runs does not exceed, such as 0.95."""
        return float(np.quantile(self.waits, share)) if len(self.waits) else 0.0

    @property
    def lost_share(self) -> float:
        """The share of all runs that were refused or whose visitors left."""
        lost = self.left + self.refused
        return lost / max(lost + len(self.waits), 1)


class _Floor:
    """The workers and the queue at one moment, which only moves on."""

    def __init__(self, workers: int, places: float, counted_from: float) -> None:
        self.free, self._places, self._counted_from = workers, places, counted_from
        self._ends: list[float] = []  # of the runs that workers have, a heap
        self._queue: dict[int, Arrival] = {}  # by number, in the order of arrival
        self._deadlines: list[tuple[float, int]] = []  # of visitors who may leave, a heap
        self.waits: list[float] = []
        self.left, self.busy_seconds = 0, 0.0

    def advance(self, now: float) -> int:
        """Let runs end, the next ones begin, and visitors leave, until `now`; returns how many runs wait then."""
        while self._ends and self._ends[0] <= now:
            ended = heapq.heappop(self._ends)
            self.free += 1
            self._let_leave(ended)
            if self._queue:
                self._begin(self._queue.pop(next(iter(self._queue))), ended)
        self._let_leave(now)
        return len(self._queue)

    def _let_leave(self, now: float) -> None:
        while self._deadlines and self._deadlines[0][0] < now:
            _, number = heapq.heappop(self._deadlines)
            if run := self._queue.pop(number, None):
                self.left += run.at >= self._counted_from

    def arrive(self, number: int, run: Arrival) -> bool:
        """Take a new run; False if it is refused."""
        if self.free:
            self._begin(run, run.at)
        elif len(self._queue) < self._places:
            self._queue[number] = run
            if run.patience < math.inf:
                heapq.heappush(self._deadlines, (run.at + run.patience, number))
        else:
            return False
        return True

    def _begin(self, run: Arrival, at: float) -> None:
        self.free -= 1
        if run.at >= self._counted_from:
            self.waits.append(at - run.at)
            self.busy_seconds += run.service
        heapq.heappush(self._ends, at + run.service)


def simulate(arrivals: Iterable[Arrival], workers: int, places: float = math.inf, warm_up: float = 0.0) -> Outcome:
    """Serve runs until all are over.

    Args:
        arrivals: in the order of their times.
        workers: at least 1; each has one run at a time.
        places: the most runs that may wait.
        warm_up: seconds at the beginning whose runs are served but not counted, while the queue fills up.
    """
    floor, found, refused, last = _Floor(workers, places, warm_up), list[int](), 0, 0.0
    for number, run in enumerate(arrivals):
        waiting, is_taken = floor.advance(run.at), floor.arrive(number, run)
        if run.at >= warm_up:
            found.append(waiting)
            refused += not is_taken
        last = run.at
    floor.advance(math.inf)
    waits = np.array(floor.waits, np.float64)
    # Until the last arrival: afterwards the workers only finish.
    busy = floor.busy_seconds / max((last - warm_up) * workers, 1e-9)
    return Outcome(waits, np.array(found, np.int64), floor.left, refused, min(busy, 1.0))


def random_arrivals(workload: Workload, seconds: Sequence[float], runs: int, seed: int) -> list[Arrival]:
    """Runs of the busiest hour: they arrive independently of each other (a Poisson process), and patience varies.

    Args:
        workload: its rate, its kinds and its patience, which is exponential.
        seconds: the service time of each kind; runs of one kind take equally long.
        runs: how many.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    at = np.cumsum(random.exponential(1 / workload.arrivals_a_second, runs))
    chosen = random.choice(len(workload.kinds), runs, p=[kind.share for kind in workload.kinds])
    service = np.asarray(seconds, np.float64)[chosen]
    mean = workload.patience_seconds
    patience = random.exponential(mean, runs) if mean else np.full(runs, math.inf)
    return [Arrival(*values) for values in zip(at.tolist(), service.tolist(), patience.tolist(), strict=True)]
