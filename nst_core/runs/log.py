"""What is kept of a run while it goes on: its curve, its best Step, and a checkpoint now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import CheckpointError
from nst_core.recipe import Recipe
from nst_core.step import Step

if TYPE_CHECKING:
    from nst_core.slow.checkpoint import Checkpoint

CHECKPOINT_SECONDS = 2.0
"""The least time between checkpoints of one size, where one was asked for ..."""
CHECKPOINT_SHARE = 0.05
"""... and the most of a run's time that writing them may take: large ones come more seldom."""
_NO_LOSSES = ("number", "seconds", "scale_px", "evaluations", "marks")
"""What a point of the curve holds besides losses."""
_REWEIGHED = tuple(f"steered {name}" for name in ("content_", "style_", "tv_weight"))
"""How a mark begins that tells of other weights."""


class RunLog:
    """A run so far.

    Attributes:
        best: the Step whose picture is the result if the run ends here; None before the first.
    """

    def __init__(
        self, recipe: Recipe, path: Path | None = None, before: Checkpoint | None = None, *, strict: bool = True
    ) -> None:
        """Of a run by `recipe`, saved at `path` if that is given, going on from the checkpoint `before`, if any.

        `strict` is whether a path that cannot be written to is an error at the first step, and not only a loss.
        """
        self.best: Step | None = None
        self._path, self._recipe = path, recipe
        self._last: Step | None = None
        self._curve: list[dict[str, Any]] = []
        self._steered: tuple[str, ...] = ()
        self._due = 0.0
        self._saved = not strict
        if before is not None:
            self._go_on(before)

    def _go_on(self, before: Checkpoint) -> None:
        from nst_core.slow.state import steering_marks

        self._curve = [dict(point) for point in before.curve]
        self._steered = steering_marks(
            before.recipe, self._recipe.model_copy(update={"provenance": before.recipe.provenance})
        )
        kept = before.best or before.state
        point = next((p for p in self._curve if p["number"] == kept.get("number")), None)
        if point:
            losses = {n: v for n, v in point.items() if n not in _NO_LOSSES}
            self.best = Step(point["number"], 0, point["scale_px"], point["seconds"], losses, state=lambda: kept)

    def note(self, step: Step) -> tuple[str, ...]:
        """Take a step in, and return its marks, which after a resume say what was steered."""
        marks = step.events
        if self._steered:  # the first step since the resume, which the engine marks without knowing what changed
            marks = (*self._steered, *(m for m in marks if m != "steered"))
            self._steered = ()
        marked = {"marks": list(marks)} if marks else {}
        point = {name: getattr(step, name) for name in ("number", "seconds", "scale_px", "evaluations")}
        self._curve.append({**point, **step.losses, **marked})
        climbed = self._last is not None and step.scale_px != self._last.scale_px
        self._last = step
        if self._better(step, marks):
            self.best = step
        if climbed or time.monotonic() >= self._due:
            self.save()
        return tuple(marks)

    def steer(self, recipe: Recipe) -> None:
        """The recipe in force from now on; the engine marks what changed."""
        self._recipe = recipe

    def points(self) -> list[dict[str, Any]]:
        """The curve: of each step what `told` says of it, `losses` by name and maybe `marks`."""
        return [
            {
                "evaluations": 0,  # an older checkpoint does not say
                **{n: v for n, v in point.items() if n in _NO_LOSSES},
                "losses": {n: v for n, v in point.items() if n not in _NO_LOSSES},
            }
            for point in self._curve
        ]

    def _better(self, step: Step, marks: Sequence[str]) -> bool:
        """Whether a step's picture is the best so far; losses of two sizes, or by two weights, do not compare.

        Where the recipe averages, the last average is the best picture, whatever the loss of the picture below it.
        """
        if self.best is None or self._recipe.optimizer.average_decay or step.scale_px != self.best.scale_px:
            return True
        reweighed = any(mark == "steered" or mark.startswith(_REWEIGHED) for mark in marks)
        return reweighed or step.losses["total"] <= self.best.losses["total"]

    def save(self) -> None:
        """Write a checkpoint, if one was asked for. A disk that is full later on costs checkpoints, not the run."""
        if self._path is None or self._last is None or self._last.state is None:
            return
        from nst_core.slow import checkpoint

        began = time.monotonic()
        best: dict[str, Any] = {}
        if self.best is not None and self.best is not self._last and self.best.state is not None:
            best = {"number": self.best.number, "shown": self.best.state()["shown"]}
        try:
            checkpoint.save(self._path, checkpoint.Checkpoint(self._recipe, self._last.state(), self._curve, best))
        except OSError as error:
            if not self._saved:
                raise CheckpointError(f"{self._path} must be a file that can be written ({error.strerror})") from None
            print(f"no checkpoint at step {self._last.number}: {error.strerror}", file=sys.stderr)
        self._saved = True
        now = time.monotonic()
        self._due = now + max(CHECKPOINT_SECONDS, (now - began) / CHECKPOINT_SHARE)

    def told(self) -> dict[str, Any]:
        """The curve for a report: losses of every step, and what happened at some."""
        return {
            "losses": [{n: v for n, v in point.items() if n != "marks"} for point in self._curve],
            "marks": [[point["number"], mark] for point in self._curve for mark in point.get("marks", ())],
            "evaluations": self._curve[-1].get("evaluations", 0) if self._curve else 0,
        }
