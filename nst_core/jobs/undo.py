"""How long a stop or a deletion can be undone, and for how many runs at most."""

from __future__ import annotations

from collections.abc import Mapping

UNDO_SECONDS = 600.0
"""How long a stopped run keeps the checkpoint from which it can go on, and a deleted run is only hidden."""
MOST_STOPPED = 12
"""The most stopped runs that keep their checkpoints, which are large; of further ones the oldest lose theirs."""
MOST_HIDDEN = 60
"""The most hidden runs; of further ones the oldest are removed at once."""
HIDDEN = "its owner deleted this run a moment ago; they can still undo that, and nobody else can open it"


def past(since: Mapping[str, float], most: int, now: float) -> list[str]:
    """The runs that cannot be undone any more, the oldest first.

    Args:
        since: run -> when it was stopped or hidden, in seconds since 1970.
        most: how many may stay.
        now: the time, in the same unit.
    """
    oldest_first = sorted(since, key=lambda job: since[job])
    surplus = oldest_first[: max(0, len(oldest_first) - most)]
    return [job for job in oldest_first if job in surplus or now - since[job] >= UNDO_SECONDS]
