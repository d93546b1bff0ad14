"""Losses of another picture, such as the fast result, under a run's objective, and when the run falls below them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pages.parts.app.formatting import duration

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

ReferenceLosses = Mapping[str, Mapping[str, float]]
"""Losses by term, by the name of the picture that has them."""

_CHANGES_OBJECTIVE = ("_weight", "_layers")
"""Parts of setting names. After a steering event with one of them, the run's losses cannot be compared with the
reference's."""


def first_below(points: Sequence[CurvePoint], total: float) -> CurvePoint | None:
    """The first point below a reference total, or None.

    Only comparable points count: those at the last size, at which the reference was measured, and before a change of
    the objective.
    """
    return next((point for point in _comparable(points) if point.losses.get("total", total) < total), None)


def crossovers(points: Sequence[CurvePoint], reference_losses: ReferenceLosses) -> list[tuple[int, str]]:
    """The steps at which the run falls below a reference, each with a label, in the order of steps."""
    steps = []
    for name, losses in reference_losses.items():
        point = first_below(points, losses["total"])
        if point:
            steps.append((point.step, f"slow passes {name} after {duration(point.seconds)}"))
    return sorted(steps)


def sentence(view: JobView, name: str = "fast") -> str:
    """Says whether a run is below a reference, and since when; empty while the reference is unknown."""
    if name not in view.reference_losses:
        return ""
    point = first_below(view.points, view.reference_losses[name]["total"])
    if point:
        return f"Slow passes {name} after {duration(point.seconds)}, at step {point.step}."
    return f"Slow did not pass {name}." if view.report or view.error else f"Slow has not passed {name} yet."


def _comparable(points: Sequence[CurvePoint]) -> Iterator[CurvePoint]:
    for point in points:
        if point.scale_px == points[-1].scale_px:
            if any(part in event for event in point.events for part in _CHANGES_OBJECTIVE):
                return
            yield point
