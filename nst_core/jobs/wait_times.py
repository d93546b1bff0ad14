"""How long runs take, for those who wait: by a run's own pace, by its estimate, or as the last ones did."""

from __future__ import annotations

import time
from contextlib import suppress

from nst_core.errors import NSTError
from nst_core.jobs.active_run import Run
from nst_core.runs import cost

USUAL_SECONDS = 60.0
"""How long a run is taken to last before one has been seen."""


class Pace:
    """What is known of the time that runs need here.

    Attributes:
        usual: seconds of a run of which nothing better is known.
    """

    def __init__(self) -> None:
        self.usual = USUAL_SECONDS
        self._began = 0.0

    def begin(self) -> None:
        """The worker takes up a run now."""
        self._began = time.monotonic()

    def end(self) -> None:
        """It is done with it."""
        self.usual = 0.5 * self.usual + 0.5 * (time.monotonic() - self._began)

    def left(self, run: Run) -> float:
        """Seconds that are left of a run that waits."""
        if run.cost is None:
            run.cost = _estimate(run)
        done = run.view.number / max(run.view.of, 1)
        return (run.cost or self.usual) * max(1 - done, 0)

    def left_now(self, run: Run | None) -> float:
        """Seconds that are left of the run that the worker has, if any."""
        if run is None:
            return 0.0
        if run.view.number >= 2 and run.points:  # its own pace is the best guess
            return run.points[-1].seconds / run.view.number * max(run.view.of - run.view.number, 0)
        return max(self.left(run) - (time.monotonic() - self._began), 0.0)


def _estimate(run: Run) -> float | None:
    """What a run is estimated to take; None while the machine is unmeasured, or where the size of its content is."""
    if run.size is None:
        return None
    with suppress(NSTError):  # memory that it was begun with may be gone: the worker will say so
        expected = cost.of(run.view.recipe, run.size, max(len(run.view.recipe.styles), 1))
        return expected.seconds if expected.calibrated else None
    return None
