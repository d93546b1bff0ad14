"""Level lines: what another picture, such as the fast result, has under a run's own objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pages.parts.app.formatting import spell

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

Levels = Mapping[str, Mapping[str, float]]
"""Losses by term, by the name of the picture that has them."""

_OTHER_OBJECTIVE = ("_weight", "_layers")
"""Words in the mark of a steering that makes the objective another one, under which a level was not taken."""


def passed(points: Sequence[CurvePoint], total: float) -> CurvePoint | None:
    """The first point below a level, or None.

    Only those count that the level can be compared with: at the size it was taken at, which is the last one, and
    under the same objective.
    """
    return next((point for point in _comparable(points) if point.losses.get("total", total) < total), None)


def passings(points: Sequence[CurvePoint], levels: Levels) -> list[tuple[int, str]]:
    """The steps where a level was passed, each with its words, by rising number."""
    found = []
    for name, losses in levels.items():
        point = passed(points, losses["total"])
        if point:
            found.append((point.step, f"slow passes {name} after {spell(point.seconds)}"))
    return sorted(found)


def sentence(view: JobView, name: str = "fast") -> str:
    """Whether a run is below a level yet, and since when; empty while the level is not known."""
    if name not in view.reference_losses:
        return ""
    point = passed(view.points, view.reference_losses[name]["total"])
    if point:
        return f"Slow passes {name} after {spell(point.seconds)}, at step {point.step}."
    return f"Slow did not pass {name}." if view.report or view.error else f"Slow has not passed {name} yet."


def three_digits(value: float) -> str:
    """Three digits: 0.0849, 12.3, 231, 2.31e5."""
    if value and not 1e-3 <= abs(value) < 99_950:
        digits, exponent = f"{value:.2e}".split("e")
        return f"{digits}e{int(exponent)}"
    return f"{float(f'{value:.3g}'):g}"


def _comparable(points: Sequence[CurvePoint]) -> Iterator[CurvePoint]:
    for point in points:
        if point.scale_px == points[-1].scale_px:
            if any(word in mark for mark in point.events for word in _OTHER_OBJECTIVE):
                return
            yield point
