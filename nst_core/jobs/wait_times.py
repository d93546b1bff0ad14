"""Estimates how long queued runs wait: from a run's own pace, from its estimated cost, or from earlier runs."""

from __future__ import annotations

import time
from contextlib import suppress

from nst_core.errors import NSTError
from nst_core.jobs.active_run import ActiveRun
from nst_core.runs import cost

TYPICAL_SECONDS = 60.0
"""The assumed duration of a run before any run has ended."""


class WaitEstimator:
    """Durations of runs on this machine.

    Attributes:
        typical_seconds: duration of a run without a better estimate: a running average.
    """

    def __init__(self) -> None:
        self.typical_seconds = TYPICAL_SECONDS
        self._began = 0.0

    def begin(self) -> None:
        """Note that the worker starts a run."""
        self._began = time.monotonic()

    def end(self) -> None:
        """Note that the worker has ended its run."""
        self.typical_seconds = 0.5 * self.typical_seconds + 0.5 * (time.monotonic() - self._began)

    def remaining(self, run: ActiveRun) -> float:
        """Seconds of work left of a run that waits."""
        if run.estimated_seconds is None:
            run.estimated_seconds = _estimate(run)
        done = run.view.step / max(run.view.total_steps, 1)
        return (run.estimated_seconds or self.typical_seconds) * max(1 - done, 0)

    def remaining_now(self, run: ActiveRun | None) -> float:
        """Seconds left of the run that the worker has; 0 without one."""
        if run is None:
            return 0.0
        if run.view.step >= 2 and run.points:  # its own pace is the best estimate
            return run.points[-1].seconds / run.view.step * max(run.view.total_steps - run.view.step, 0)
        return max(self.remaining(run) - (time.monotonic() - self._began), 0.0)


def _estimate(run: ActiveRun) -> float | None:
    """The estimated seconds of a run; None if the machine is not measured, or the size of its content is unknown."""
    if run.size is None:
        return None
    with suppress(NSTError):  # too little memory now: the worker will say so when it starts the run
        expected = cost.of(run.view.recipe, run.size, max(len(run.view.recipe.styles), 1))
        return expected.seconds if expected.calibrated else None
    return None
