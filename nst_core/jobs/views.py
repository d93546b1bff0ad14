"""A job and the worker as the desk shows them: frozen, so that a page can read them at leisure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from nst_core.recipe import Recipe

State = Literal["queued", "running", "paused", "done", "stopped", "failed"]
FINAL: tuple[State, ...] = ("done", "stopped", "failed")


@dataclass(frozen=True)
class CurvePoint:
    """One step on the curve; see `Step` for what each means.

    `weights` are those in force by term, see `weights_of`: told at a run's first point and where they change.
    """

    step: int
    seconds: float
    losses: Mapping[str, float]
    events: tuple[str, ...] = ()
    scale_px: int = 0
    evaluations: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> CurvePoint:
        """The point of a Step that the worker told of."""
        told = {name: event[name] for name in ("seconds", "losses", "scale_px", "evaluations")}
        return cls(step=event["number"], **told, events=tuple(event.get("marks", ())), weights=event.get("weights", {}))


@dataclass(frozen=True)
class JobView:
    """A job as it stands now; frozen, so that a page can read it at leisure.

    Attributes:
        recipe: what it goes by: as submitted, then as steered; once it is over, what it ran with to its last step.
        position: 0 if running or over, n if n-th in line.
        wait_seconds: about how long a run in line waits; 0 for others.
        evaluations: how often the objective was evaluated so far.
        measure: whether the yardstick judges the result before the run is done.
        levels: losses of other pictures under this run's objective at its full size, by name; see `Step`.
        notes: sentences for the user on what could not be done as asked, and on what befell the run.
        snapshot: JPEG of the newest picture, made at step `snapshot_number`.
        timeline: the steps whose pictures are kept, by rising number; `Desk.picture_at` gives them.
        content: JPEG of the content at the result's size; there as soon as the job runs.
        result: PNG with the recipe inside; there a moment before `report` and the final state. One that failed may
            have one too: the best picture it had.
        report: sizes, times, memory, measures if wanted (see `player.report`), and `marks`, the steps where something
            happened.
        error: the one sentence to show if the job failed.
        created: when it was submitted, in seconds since 1970 ...
        ended: ... and when it was over; 0 until then.
        visitor: whose run it is.
        listed: whether its owner shows it in the gallery; else only who has its id can open it.
    """

    id: str
    state: State
    recipe: Recipe
    position: int = 0
    wait_seconds: float = 0.0
    points: tuple[CurvePoint, ...] = ()
    step: int = 0
    total_steps: int = 0
    evaluations: int = 0
    wants_metrics: bool = True
    reference_losses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    snapshot: bytes | None = field(default=None, repr=False)
    snapshot_step: int = 0
    snapshot_steps: tuple[int, ...] = ()
    content: bytes = field(default=b"", repr=False)
    result: bytes | None = field(default=None, repr=False)
    report: Mapping[str, Any] | None = field(default=None, repr=False)
    error: str | None = None
    created: float = 0.0
    ended: float = 0.0
    visitor: str = ""
    listed: bool = False

    def after_step(self, event: Mapping[str, Any], blobs: Sequence[bytes]) -> JobView:
        """The job after the worker told of a Step; `points` apart, which the desk keeps."""
        number = event["number"]
        told = {"step": number, "total_steps": event["of"], "evaluations": event["evaluations"]}
        notes = tuple(dict.fromkeys((*self.notes, *event["notes"])))  # a resumed run tells them again
        told |= {"reference_losses": {**self.reference_losses, **event["levels"]}, "notes": notes}
        shown = {"snapshot": blobs[0], "snapshot_step": number} if blobs else {}
        return replace(self, **told, **shown)


@dataclass(frozen=True)
class WorkerStatus:
    """How the worker is.

    Attributes:
        state: "off" before the first start; "failed" when no networks could be loaded, with `message` saying why.
        sources: network -> where its weights came from, with hash and licence.
        forgets: why runs are kept no longer than the server lives, in a sentence; empty where they are.
    """

    state: Literal["off", "starting", "ready", "busy", "failed"] = "off"
    device: str = ""
    precision: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    memory_mb: float = 0.0
    forgets: str = ""


def loss_weights(recipe: Recipe) -> dict[str, float]:
    """What each term of a run's losses was multiplied by; a layer's is the style's weight times its share."""
    objective = recipe.objective
    terms = {"content": objective.content_weight, "style": objective.style_weight, "variation": objective.tv_weight}
    return terms | {f"style/{name}": objective.style_weight * share for name, share in objective.style_layers.items()}


def expected_steps(recipe: Recipe) -> int:
    """How many steps a run will say it has before its engine knows better."""
    return 1 if recipe.method == "fast" else recipe.steps
