"""Estimates how long runs take and wait: from earlier runs like them, from a run's own pace, or from its cost.

The estimated cost of a run does not include loading networks and measuring the result. So the measured durations of
earlier runs are preferred: from the moment when the worker takes the run to the moment when it is free again.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveInt, TypeAdapter, ValidationError

from nst_core.errors import NSTError
from nst_core.jobs.active_run import ActiveRun
from nst_core.runs import cost
from nst_core.runs.films import kind_of, passes
from nst_core.system.atomic_files import read_if_possible, write_if_possible

TYPICAL_SECONDS = 60.0
"""The assumed duration of a run before any run has ended, on a machine that is not measured."""
FIRST_EXTRA_SECONDS = {"fast": 5.0, "balanced": 15.0, "slow": 15.0}
"""Seconds that a run of each method takes beside its estimated cost; used until a run was measured."""
KNOWN_RUNS = 60
"""The most earlier runs that are remembered."""
RECENT_RUNS = 7
"""The most runs of a kind that count: the newest ones, since the load of the machine changes."""
FILE = "durations.json"
"""The file of earlier runs in the folder of stored runs."""
SIMILAR_EDGE, SIMILAR_COST = 1.25, 1.5
"""Largest ratio of two longest edges, and of two estimated costs, of runs that are expected to last equally long."""


@dataclass(frozen=True)
class PastRun:
    """A run that ended without being stopped.

    Attributes:
        method: its kind, as `kind_of` gives it.
        edge_px: its longest edge.
        is_measured: whether its result was measured.
        estimated_seconds: its estimated cost; None if the machine was not measured.
        seconds: the time that it had the worker.
        after_seconds: the part of `seconds` that was not spent on steps: mainly the measuring of the result at the end.
    """

    method: str
    edge_px: PositiveInt
    is_measured: bool
    estimated_seconds: NonNegativeFloat | None
    seconds: NonNegativeFloat
    after_seconds: NonNegativeFloat = 0.0


@dataclass(frozen=True)
class _Taken:
    """When a worker took a run, in seconds of the monotonic clock, and whether from its first step."""

    began: float
    is_whole: bool


class WaitEstimator:
    """Durations of runs on this machine."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the durations in `file`; later ones are appended to it.

        Without a file, or if it is damaged, there are none.
        """
        self._file = file
        self._past: deque[PastRun] = deque(_stored(file), maxlen=KNOWN_RUNS)
        self._taken: dict[str, _Taken] = {}

    @property
    def typical_seconds(self) -> float:
        """The duration of a run of which nothing is known: the median of recent runs."""
        return _median(self._past) or TYPICAL_SECONDS

    def begin(self, run: ActiveRun) -> None:
        """Note that a worker takes a run."""
        self._taken[run.view.id] = _Taken(time.monotonic(), run.view.step == 0)

    def end(self, job: str, run: ActiveRun | None) -> None:
        """Note that a run has left its worker; a run that was computed from its first step to its end is remembered.

        Args:
            job: the run's id.
            run: the run; None if it was deleted or has lost its worker.
        """
        taken = self._taken.pop(job, None)
        if taken and run is not None and taken.is_whole and run.view.state == "done":
            self.learn(_as_past(run, time.monotonic() - taken.began))

    def learn(self, past: PastRun) -> None:
        """Remember an earlier run."""
        self._past.append(past)
        if self._file is not None:
            data = json.dumps([asdict(each) for each in self._past]).encode()
            # Written outside the service's lock, which a slow disk would hold for long.
            writing = threading.Thread(target=write_if_possible, args=(self._file, data), daemon=True)
            with suppress(RuntimeError):  # the system has no room for another thread: written with the next run
                writing.start()

    def whole(self, run: ActiveRun) -> float:
        """The expected duration of a run, in seconds."""
        wanted = _as_past(run, 0.0)
        cost_seconds = wanted.estimated_seconds
        same_method = self._of_method(wanted)
        alike = [past for past in same_method if _ratio(past.edge_px, wanted.edge_px) <= SIMILAR_EDGE]
        if cost_seconds is None:
            return _median(alike) or _median(same_method) or self.typical_seconds
        known = [(past.estimated_seconds, past) for past in alike if past.estimated_seconds]
        if equal := _median([past for cost, past in known if _ratio(cost, cost_seconds) <= SIMILAR_COST]):
            return equal
        extras = [  # measuring takes longer for larger results, but less than in proportion to their pixels
            (past.seconds - past.estimated_seconds) * wanted.edge_px / past.edge_px
            for past in alike or same_method
            if past.estimated_seconds
        ]
        first_extra = FIRST_EXTRA_SECONDS[wanted.method.partition(" ")[0]]
        extra = statistics.median(extras[-RECENT_RUNS:]) if extras else first_extra
        return max(cost_seconds + extra, cost_seconds / 2)

    def remaining(self, run: ActiveRun) -> float:
        """Seconds of work left of a run that waits."""
        done = (run.view.step + run.steps_ahead) / max(run.view.total_steps, 1)
        return self.whole(run) * max(1 - done, 0)

    def remaining_now(self, run: ActiveRun | None) -> float:
        """Seconds left of a run that a worker has; 0 without one."""
        if run is None:
            return 0.0
        # its own pace is the best estimate of the steps, but does not include the measuring
        if run.view.step >= 2 and run.points:
            done = run.view.step + run.steps_ahead  # by all of its workers
            left = max(run.view.total_steps - done, 0)
            return run.points[-1].seconds / done * left + self._after_steps(run)
        taken = self._taken.get(run.view.id)
        return max(self.remaining(run) - (time.monotonic() - taken.began if taken else 0.0), 0.0)

    def _after_steps(self, run: ActiveRun) -> float:
        past = [past.after_seconds for past in self._of_method(_as_past(run, 0.0))]
        first = FIRST_EXTRA_SECONDS["fast"] if run.view.wants_metrics else 0.0
        return statistics.median(past[-RECENT_RUNS:]) if past else first

    def _of_method(self, wanted: PastRun) -> list[PastRun]:
        kind = (wanted.method, wanted.is_measured)
        return [past for past in self._past if (past.method, past.is_measured) == kind]


def _stored(file: Path | None) -> list[PastRun]:
    """The earlier runs in a file; none if it cannot be read, or holds anything else."""
    data = read_if_possible(file) if file is not None else None
    try:
        return TypeAdapter(list[PastRun]).validate_json(data, strict=True) if data else []
    except ValidationError:
        return []


def _as_past(run: ActiveRun, seconds: float) -> PastRun:
    if run.estimated_seconds is None:
        run.estimated_seconds = _estimate(run)
    recipe, on_steps = run.view.recipe, run.points[-1].seconds if run.points else 0.0
    return PastRun(
        kind_of(recipe),
        recipe.longest_edge_px,
        run.view.wants_metrics,
        run.estimated_seconds,
        seconds,
        max(seconds - on_steps, 0.0),
    )


def _median(runs: Sequence[PastRun] | deque[PastRun]) -> float:
    """The median duration of the newest of these runs, in seconds; 0 if there are none."""
    newest = [past.seconds for past in runs][-RECENT_RUNS:]
    return statistics.median(newest) if newest else 0.0


def _ratio(one: float, other: float) -> float:
    return max(one, other) / max(min(one, other), 1e-3)


def _estimate(run: ActiveRun) -> float | None:
    """The estimated seconds of a run; None if the machine is not measured, or the size of its content is unknown."""
    if run.size is None:
        return None
    with suppress(NSTError):  # too little memory now: the worker will report that when it starts the run
        recipe = run.view.recipe
        frames = run.view.total_steps // passes(recipe)
        expected = cost.of_run(recipe, run.size, frames, max(len(recipe.styles), 1))
        return expected.seconds if expected.calibrated else None
    return None
