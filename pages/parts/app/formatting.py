"""Durations and figures as short texts."""

from __future__ import annotations

import math
import time

_LEAST_FIGURE = 0.0001


def duration(seconds: float) -> str:
    """A duration: 0.8 s, 42 s, 3 min 5 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def approximate_duration(seconds: float) -> str:
    """An estimated duration, rounded as coarsely as an estimate deserves: 7 s, 40 s, 3 min, 1.5 h."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 57.5 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h"


def time_ago(moment: float, now: float | None = None) -> str:
    """The time since a moment: just now, 5 min ago, 3 h ago, 2 days ago.

    Args:
        moment: seconds since 1970.
        now: seconds since 1970; None takes the clock.
    """
    minutes = ((time.time() if now is None else now) - moment) / 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes:.0f} min ago"
    if minutes < 36 * 60:
        return f"{minutes / 60:.0f} h ago"
    return f"{minutes / 1440:.0f} days ago"


def three_digits(value: float) -> str:
    """A figure in three digits, with an exponent where it is very small or large: 0.0849, 12.3, 231, 2.31e5."""
    if value and not 1e-3 <= abs(value) < 99_950:
        digits, exponent = f"{value:.2e}".split("e")
        return f"{digits}e{int(exponent)}"
    return f"{float(f'{value:.3g}'):g}"


def with_unit(value: float) -> str:
    """A figure in three digits, with a letter for thousands and above: < 0.0001, 0.0849, 12.3, 863 k, 432 M, 315 bn."""
    if 0 < abs(value) < _LEAST_FIGURE:
        return f"{'<' if value > 0 else '>'} {math.copysign(_LEAST_FIGURE, value):.4f}"
    for unit, size in (("bn", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * size:
            return f"{float(f'{value / size:.3g}'):,g} {unit}"
    return f"{value:.3g}"


def size_text(megabytes: float) -> str:
    """The size of a file: 40 kB, 1.2 MB, 30 MB."""
    if megabytes < 1:
        return f"{max(1, round(megabytes * 1000))} kB"
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"
