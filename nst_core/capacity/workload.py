"""What visitors ask of a server: how many runs a second, of which methods and sizes, and how long they wait for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, make

SECONDS_A_DAY = 86_400.0
DEFAULT_MIX = "fast:512=0.6,slow:384=0.25,balanced:384=0.15"
"""An assumption, not a measurement: most visitors try the quick method first."""


@dataclass(frozen=True)
class RunKind:
    """Runs of one method and size.

    Attributes:
        method: slow, fast or balanced.
        edge_px: longest edge of the result.
        share: of all runs, in [0, 1].
    """

    method: str
    edge_px: int
    share: float

    @property
    def name(self) -> str:
        """The kind in words."""
        return f"{self.method}, {self.edge_px:,} px"

    def recipe(self) -> Recipe:
        """A recipe of this kind, with the settings that a visitor finds on the page. Raises RecipeError."""
        return make(settings={"method": self.method, "longest_edge_px": self.edge_px})


@dataclass(frozen=True)
class Workload:
    """The runs of a day.

    Attributes:
        visitors: in a day.
        runs_each: runs that a visitor starts, on average.
        peak: runs of the busiest hour, as a multiple of those of an average hour.
        on_device: the share of runs that visitors' own devices paint, in [0, 1].
        kinds: the kinds of runs; their shares add up to 1.
        patience_seconds: how long a visitor waits for a run before they leave, on average; 0: for ever.
    """

    visitors: float
    kinds: Sequence[RunKind]
    runs_each: float = 1.5
    peak: float = 3.0
    on_device: float = 0.0
    patience_seconds: float = 300.0

    @property
    def runs_a_day(self) -> float:
        """Runs that the server paints in a day."""
        return self.visitors * self.runs_each * (1 - self.on_device)

    @property
    def arrivals_a_second(self) -> float:
        """Runs that arrive at the server in a second of the busiest hour."""
        return self.runs_a_day / SECONDS_A_DAY * self.peak


def read_mix(text: str) -> tuple[RunKind, ...]:
    """The kinds of runs of a text such as `fast:512=0.6,slow:384=0.4`; shares are scaled to a sum of 1.

    Raises:
        RecipeError: it is not of that form, a share is not positive, or a method or size does not exist.
    """
    kinds = []
    for part in text.split(","):
        name, _, share = part.partition("=")
        method, _, edge = name.strip().partition(":")
        try:
            kinds.append(RunKind(method, int(edge), float(share)))
        except ValueError:
            raise RecipeError(f"a kind of runs must be like slow:384=0.25, got {part.strip()!r}") from None
    if min(kind.share for kind in kinds) <= 0 or not sum(kind.share for kind in kinds) < float("inf"):
        raise RecipeError(f"each kind of runs must have a share above 0, got {text!r}")
    total = sum(kind.share for kind in kinds)
    scaled = tuple(RunKind(kind.method, kind.edge_px, kind.share / total) for kind in kinds)
    for kind in scaled:
        kind.recipe()
    return scaled
