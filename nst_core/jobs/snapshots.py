"""Which pictures of a run are kept: a bounded number, evenly, the first and the newest always among them."""

from __future__ import annotations

from collections.abc import Sequence


def thinned(numbers: Sequence[int], most: int) -> list[int]:
    """At most so many of the rising step `numbers`; `most` is 2 or more.

    The one whose absence leaves the smallest gap goes first. It needs no memory of what went before, so that a run
    that is gone on with is thinned as one that was never broken.
    """
    kept = list(numbers)
    while len(kept) > most:
        gaps = [after - before for before, after in zip(kept, kept[2:], strict=False)]
        del kept[1 + gaps.index(min(gaps))]
    return kept


def nearest(numbers: Sequence[int], wanted: int) -> int:
    """The kept step next to one that is wanted; there must be one."""
    return min(numbers, key=lambda number: abs(number - wanted))
