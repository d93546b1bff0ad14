"""The finished example of the first screen: small pictures and a curve that the real engines made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nst_core.runs.curve import CurvePoint

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """One photograph in one style, painted by both methods; any picture may be missing.

    Attributes:
        pictures: encoded picture by name: content, style, slow, fast.
        titles: a few words for each picture.
        facts: for each picture's caption, how it was made.
    """

    pictures: dict[str, bytes]
    titles: dict[str, str]
    facts: dict[str, str]


NAMES = ("content", "style", "fast", "slow")


@cache
def example() -> Example:
    """The example in the folder; files that are missing or damaged are left out."""
    pictures = {name: (FOLDER / f"{name}.webp").read_bytes() for name in NAMES if (FOLDER / f"{name}.webp").is_file()}
    try:
        words = json.loads((FOLDER / "example.json").read_text("utf-8"))
    except (OSError, ValueError):
        words = {}
    return Example(pictures, words.get("titles", {}), words.get("facts", {}))


@dataclass(frozen=True, eq=False)  # one object for all, which a cache can hold by its identity
class ExampleCurves:
    """The losses of the example's slow run, and the total of its fast result.

    Attributes:
        number: the step of each point, rising.
        seconds: the time of each point since the start of the run.
        scales: the longest edge at each point, in pixels.
        losses: the weighted terms by name, with one value a point.
        fast_total: the fast result's total under the same objective.
        fast_seconds: duration of the fast pass.
    """

    number: Sequence[int]
    seconds: Sequence[float]
    scales: Sequence[int]
    losses: Mapping[str, Sequence[float]]
    fast_total: float
    fast_seconds: float

    @property
    def reference_losses(self) -> dict[str, dict[str, float]]:
        """The fast result's total, in the form that the chart takes."""
        return {"fast": {"total": self.fast_total}}

    def points(self) -> tuple[CurvePoint, ...]:
        """The points of the curve. The import is late because a first paint must not wait for it."""
        from nst_core.runs.curve import CurvePoint

        terms = ({name: values[i] for name, values in self.losses.items()} for i in range(len(self.number)))
        previous = (0, *self.scales)
        events = ((f"scale {new} px",) if new != old else () for old, new in zip(previous, self.scales, strict=False))
        return tuple(map(CurvePoint, self.number, self.seconds, terms, events, self.scales))


@cache
def curves() -> ExampleCurves | None:
    """The example's curves, or None where the file is missing or damaged."""
    try:
        stored = json.loads((FOLDER / "curve.json").read_text("utf-8"))
        fast = stored["fast"]
        number, seconds, scales, losses = (stored[name] for name in ("number", "seconds", "scales", "losses"))
        found = ExampleCurves(number, seconds, scales, losses, float(fast["total"]), float(fast["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lengths = {len(values) for values in (found.number, found.seconds, found.scales, *found.losses.values())}
    return found if len(lengths) == 1 and found.number and "total" in found.losses else None
