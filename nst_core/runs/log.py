"""The log of a run under way: its curve, its best Step, and regular checkpoints."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe
from nst_core.recipe.steering import steering_marks
from nst_core.runs.curve import CurvePoint
from nst_core.step import Step

if TYPE_CHECKING:
    from nst_core.slow.checkpoint import Checkpoint

CHECKPOINT_SECONDS = 2.0
"""The least time between two checkpoints of one scale."""
CHECKPOINT_SHARE = 0.05
"""The largest share of a run's time that writing checkpoints may take: large ones are written less often."""
_WEIGHT_EVENTS = tuple(f"steered {name}" for name in ("content_", "style_", "tv_weight"))
"""Prefixes of the events that report a change of weights."""


class RunLog:
    """The history of one run.

    Attributes:
        best: the Step whose picture is the result if the run ends now; None before the first step.
    """

    def __init__(
        self, recipe: Recipe, path: Path | None = None, before: Checkpoint | None = None, *, strict: bool = True
    ) -> None:
        """Start a log.

        Args:
            recipe: the settings of the run.
            path: the checkpoint file; None writes no checkpoints.
            before: the checkpoint to continue from.
            strict: whether a path that cannot be written raises CheckpointError at the first step; otherwise the run
                continues without checkpoints.
        """
        self.best: Step | None = None
        self._path, self._recipe = path, recipe
        self._last: Step | None = None
        self._curve: list[CurvePoint] = []
        self._steered: tuple[str, ...] = ()
        self._due = 0.0
        self._tolerates_errors = not strict
        if before is not None:
            self._continue_from(before)

    def _continue_from(self, before: Checkpoint) -> None:
        self._curve = [CurvePoint.from_record(record) for record in before.curve]
        self._steered = steering_marks(before.recipe, self._recipe)
        state = before.best or before.state
        point = next((p for p in self._curve if p.step == state.get("number")), None)
        if point:
            self.best = Step(point.step, 0, point.scale_px, point.seconds, point.losses, state=lambda: state)

    def add(self, step: Step) -> CurvePoint:
        """Record a step and return its point on the curve; after a resume its events name the steered settings."""
        events = step.events
        if self._steered:  # the engine reports the first step after a resume as steered, without the settings' names
            events = (*self._steered, *(event for event in events if event != "steered"))
            self._steered = ()
        point = CurvePoint.of(step, tuple(events))
        self._curve.append(point)
        has_new_scale = self._last is not None and step.scale_px != self._last.scale_px
        self._last = step
        if self._is_better(step, events):
            self.best = step
        if has_new_scale or time.monotonic() >= self._due:
            self.save()
        return point

    def steer(self, recipe: Recipe) -> None:
        """Use another recipe from now on; the engine's events report the changes."""
        self._recipe = recipe

    def points(self) -> tuple[CurvePoint, ...]:
        """The curve so far."""
        return tuple(self._curve)

    def _is_better(self, step: Step, events: Sequence[str]) -> bool:
        """Whether a step's picture is the best so far.

        Losses at two scales, or under two sets of weights, cannot be compared: there the newer step wins. If the recipe
        averages pictures, the last average is the best picture, whatever the loss of the last picture.
        """
        if self.best is None or self._recipe.optimizer.average_decay or step.scale_px != self.best.scale_px:
            return True
        has_new_weights = any(event == "steered" or event.startswith(_WEIGHT_EVENTS) for event in events)
        return has_new_weights or step.losses["total"] <= self.best.losses["total"]

    def save(self) -> None:
        """Write a checkpoint, if the run has a file for it. A disk that fills up later does not end the run.

        Raises CheckpointError if the first write fails and the log is strict.
        """
        if self._path is None or self._last is None or self._last.state is None:
            return
        from nst_core.slow import checkpoint

        began = time.monotonic()
        best: dict[str, Any] = {}
        if self.best is not None and self.best is not self._last and self.best.state is not None:
            best = {"number": self.best.number, "shown": self.best.state()["shown"]}
        curve = [point.to_record() for point in self._curve]
        try:
            checkpoint.save(self._path, checkpoint.Checkpoint(self._recipe, self._last.state(), curve, best))
        except OSError as error:
            if not self._tolerates_errors:
                raise CheckpointError(f"{self._path} must be a file that can be written ({error.strerror})") from None
            print(f"no checkpoint at step {self._last.number}: {error.strerror}", file=sys.stderr)
        self._tolerates_errors = True
        now = time.monotonic()
        self._due = now + max(CHECKPOINT_SECONDS, (now - began) / CHECKPOINT_SHARE)

    def report(self) -> dict[str, Any]:
        """The curve for a report: `losses` of every step, `marks` (the events, with their steps), `evaluations`."""
        records = [point.to_record() for point in self._curve]
        return {
            "losses": [{name: value for name, value in record.items() if name != "marks"} for record in records],
            "marks": [[point.step, event] for point in self._curve for event in point.events],
            "evaluations": self._curve[-1].evaluations if self._curve else 0,
        }
