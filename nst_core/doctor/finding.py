"""The result of a check: a level, one sentence, and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        level: "problem" if something does not work, "warning" if something may not or only in part.
        text: one sentence, without a full stop.
        remedy: what to do about it; "" if nothing has to be done.
    """

    level: Level
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    """Something that is as it should be, or a fact."""
    return Finding("ok", text)


def warning(text: str, remedy: str) -> Finding:
    """Something that may go wrong, or works only in part."""
    return Finding("warning", text, remedy)


def problem(text: str, remedy: str) -> Finding:
    """Something that does not work."""
    return Finding("problem", text, remedy)


def megabytes(size: float) -> str:
    """A number of bytes for people, such as "1.3 GB" or "12 MB"."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, such as "1 run" or "3 runs"; `many` where the plural is not `one` with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
