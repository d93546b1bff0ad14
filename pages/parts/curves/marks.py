"""What happened on a run's way: which steps, and where their words stand above the curves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pages.parts.curves.levels import Levels, passings

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

COLOUR = "#7C828D"
"""Of a mark's line and words: legible on paper and on night."""

ROWS = 3
"""Rows of words above the curves. A mark whose words find no room in them keeps its line, and tells when hovered."""

BAND = 0.24
"""Share of the height that the rows take."""

LETTER = 0.0105
"""About the width of a letter, as a share of the axis on a page's canvas."""

LETTER_NARROW = 0.02
"""The same on a phone."""


def marks(points: Sequence[CurvePoint], levels: Levels | None = None) -> list[tuple[int, str]]:
    """The steps where something happened or a level was passed, with what it was; one entry a step."""
    happened = {point.step: list(point.events) for point in points if point.events}
    for step, text in passings(points, levels or {}):
        happened.setdefault(step, []).append(text)
    return [(step, ", ".join(texts)) for step, texts in sorted(happened.items())]


def drawn(happened: Sequence[tuple[float, str]], end: float, letter: float = LETTER) -> dict[str, Any]:
    """A line for each mark and, where there is room, its words: the `shapes` and `annotations` of a Plotly layout.

    Args:
        happened: where on the x axis, and what.
        end: where the axis ends.
        letter: the width of a letter, as a share of the axis.
    """
    placed = rows(happened, end, letter)
    tops = [1 - BAND if row is None else 1 - row * BAND / ROWS for row in placed]
    line = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "layer": "below",
        "line": {"color": COLOUR, "width": 1, "dash": "dot"},
    }
    return {
        "shapes": [line | {"x0": at, "x1": at, "y1": top} for (at, _), top in zip(happened, tops, strict=True)],
        "annotations": [
            _words(at, text, end, top, letter)
            for (at, text), top, row in zip(happened, tops, placed, strict=True)
            if row is not None
        ],
    }


def rows(happened: Sequence[tuple[float, str]], end: float, letter: float = LETTER) -> list[int | None]:
    """The row for each mark's words, the topmost that is free there; None where none is."""
    taken = [0.0] * ROWS
    placed: list[int | None] = []
    for at, text in happened:
        left, right = extent(at / end, text, letter)
        row = next((row for row in range(ROWS) if taken[row] <= left), None)
        if row is not None:
            taken[row] = right
        placed.append(row)
    return placed


def extent(at: float, text: str, letter: float = LETTER) -> tuple[float, float]:
    """The shares of the axis that a mark's words take: to the right of it if they fit there, else to the left."""
    width = letter * (len(text) + 1)
    return (at, at + width) if at + width <= 1 else (at - width, at)


def _words(at: float, text: str, end: float, top: float, letter: float) -> dict[str, Any]:
    rightwards = extent(at / end, text, letter)[0] == at / end
    return {
        "text": escape(text),
        "showarrow": False,
        "font": {"size": 11, "color": COLOUR},
        "x": at,
        "xshift": 3 if rightwards else -3,
        "xanchor": "left" if rightwards else "right",
        "y": top,
        "yref": "paper",
        "yanchor": "top",
    }
