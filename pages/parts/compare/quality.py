"""Quality against time of fast, balanced and slow, measured by the slow run's objective. Plain data, no chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.parts.app.formatting import duration
from pages.parts.curves.reference_losses import first_below

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView

Curve = tuple[tuple[float, float], ...]
"""Points (seconds, total) in the order of time."""

_ENDED = ("done", "stopped", "failed")
_JUDGED_BY = ("objective", "style_scale", "style_shape", "longest_edge_px", "regions", "colour")
"""Settings that two runs must share so that their totals can be compared."""


@dataclass(frozen=True)
class Crossover:
    """The moment at which slow first falls below another method's result."""

    method: str
    seconds: float
    total: float

    @property
    def label(self) -> str:
        """The text on hover."""
        return f"slow passes {self.method} after {duration(self.seconds)}"


@dataclass(frozen=True)
class QualityOverTime:
    """The data of the chart.

    Attributes:
        fast_total: the fast result's total, or None while it is unknown.
        fast_seconds: duration of the fast pass, or None while it is unknown.
        balanced: balanced's curve, which starts at the fast result; empty if it has another objective.
        slow: slow's curve at full size.
        slow_smaller: slow's curve at the smaller sizes before, whose totals are only roughly comparable.
        crossovers: where slow falls below the other results.
        not_passed: the methods whose known result slow has not reached.
        is_over: whether slow has ended.
    """

    fast_total: float | None = None
    fast_seconds: float | None = None
    balanced: Curve = ()
    slow: Curve = ()
    slow_smaller: Curve = ()
    crossovers: tuple[Crossover, ...] = ()
    not_passed: tuple[str, ...] = ()
    is_over: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not (self.balanced or self.slow or self.slow_smaller or (self.fast_total and self.fast_seconds))


def quality_over_time(views: Mapping[str, JobView | None]) -> QualityOverTime:
    """The data of up to three runs, by method; each may be missing, waiting or active."""
    fast, balanced, slow = (views.get(name) for name in ("fast", "balanced", "slow"))
    if balanced and slow and not _comparable(balanced, slow):
        balanced = None
    seconds = fast_seconds(fast)
    full = [point for point in slow.points if _is_full(point, slow)] if slow else []
    fast_total = _fast_total(balanced, slow)
    totals = {"fast": fast_total, "balanced": _final_total(balanced)}
    first = {name: first_below(full, total) for name, total in totals.items() if total is not None}
    return QualityOverTime(
        fast_total=fast_total,
        fast_seconds=seconds,
        balanced=_curve(balanced.points, offset=seconds or 0.0) if balanced else (),
        slow=_curve(full),
        slow_smaller=_curve([p for p in slow.points if not _is_full(p, slow)]) if slow else (),
        crossovers=tuple(Crossover(n, p.seconds, p.losses["total"]) for n, p in first.items() if p),
        not_passed=tuple(name for name, point in first.items() if full and point is None),
        is_over=slow is not None and slow.state in _ENDED,
    )


def sentence(quality: QualityOverTime) -> str:
    """The crossovers so far in one sentence; empty before slow is at full size."""
    if not quality.crossovers and not quality.not_passed:
        return ""
    passed = [f"{crossover.method} after {duration(crossover.seconds)}" for crossover in quality.crossovers]
    behind = " or ".join(quality.not_passed)
    has_not = f"did not pass {behind}" if quality.is_over else f"has not passed {behind} yet"
    if not passed:
        return f"Slow {has_not}."
    return f"Slow passes {' and '.join(passed)}{f', and {has_not}' if behind else ''}."


def _comparable(a: JobView, b: JobView) -> bool:
    """Whether two runs have the same objective.

    A run may be steered later, since the points after that do not count.
    """
    names = [name for name in _JUDGED_BY if name != "objective" or not (_is_steered(a) or _is_steered(b))]
    return all(getattr(a.recipe, name) == getattr(b.recipe, name) for name in names)


def _is_steered(view: JobView) -> bool:
    return any(event.startswith("steered") for point in view.points for event in point.events)


def _fast_total(balanced: JobView | None, slow: JobView | None) -> float | None:
    """The fast result's total: from slow's reference losses, or else from balanced, which starts at it."""
    if slow and "fast" in slow.reference_losses:
        return slow.reference_losses["fast"]["total"]
    if balanced and balanced.recipe.start == "fast" and balanced.points and balanced.points[0].step == 0:
        return balanced.points[0].losses["total"]
    return None


def fast_seconds(fast: JobView | None) -> float | None:
    """Duration of the fast pass, with which balanced starts too; None while it is unknown."""
    seconds = ((fast and fast.report) or {}).get("seconds", {}).get("run")
    return None if not seconds else float(seconds)


def _final_total(balanced: JobView | None) -> float | None:
    """Balanced's last total, once it has ended."""
    curve = _curve(balanced.points) if balanced and balanced.state in _ENDED else ()
    return curve[-1][1] if curve else None


def _is_full(point: CurvePoint, view: JobView) -> bool:
    return point.scale_px in (0, view.recipe.longest_edge_px)


def _curve(points: Sequence[CurvePoint], offset: float = 0.0) -> Curve:
    """Totals against seconds, until the objective is steered."""
    curve = []
    for point in points:
        if any(event.startswith("steered") and "weight" in event for event in point.events):
            break
        if "total" in point.losses:
            curve.append((point.seconds + offset, point.losses["total"]))
    return tuple(curve)
