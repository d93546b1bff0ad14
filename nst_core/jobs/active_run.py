"""A run under way, and what of it is not written yet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nst_core.jobs import failure_messages
from nst_core.jobs.snapshots import thinned
from nst_core.jobs.store import RunDelta
from nst_core.jobs.views import CurvePoint, JobView
from nst_core.runs.inputs import RunInputs


@dataclass
class ActiveRun:
    """A run that is not over, or was not written since.

    Attributes:
        view: how it stands, without points and timeline.
        points: its curve.
        kept: numbers of the pictures kept.
        inputs: what it is made of, until that is written.
        pending: pictures that are not written yet.
        tries: how many workers died in the middle of it.
        ending: it was asked to end, and is to leave the picture it has.
        seen: when somebody last looked at it, in seconds of the monotonic clock.
        cost: seconds it will take as estimated; None while the machine is not measured.
        size: (width, height) of its content, which tells that; None where it is not known.
        interrupted: what broke it off, until it goes on.
    """

    view: JobView
    points: list[CurvePoint] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    inputs: RunInputs | None = None
    pending: dict[int, bytes] = field(default_factory=dict)
    attempts: int = 0
    ending: bool = False
    last_seen: float = field(default_factory=time.monotonic)
    estimated_seconds: float | None = None
    size: tuple[int, int] | None = None
    interrupted: str = ""
    is_new: bool = True
    _written: int = 0
    _after: int | None = None
    _epoch: int = 0
    _files: tuple[bytes, bytes | None] = (b"", None)

    @classmethod
    def from_view(cls, view: JobView, size: tuple[int, int] | None = None) -> ActiveRun:
        """A run as the store has it, to go on with; `size` is its content's."""
        bare = replace(view, points=(), snapshot_steps=())
        points, kept = list(view.points), list(view.snapshot_steps)
        return cls(
            bare,
            points,
            kept,
            size=size,
            is_new=False,
            _written=len(points),
            _files=(view.content, view.result),
        )  # its inputs stay where they are until they are needed

    def current_view(self) -> JobView:
        """How it stands, whole."""
        return replace(self.view, points=tuple(self.points), snapshot_steps=tuple(self.kept))

    def step(self, event: Mapping[str, Any], blobs: Sequence[bytes], most_pictures: int) -> None:
        """The worker told of a Step."""
        if event["losses"] or event["marks"]:
            self.points.append(CurvePoint.of(event))
        if blobs:
            number = event["number"]
            self.pending[number] = blobs[0]
            self.kept = thinned(sorted({*self.kept, number}), most_pictures)
            self.pending = {n: self.pending[n] for n in self.kept if n in self.pending}
        self.view = self.view.after_step(event, blobs)

    def restart(self, points: Sequence[CurvePoint]) -> None:
        """Begin again after the last of these points: what came later did not happen. Says so if it was broken off."""
        last = points[-1].step if points else -1
        if self.interrupted and self.view.step:
            self.view = replace(self.view, notes=(*self.view.notes, failure_messages.went_on(self.interrupted, last)))
        self.interrupted = ""
        self._epoch += 1
        self._written, self._after = 0, last
        known = {point.step: point for point in self.points}
        self.points = [known.get(point.step, point) for point in points]  # those told of before say more
        self.kept = [number for number in self.kept if number <= last]
        self.pending = {number: jpeg for number, jpeg in self.pending.items() if number <= last}
        self.view = replace(self.view, step=max(last, 0), evaluations=points[-1].evaluations if points else 0)

    def order(self, inputs: RunInputs, checkpoint: Path | None) -> tuple[dict[str, Any], list[memoryview]]:
        """What the worker is asked to play, as a message; it goes on from `checkpoint` where there is one."""
        heads, blobs = inputs.packed()
        head = {
            "do": "run",
            "job": self.view.id,
            "pictures": heads,
            "measure": self.view.wants_metrics,
            "recipe": self.view.recipe.model_dump(mode="json"),
            "checkpoint": str(checkpoint or ""),
            "stop": self.ending,
            "paused": self.view.state == "paused",
        }
        return head, blobs

    def pending_changes(self) -> RunDelta:
        """What is new since the last that was `settled`."""
        content, result = self._files
        return RunDelta(
            self.view,
            tuple(self.kept),
            tuple(self.points[self._written :]),
            self._after,
            dict(self.pending),
            self.inputs,
            self.view.content if self.view.content is not content else b"",
            self.view.result if self.view.result is not result else None,
            self.is_new,
            self._epoch,
        )

    def mark_saved(self, change: RunDelta) -> None:
        """A change is written."""
        self.is_new = False
        if change.epoch == self._epoch:
            self._written, self._after = self._written + len(change.points), None
        for number, jpeg in change.pictures.items():
            if self.pending.get(number) is jpeg:
                del self.pending[number]
        if self.inputs is change.inputs:
            self.inputs = None
        self._files = (change.view.content, change.view.result)
