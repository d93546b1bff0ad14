"""The values that the job service shows: a run, the worker, an inspection. All are frozen, so pages may keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nst_core.film.info import FilmInfo
from nst_core.recipe import NetworkName, Recipe
from nst_core.runs.curve import CurvePoint
from nst_core.runs.films import clip_of, passes

State = Literal["queued", "running", "paused", "done", "stopped", "failed"]
FINAL: tuple[State, ...] = ("done", "stopped", "failed")


@dataclass(frozen=True)
class JobView:
    """The values of a run at one moment.

    Attributes:
        recipe: its settings: as submitted, then as steered; once it is over, those of its last step.
        position: its place in the queue, from 1; 0 if it runs or is over.
        wait_seconds: the estimated wait of a queued run; 0 for others.
        ahead: steps of a film that other workers have done beyond `step`; they follow when it comes to them.
        evaluations: how often the objective was evaluated so far.
        wants_metrics: whether the result is measured before the run is done.
        reference_losses: losses of other pictures under this run's objective at its full size, by name; see `Step`.
        notes: sentences for the user: settings that could not be followed, and interruptions of the run.
        snapshot: JPEG of the newest picture, made at step `snapshot_step`.
        snapshot_steps: the steps whose pictures are stored, rising; `JobService.picture_at` returns them.
        content: JPEG of the content at the result's size; there as soon as the run starts.
        result: PNG with the recipe inside; available a moment before `report` and the final state. A failed run may
            have one too: the best picture it had.
        report: sizes, times, memory, metrics if wanted (see `runner.report`), and `marks`: the events of its steps.
        error: the one sentence to show if the run failed.
        created: when it was submitted, in seconds since 1970.
        ended: when it was over, in seconds since 1970; 0 until then.
        owner: the id of the visitor who submitted it, as `owners.owner_of` gives it; "" for nobody.
        listed: whether its owner shows it in the gallery; otherwise only its id opens it.
        hidden_at: when its owner deleted it, in seconds since 1970, while that can be undone; else 0.
    """

    id: str
    state: State
    recipe: Recipe
    position: int = 0
    wait_seconds: float = 0.0
    points: tuple[CurvePoint, ...] = ()
    step: int = 0
    total_steps: int = 0
    ahead: int = 0
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
    owner: str = ""
    listed: bool = False
    hidden_at: float = 0.0


@dataclass(frozen=True)
class RunProgress:
    """The news of a run since an earlier call, without a copy of its whole curve.

    Attributes:
        position: its place in the queue; likewise `wait_seconds`, see `JobView`.
        snapshot_step: the step of its newest picture; None if it has none.
        restarts: a number that changes whenever the run continues from an earlier point and so replaces later points.
        first: the index in the curve of the first of `points`.
        points: the curve from there on; all of it after a restart.
    """

    state: State
    position: int
    wait_seconds: float
    total_steps: int
    snapshot_step: int | None
    restarts: int
    first: int
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class WorkerStatus:
    """The state of the worker process, or of several as one.

    Attributes:
        state: "off" before the first start; "failed" when no networks could be loaded, for the reason in `message`.
        sources: network -> where its weights came from, with hash and licence.
        unusable: network -> which weights the operator named, and why they could not be used.
        memory_mb: own memory of all workers in MB, without files, which the system may drop.
        workers: how many workers are ready. With several, `state` is that of the best: "busy" if each has a run.
        busy_workers: how many of them have a run, or a part of a film's run, which ends when another run waits.
        memory_only: a sentence that says why runs end with the server; empty where they are stored on a disk.
        storage_fault: sentences that say why runs cannot be stored now, if they cannot; new ones are then refused.
        place_fault: sentences that say why workers are not where the operator wants them; empty if they are.
    """

    state: Literal["off", "starting", "ready", "busy", "failed"] = "off"
    device: str = ""
    precision: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    memory_mb: float = 0.0
    workers: int = 0
    busy_workers: int = 0
    memory_only: str = ""
    storage_fault: str = ""
    place_fault: str = ""


Subject = Literal["features", "grams", "measures"]
"""The subjects of inspections: the functions of `nst_core.metrics.inspection`, and the yardstick's measures."""


@dataclass(frozen=True)
class InspectionRequest:
    """A question about pictures, which the networks answer.

    Attributes:
        subject: a layer's feature maps for one picture; its Gram matrices for two; or the yardstick's measures of a
            result, whose pictures are the result, its content and its styles.
        layer: of the first two subjects; "" for measures, which have layers of their own.
        network: of the first two subjects; measures are those of VGG-19.
        longest_edge_px: the size at which a result is measured; other subjects have a size of their own.
        shares: the weight of each style of measures; equal weights by default.
    """

    subject: Subject
    layer: str = ""
    network: NetworkName = "vgg19"
    longest_edge_px: int = 512
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """The answer to an `InspectionRequest`, or the fact that it is not there yet.

    Attributes:
        state: "waiting" until the worker has answered; "failed" for the reason in `error`.
        facts: the answer's plain fields, as the functions of `nst_core.metrics.inspection` return them.
        blob: PNG of the mosaic of feature maps, 8-bit grey; or the Gram matrices, float32 in memory order.
        error: the one sentence to show.
        code: that of the error's class in `nst_core.errors`; "" for a bug.
    """

    state: Literal["waiting", "done", "failed"] = "waiting"
    facts: Mapping[str, Any] = field(default_factory=dict)
    blob: bytes = field(default=b"", repr=False)
    error: str = ""
    code: str = ""


def loss_weights(recipe: Recipe, style_factor: float = 1.0) -> dict[str, float]:
    """The weight of each term of a run's losses; a layer's is the style's weight times the layer's share.

    Args:
        recipe: the settings in force.
        style_factor: from the Step.
    """
    objective = recipe.objective
    style = objective.style_weight * style_factor
    terms = {"content": objective.content_weight, "style": style, "variation": objective.tv_weight}
    return terms | {f"style/{name}": style * share for name, share in objective.style_layers.items()}


def expected_steps(recipe: Recipe, film: FilmInfo | None = None) -> int:
    """The number of steps of a run, as far as it is known before it starts; a film's are its frames in each pass."""
    if film is not None:
        return passes(recipe) * clip_of(recipe).frames(film)
    return 1 if recipe.method == "fast" else recipe.steps
