"""The finished example that a first visit sees: small pictures made by the real engines and kept with the code."""

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
    """One photograph in one style, both ways; any picture may be missing.

    Attributes:
        pictures: encoded picture by name: content, style, slow, fast.
        titles: what each picture is, in a few words.
        facts: how each was made, for its caption.
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


@dataclass(frozen=True)
class Curves:
    """How the example's slow run went, and where its fast result stands.

    Attributes:
        number: the step of each point, rising.
        seconds: when each was done, since the first began.
        scales: the longest edge in pixels that each was painted at.
        losses: the weighted terms by name, a value for each point.
        fast_total: the fast result's total under the same objective.
        fast_seconds: how long its pass took.
    """

    number: Sequence[int]
    seconds: Sequence[float]
    scales: Sequence[int]
    losses: Mapping[str, Sequence[float]]
    fast_total: float
    fast_seconds: float

    @property
    def levels(self) -> dict[str, dict[str, float]]:
        """The fast result as a level line of the chart."""
        return {"fast": {"total": self.fast_total}}

    def points(self) -> tuple[CurvePoint, ...]:
        """The curve as the chart takes it; imports the core's views, which a first paint must not wait for."""
        from nst_core.runs.curve import CurvePoint

        terms = ({name: values[i] for name, values in self.losses.items()} for i in range(len(self.number)))
        before = (0, *self.scales)
        marks = ((f"scale {now} px",) if now != then else () for then, now in zip(before, self.scales, strict=False))
        return tuple(map(CurvePoint, self.number, self.seconds, terms, marks, self.scales))


@cache
def curves() -> Curves | None:
    """The example's curves, or None where the file is missing or damaged."""
    try:
        told = json.loads((FOLDER / "curve.json").read_text("utf-8"))
        fast = told["fast"]
        columns = (told[name] for name in ("number", "seconds", "scales", "losses"))
        found = Curves(*columns, float(fast["total"]), float(fast["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lengths = {len(values) for values in (found.number, found.seconds, found.scales, *found.losses.values())}
    return found if len(lengths) == 1 and found.number and "total" in found.losses else None
