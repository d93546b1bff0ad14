"""Selects the snapshots of a run that are stored: a bounded number, evenly spread, with the first and the newest."""

from __future__ import annotations

from collections.abc import Sequence


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most `most` of the rising `steps`, with the first and the last; `most` is 2 or more.

    The step whose removal leaves the smallest gap goes first. The choice depends on `steps` alone, so that a resumed
    run is thinned like one that was never interrupted.
    """
    remaining = list(steps)
    while len(remaining) > most:
        gaps = [after - before for before, after in zip(remaining, remaining[2:], strict=False)]
        del remaining[1 + gaps.index(min(gaps))]
    return remaining


def nearest(steps: Sequence[int], wanted: int) -> int:
    """The stored step nearest to a wanted one; `steps` must not be empty."""
    return min(steps, key=lambda step: abs(step - wanted))
