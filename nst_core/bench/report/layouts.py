"""The layout of a table of measurements, and the texts of its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.bench.report.measured import Measurement

NOT_MEASURED = "–"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """The layout of the table of one kind of measurement: title, head, sort key, cells and notes."""

    title: str
    head: tuple[str, ...]
    key: Callable[[Row], tuple[Any, ...]]
    cells: Callable[[Row], tuple[str, ...]]
    notes: Callable[[Sequence[Measurement]], Iterator[str]]


def levels(value: float) -> str:
    """An error in 1/255, in two digits."""
    return f"{value:#.2g}" if value < 10 else f"{value:.0f}"


def edge(row: Row) -> str:
    """The longest edge."""
    return f"{row['size']:,} px"


def duration(seconds: float | None) -> str:
    """A time, in two digits; a dash if there is none."""
    if seconds is None:
        return NOT_MEASURED
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:#.2g} s"


def median(spread: Mapping[str, float] | None) -> str:
    """The median of a time's spread; a dash if there is none."""
    return duration(spread["median"] if spread else None)


def percent(share: float | None) -> str:
    """A share in percent; a dash if there is none."""
    return NOT_MEASURED if share is None else f"{100 * share:.0f} %"


def peak_memory(row: Row) -> str:
    """The peak memory, in GB."""
    return f"{row['peak_rss_mb'] / 1000:.2f} GB"
