"""A job and the worker as the desk shows them: frozen, so that a page can read them at leisure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nst_core.recipe import Recipe

State = Literal["queued", "running", "paused", "done", "stopped", "failed"]
FINAL: tuple[State, ...] = ("done", "stopped", "failed")


@dataclass(frozen=True)
class Point:
    """One step on the curve; see `Step` for what each means."""

    number: int
    seconds: float
    losses: Mapping[str, float]
    marks: tuple[str, ...] = ()
    scale_px: int = 0


@dataclass(frozen=True)
class JobView:
    """A job as it stands now; frozen, so that a page can read it at leisure.

    Attributes:
        recipe: what it goes by: as submitted, then as steered; once it is over, what it ran with to its last step.
        position: 0 if running or over, n if n-th in line.
        evaluations: how often the objective was evaluated so far.
        snapshot: JPEG of the newest picture, made at step `snapshot_number`.
        content: JPEG of the content at the result's size; there as soon as the job runs.
        result: PNG with the recipe inside; there a moment before `report` and the final state.
        report: sizes, times, memory, measures (see `player.report`), and `marks`, the steps where something happened.
        error: the one sentence to show if the job failed.
    """

    id: str
    state: State
    recipe: Recipe
    position: int = 0
    points: tuple[Point, ...] = ()
    number: int = 0
    of: int = 0
    evaluations: int = 0
    snapshot: bytes | None = field(default=None, repr=False)
    snapshot_number: int = 0
    content: bytes = field(default=b"", repr=False)
    result: bytes | None = field(default=None, repr=False)
    report: Mapping[str, Any] | None = field(default=None, repr=False)
    error: str | None = None


@dataclass(frozen=True)
class WorkerStatus:
    """How the worker is.

    Attributes:
        state: "off" before the first start; "failed" when no networks could be loaded, with `message` saying why.
        sources: network -> where its weights came from, with hash and licence.
    """

    state: Literal["off", "starting", "ready", "busy", "failed"] = "off"
    device: str = ""
    precision: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    memory_mb: float = 0.0
