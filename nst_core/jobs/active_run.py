"""A run under way, and its changes that are not stored yet."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nst_core.film.spread.plan import Part
from nst_core.jobs import failure_messages
from nst_core.jobs.messages import FilmFiles, RunCommand, Stepped
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.snapshots import thinned
from nst_core.jobs.views import JobView, RunProgress, expected_steps
from nst_core.recipe import Recipe
from nst_core.runs import cost as runs_cost
from nst_core.runs.curve import CurvePoint
from nst_core.runs.films import passes
from nst_core.runs.inputs import RunInputs

KEPT_INPUT_BYTES = 2 * 2**20
"""Pictures of a run that stay in memory until it is over, so that the worker need not wait while they are read."""


@dataclass
class ActiveRun:
    """A run that is not over, or has changes that are not stored.

    Attributes:
        view: its current values, without points and snapshot steps.
        points: its curve.
        snapshot_steps: the steps whose pictures are stored or about to be.
        inputs: its pictures; large ones only until they are stored.
        pending: snapshots that are not stored yet, by step.
        ahead: steps that are done of the parts of a film, by the first frame of each.
        part_losses: how many workers died while they painted a part, likewise.
        attempts: how many workers died during this run.
        ending: whether it was asked to end; its newest picture is then the result.
        last_seen: when a page last asked for it, in seconds of the monotonic clock.
        estimated_seconds: how long it will take; None while the machine is not measured.
        size: (width, height) of its content, for that estimate; None if unknown.
        interrupted: the reason for an interruption, until the run continues; else empty.
        is_new: whether it has no row in the table yet.
    """

    view: JobView
    points: list[CurvePoint] = field(default_factory=list)
    snapshot_steps: list[int] = field(default_factory=list)
    inputs: RunInputs | None = None
    pending: dict[int, bytes] = field(default_factory=dict)
    ahead: dict[int, int] = field(default_factory=dict)
    part_losses: Counter[int] = field(default_factory=Counter)
    attempts: int = 0
    ending: bool = False
    last_seen: float = field(default_factory=time.monotonic)
    estimated_seconds: float | None = None
    size: tuple[int, int] | None = None
    interrupted: str = ""
    is_new: bool = True
    _saved_points: int = 0
    _drop_after: int | None = None
    _epoch: int = 0
    _has_stored_inputs: bool = False
    _saved_files: tuple[bytes, bytes | None] = (b"", None)

    @classmethod
    def new(cls, recipe: Recipe, inputs: RunInputs, *, owner: str, job: str, measure: bool) -> ActiveRun:
        """A run that begins to wait now; its recipe names its inputs. Its id is `job`, or a new one if that is ""."""
        size, film = (inputs.content.width, inputs.content.height), inputs.film
        total = expected_steps(recipe, film.info if film else None)
        view = JobView(
            job or secrets.token_hex(16),  # hex: Streamlit refuses "__" in the key of a component
            "queued",
            recipe,
            total_steps=total,
            wants_metrics=measure,
            created=time.time(),
            owner=owner,
        )
        expected = runs_cost.of_run(recipe, size, total // passes(recipe), len(inputs.styles))
        return cls(view, inputs=inputs, estimated_seconds=expected.seconds if expected.calibrated else None, size=size)

    @classmethod
    def from_view(cls, view: JobView, size: tuple[int, int] | None = None) -> ActiveRun:
        """A stored run, to continue it; its inputs stay in the store until they are needed."""
        points = list(view.points)
        return cls(
            replace(view, points=(), snapshot_steps=()),
            points,
            list(view.snapshot_steps),
            size=size,
            is_new=False,
            _saved_points=len(points),
            _saved_files=(view.content, view.result),
        )

    def current_view(self) -> JobView:
        """The current values of the run, with its points and snapshot steps, and a note while an interruption lasts."""
        notes = self.view.notes
        if self.has_lost_work:
            notes = (*notes, failure_messages.waits(self.interrupted))
        return replace(
            self.view,
            points=tuple(self.points),
            snapshot_steps=tuple(self.snapshot_steps),
            notes=notes,
            ahead=self.steps_ahead,
        )

    @property
    def steps_ahead(self) -> int:
        """Steps of a film that are done beyond those of the curve."""
        each = passes(self.view.recipe)
        return sum(steps for first, steps in self.ahead.items() if each * first >= self.view.step)

    @property
    def has_lost_work(self) -> bool:
        """Whether the run is interrupted now and has lost something by it, if only time."""
        return bool(self.interrupted) and (self.view.step > 0 or self.attempts > 0)

    def progress(self, restarts: int, known: int) -> RunProgress:
        """The run's news for a reader that has its first `known` points.

        `restarts` is the number that the reader last received, -1 at first.
        """
        first = known if restarts == self._epoch else 0
        view = self.view
        return RunProgress(
            view.state,
            view.position,
            view.wait_seconds,
            view.total_steps,
            self.snapshot_steps[-1] if self.snapshot_steps else None,
            self._epoch,
            first,
            tuple(self.points[first:]),
        )

    def apply_step(self, event: Stepped, most_snapshots: int) -> None:
        """Apply a step event of the worker, and keep at most `most_snapshots` snapshots."""
        point, view = event.point, self.view
        if point.losses or point.events:
            self.points.append(point)
        self.view = replace(
            view,
            step=point.step,
            total_steps=event.total_steps,
            evaluations=point.evaluations,
            reference_losses={**view.reference_losses, **event.reference_losses},
            notes=tuple(dict.fromkeys((*view.notes, *event.notes))),  # a resumed run repeats its notes
        )
        if event.snapshot is not None:
            jpeg = bytes(event.snapshot)
            self.view = replace(self.view, snapshot=jpeg, snapshot_step=point.step)
            self.snapshot_steps = thinned(sorted({*self.snapshot_steps, point.step}), most_snapshots)
            pending = {**self.pending, point.step: jpeg}
            self.pending = {step: pending[step] for step in self.snapshot_steps if step in pending}

    def restart(self, points: Sequence[CurvePoint]) -> None:
        """Continue after the last of these points and drop later ones; an interruption becomes a note."""
        last = points[-1].step if points else -1
        if self.has_lost_work:
            note = failure_messages.continued(self.interrupted, last)
            self.view = replace(self.view, notes=(*self.view.notes, note))
        self.interrupted = ""
        self._epoch += 1
        self._saved_points, self._drop_after = 0, last
        known = {point.step: point for point in self.points}
        self.points = [known.get(point.step, point) for point in points]  # the points in memory have weights too
        self.snapshot_steps = [step for step in self.snapshot_steps if step <= last]
        self.pending = {step: jpeg for step, jpeg in self.pending.items() if step <= last}
        self.view = replace(self.view, step=max(last, 0), evaluations=points[-1].evaluations if points else 0)

    def command(
        self,
        inputs: RunInputs,
        checkpoint: Path | None,
        film: FilmFiles | None = None,
        taken: tuple[Part, ...] = (),
    ) -> RunCommand:
        """The command that starts this run in the worker, or continues it from what `checkpoint` or `film` names.

        `taken` are parts of the film that other workers paint already.
        """
        arrays, data = inputs.packed()
        return RunCommand(
            job=self.view.id,
            recipe=self.view.recipe,
            arrays=arrays,
            data=data,
            film=film,
            measure=self.view.wants_metrics,
            checkpoint=str(checkpoint or ""),
            stop=self.ending,
            paused=self.view.state == "paused",
            taken=taken,
        )

    def pending_changes(self) -> RunDelta:
        """The changes since the last `mark_saved`."""
        content, result = self._saved_files
        return RunDelta(
            self.view,
            tuple(self.snapshot_steps),
            tuple(self.points[self._saved_points :]),
            self._drop_after,
            dict(self.pending),
            None if self._has_stored_inputs else self.inputs,
            self.view.content if self.view.content is not content else b"",
            self.view.result if self.view.result is not result else None,
            self.is_new,
            self._epoch,
        )

    def mark_saved(self, change: RunDelta) -> None:
        """Note that a change is stored."""
        self.is_new = False
        if change.epoch == self._epoch:
            self._saved_points, self._drop_after = self._saved_points + len(change.points), None
        for step, jpeg in change.snapshots.items():
            if self.pending.get(step) is jpeg:
                del self.pending[step]
        if change.inputs is not None and self.inputs is change.inputs:
            self._has_stored_inputs = True
            if change.inputs.nbytes > KEPT_INPUT_BYTES:
                self.inputs = None
        self._saved_files = (change.view.content, change.view.result)
