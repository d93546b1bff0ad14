"""Figures as people say them."""

from __future__ import annotations

import time


def spell(seconds: float) -> str:
    """A duration: 0.8 s, 42 s, 3 min 5 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def roughly(seconds: float) -> str:
    """A guess at a duration, with no more digits than a guess has: 7 s, 40 s, 3 min, 1.5 h."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 57.5 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h"


def since(then: float, now: float | None = None) -> str:
    """How long ago something was: just now, 5 min ago, 3 h ago, 2 days ago.

    Args:
        then: seconds since 1970.
        now: the same for now, unless it is now.
    """
    minutes = ((time.time() if now is None else now) - then) / 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes:.0f} min ago"
    if minutes < 36 * 60:
        return f"{minutes / 60:.0f} h ago"
    return f"{minutes / 1440:.0f} days ago"
