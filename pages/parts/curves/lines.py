"""Which curves of a run are drawn, and their values: a run's points in, lines out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pages.parts.curves import series

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

What = Literal["terms", "layers"]

TERMS: dict[str, tuple[str, str, str, float]] = {
    "total": ("Total", "#7C828D", "solid", 3.0),
    "content": ("Content", "#2E86C1", "solid", 2.0),
    "style": ("Style", "#DB6B30", "dash", 2.0),
    "variation": ("Variation", "#159A7A", "dot", 2.0),
}
"""Term -> title, colour, dash, width.

Okabe and Ito's hues at mid-lightness, at least 3:1 on paper and on night; the dash says the same again for eyes that do
not tell the hues apart."""

HUES = ("#2E86C1", "#DB6B30", "#159A7A", "#B0619F", "#A8892A")
"""The colours of layers and of other runs, one after another."""
DASHES = ("solid", "dash", "dot", "dashdot")
"""The next of these each time the colours begin anew."""


@dataclass(frozen=True)
class ChartOptions:
    """How curves are looked at.

    Attributes:
        what: the terms of the objective, or the style's layers one by one.
        log: whether the y axis is logarithmic; then a value of 0 is a gap.
        along: what the x axis counts.
        smoothing: weight of the past in the moving average, in [0, 1); 0 draws the values themselves.
        raw: each distance before its weight, which steering does not move; the total has none.
    """

    what: What = "terms"
    log: bool = True
    along: series.Along = "steps"
    smoothing: float = 0.0
    raw: bool = False

    @property
    def looks_back(self) -> bool:
        """Whether what is drawn at a point depends on those before it, by the average or by weights told there."""
        return bool(self.smoothing) or self.raw


@dataclass(frozen=True)
class Line:
    """One curve, a value a point: `values` as drawn, `bare` before smoothing."""

    title: str
    colour: str
    dash: str
    width: float
    values: Sequence[float | None]
    bare: Sequence[float | None]

    def at(self, shown: Sequence[int]) -> Line:
        """The same at some points alone, by their indices."""
        return replace(self, values=[self.values[i] for i in shown], bare=[self.bare[i] for i in shown])


def lines(points: Sequence[CurvePoint], sight: ChartOptions) -> list[Line]:
    """The curves of a run, by rising number of its points."""
    if sight.what == "layers":
        looks = {
            name: (name.removeprefix("style/"), HUES[i % len(HUES)], DASHES[i // len(HUES) % len(DASHES)], 2.0)
            for i, name in enumerate(series.layers(points))
        }
    else:
        looks = {name: look for name, look in TERMS.items() if not (sight.raw and name == "total")}
    return [Line(*look, *values_of(points, name, sight)) for name, look in looks.items()]


def values_of(
    points: Sequence[CurvePoint], name: str, sight: ChartOptions
) -> tuple[list[float | None], list[float | None]]:
    """A term's values as drawn, and before smoothing."""
    told = series.raw(points, name) if sight.raw else [point.losses.get(name) for point in points]
    bare = [value if value is not None and (value > 0 or not sight.log) else None for value in told]
    if not sight.smoothing:
        return bare, bare
    return series.smoothed(bare, sight.smoothing, series.restarts(points)), bare


def main_term(sight: ChartOptions) -> str:
    """The term that stands for a whole run where others are drawn beside it."""
    return "style" if sight.raw or sight.what == "layers" else "total"


def has_weights(points: Sequence[CurvePoint]) -> bool:
    """Whether the distances before their weights are known."""
    return any(point.weights for point in points)
