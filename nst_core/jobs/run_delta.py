"""The changes of a run since it was last stored."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from nst_core.jobs.views import JobView
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs


@dataclass(frozen=True)
class RunDelta:
    """The changes of a run since it was last stored.

    Attributes:
        view: its current values; its points are not read.
        snapshot_steps: the steps of all its snapshots; other snapshots are removed.
        points: new points of its curve.
        after: points of later steps are removed first.
        snapshots: new snapshots as JPEG, by step.
        inputs: its pictures and masks, if they are not stored yet; likewise `content` and `result`.
        is_new: it has no record yet.
        epoch: how often it had restarted.
    """

    view: JobView
    snapshot_steps: tuple[int, ...] = ()
    points: tuple[CurvePoint, ...] = ()
    after: int | None = None
    snapshots: Mapping[int, bytes] = field(default_factory=dict)
    inputs: RunInputs | None = None
    content: bytes = b""
    result: bytes | None = None
    is_new: bool = False
    epoch: int = 0

    def size(self) -> int:
        """Its approximate size on the disk, in bytes."""
        pictures = [*self.snapshots.values(), self.content, self.result or b""]
        inputs = self.inputs.nbytes if self.inputs is not None else 0
        return sum(map(len, pictures)) + inputs + self._film_bytes() + 1000 * len(self.points) + 10_000

    def _film_bytes(self) -> int:
        if self.inputs is None or self.inputs.film is None:
            return 0
        with contextlib.suppress(OSError):
            return self.inputs.film.path.stat().st_size
        return 0
