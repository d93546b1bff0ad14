"""Quality against time of fast, balanced and slow, all by the slow run's objective. Plain data, no chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.parts.app.formatting import spell
from pages.parts.curves.levels import passed

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

Curve = tuple[tuple[float, float], ...]
"""Points (seconds, total), in the order of time."""

_OVER = ("done", "stopped", "failed")
_JUDGED_BY = ("objective", "style_scale", "style_shape", "longest_edge_px", "regions", "colour")
"""Settings that two runs must share for their totals to be comparable."""


@dataclass(frozen=True)
class Crossover:
    """The moment when slow is first better than another method's result."""

    what: str
    seconds: float
    total: float

    @property
    def words(self) -> str:
        """What happened, to stand beside its mark."""
        return f"slow passes {self.what} after {spell(self.seconds)}"


@dataclass(frozen=True)
class QualityOverTime:
    """What the chart shows.

    Attributes:
        level: the fast result's total, or None while it is unknown.
        fast_seconds: what the fast pass took, or None while it is unknown.
        balanced: its curve, which begins with the fast result; empty if judged by another objective.
        slow: its curve at full size.
        climb: its curve at the smaller sizes before, whose totals are only roughly comparable.
        passings: what slow has passed.
        unpassed: what it is still above, though both are known.
        is_over: whether slow has ended.
    """

    level: float | None = None
    fast_seconds: float | None = None
    balanced: Curve = ()
    slow: Curve = ()
    climb: Curve = ()
    passings: tuple[Crossover, ...] = ()
    unpassed: tuple[str, ...] = ()
    is_over: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not (self.balanced or self.slow or self.climb or (self.level and self.fast_seconds))


def race(views: Mapping[str, JobView | None]) -> QualityOverTime:
    """The race of up to three runs, by name; any may be missing, waiting or under way."""
    fast, balanced, slow = (views.get(name) for name in ("fast", "balanced", "slow"))
    if balanced and slow and not _comparable(balanced, slow):
        balanced = None
    seconds = fast_seconds(fast)
    full = [point for point in slow.points if _is_full(point, slow)] if slow else []
    level = _level(balanced, slow)
    results = {"fast": level, "balanced": _result(balanced)}
    found = {name: passed(full, total) for name, total in results.items() if total is not None}
    return QualityOverTime(
        level=level,
        fast_seconds=seconds,
        balanced=_curve(balanced.points, offset=seconds or 0.0) if balanced else (),
        slow=_curve(full),
        climb=_curve([p for p in slow.points if not _is_full(p, slow)]) if slow else (),
        passings=tuple(Crossover(n, p.seconds, p.losses["total"]) for n, p in found.items() if p),
        unpassed=tuple(name for name, point in found.items() if full and point is None),
        is_over=slow is not None and slow.state in _OVER,
    )


def sentence(run: QualityOverTime) -> str:
    """What the race has shown so far, in one sentence; empty before slow is at full size."""
    if not run.passings and not run.unpassed:
        return ""
    told = [f"{passing.what} after {spell(passing.seconds)}" for passing in run.passings]
    behind = " or ".join(run.unpassed)
    has_not = f"did not pass {behind}" if run.is_over else f"has not passed {behind} yet"
    if not told:
        return f"Slow {has_not}."
    return f"Slow passes {' and '.join(told)}{f', and {has_not}' if behind else ''}."


def _comparable(a: JobView, b: JobView) -> bool:
    """Whether two runs were judged alike. Steered weights apart: points after such a steering do not count anyway."""
    names = [name for name in _JUDGED_BY if name != "objective" or not (_is_steered(a) or _is_steered(b))]
    return all(getattr(a.recipe, name) == getattr(b.recipe, name) for name in names)


def _is_steered(view: JobView) -> bool:
    return any(mark.startswith("steered") for point in view.points for mark in point.events)


def _level(balanced: JobView | None, slow: JobView | None) -> float | None:
    """The fast result's total: as slow was asked to judge it, or else as balanced found it when it began there."""
    if slow and "fast" in slow.reference_losses:
        return slow.reference_losses["fast"]["total"]
    if balanced and balanced.recipe.start == "fast" and balanced.points and balanced.points[0].step == 0:
        return balanced.points[0].losses["total"]
    return None


def fast_seconds(fast: JobView | None) -> float | None:
    """What the fast pass took, which balanced begins with as well; None while it is unknown."""
    seconds = ((fast and fast.report) or {}).get("seconds", {}).get("run")
    return None if not seconds else float(seconds)


def _result(balanced: JobView | None) -> float | None:
    """Where balanced has ended, once it has."""
    curve = _curve(balanced.points) if balanced and balanced.state in _OVER else ()
    return curve[-1][1] if curve else None


def _is_full(point: CurvePoint, view: JobView) -> bool:
    return point.scale_px in (0, view.recipe.longest_edge_px)


def _curve(points: Sequence[CurvePoint], offset: float = 0.0) -> Curve:
    """Totals against seconds, up to where the objective became another one."""
    told = []
    for point in points:
        if any(mark.startswith("steered") and "weight" in mark for mark in point.events):
            break
        if "total" in point.losses:
            told.append((point.seconds + offset, point.losses["total"]))
    return tuple(told)
