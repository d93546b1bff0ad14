"""The event of a step, as the worker sends it: losses and a small picture in place of the engine's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from nst_core.jobs.messages import Stepped
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_snapshot
from nst_core.runs.curve import CurvePoint
from nst_core.step import Step

SNAPSHOT_QUALITY = 85


def stepped(
    job: str,
    step: Step,
    point: CurvePoint,
    weights: Mapping[str, float] = MappingProxyType({}),
    alpha: Bytes | None = None,
) -> Stepped:
    """The event of a step with its point on the curve.

    Args:
        job: the id of the run.
        step: the engine's step.
        point: the step's point on the curve.
        weights: the weights of the losses where they change.
        alpha: the transparency of the run's result, uint8 [h, w], or None.
    """
    return Stepped(
        job=job,
        point=replace(point, weights=dict(weights)),
        total_steps=step.total,
        reference_losses={name: dict(losses) for name, losses in step.reference_losses.items()},
        notes=tuple(step.notes),
        snapshot=to_snapshot(step.picture, SNAPSHOT_QUALITY, alpha) if step.picture is not None else None,
    )
