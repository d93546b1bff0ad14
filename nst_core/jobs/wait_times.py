"""How long runs take, for those who wait: by a run's own pace, by its estimate, or as the last ones did."""

from __future__ import annotations

import time
from contextlib import suppress

from nst_core.errors import NSTError
from nst_core.jobs.active_run import ActiveRun
from nst_core.runs import cost

TYPICAL_SECONDS = 60.0
"""How long a run is taken to last before one has been seen."""


class WaitEstimator:
    """What is known of the time that runs need here.

    Attributes:
        usual: seconds of a run of which nothing better is known.
    """

    def __init__(self) -> None:
        self.typical_seconds = TYPICAL_SECONDS
        self._began = 0.0

    def begin(self) -> None:
        """The worker takes up a run now."""
        self._began = time.monotonic()

    def end(self) -> None:
        """It is done with it."""
        self.typical_seconds = 0.5 * self.typical_seconds + 0.5 * (time.monotonic() - self._began)

    def remaining(self, run: ActiveRun) -> float:
        """Seconds that are left of a run that waits."""
        if run.estimated_seconds is None:
            run.estimated_seconds = _estimate(run)
        done = run.view.step / max(run.view.total_steps, 1)
        return (run.estimated_seconds or self.typical_seconds) * max(1 - done, 0)

    def remaining_now(self, run: ActiveRun | None) -> float:
        """Seconds that are left of the run that the worker has, if any."""
        if run is None:
            return 0.0
        if run.view.step >= 2 and run.points:  # its own pace is the best guess
            return run.points[-1].seconds / run.view.step * max(run.view.total_steps - run.view.step, 0)
        return max(self.remaining(run) - (time.monotonic() - self._began), 0.0)


def _estimate(run: ActiveRun) -> float | None:
    """What a run is estimated to take; None while the machine is unmeasured, or where the size of its content is."""
    if run.size is None:
        return None
    with suppress(NSTError):  # memory that it was begun with may be gone: the worker will say so
        expected = cost.of(run.view.recipe, run.size, max(len(run.view.recipe.styles), 1))
        return expected.seconds if expected.calibrated else None
    return None
