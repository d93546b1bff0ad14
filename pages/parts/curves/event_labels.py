"""Events of a run on the chart: a vertical line at each, and a label above the curves if there is room. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pages.parts.curves.reference_losses import ReferenceLosses, crossovers

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint

COLOUR = "#7C828D"
"""Colour of an event's line and label: legible on the light and the dark theme."""

LABEL_ROWS = 3
"""Rows of labels above the curves. An event without room for its label keeps its line, and shows it on hover."""

LABELS_SHARE = 0.24
"""Share of the chart's height that the rows take."""

LETTER_WIDTH = 0.0105
"""About the width of a letter, as a share of the x axis on a wide screen."""

LETTER_WIDTH_NARROW = 0.02
"""About the width of a letter, as a share of the x axis on a phone."""


def events_of(points: Sequence[CurvePoint], reference_losses: ReferenceLosses | None = None) -> list[tuple[int, str]]:
    """The steps with events, crossovers included, each with one label; in the order of steps."""
    happened = {point.step: list(point.events) for point in points if point.events}
    for step, text in crossovers(points, reference_losses or {}):
        happened.setdefault(step, []).append(text)
    return [(step, ", ".join(texts)) for step, texts in sorted(happened.items())]


def event_layout(events: Sequence[tuple[float, str]], end: float, letter: float = LETTER_WIDTH) -> dict[str, Any]:
    """A line for each event and a label where it fits: the `shapes` and `annotations` of a Plotly layout.

    Args:
        events: place on the x axis, and label.
        end: the end of the x axis.
        letter: the width of a letter, as a share of the x axis.
    """
    placed = label_rows(events, end, letter)
    tops = [1 - LABELS_SHARE if row is None else 1 - row * LABELS_SHARE / LABEL_ROWS for row in placed]
    line = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "layer": "below",
        "line": {"color": COLOUR, "width": 1, "dash": "dot"},
    }
    return {
        "shapes": [line | {"x0": at, "x1": at, "y1": top} for (at, _), top in zip(events, tops, strict=True)],
        "annotations": [
            _label(at, text, end, top, letter)
            for (at, text), top, row in zip(events, tops, placed, strict=True)
            if row is not None
        ],
    }


def label_rows(events: Sequence[tuple[float, str]], end: float, letter: float = LETTER_WIDTH) -> list[int | None]:
    """The row of each label: the topmost free one; None if all are taken."""
    taken = [0.0] * LABEL_ROWS
    placed: list[int | None] = []
    for at, text in events:
        left, right = label_extent(at / end, text, letter)
        row = next((row for row in range(LABEL_ROWS) if taken[row] <= left), None)
        if row is not None:
            taken[row] = right
        placed.append(row)
    return placed


def label_extent(at: float, text: str, letter: float = LETTER_WIDTH) -> tuple[float, float]:
    """The left and right end of a label, as shares of the x axis: right of its event if it fits there, else left."""
    width = letter * (len(text) + 1)
    return (at, at + width) if at + width <= 1 else (at - width, at)


def _label(at: float, text: str, end: float, top: float, letter: float) -> dict[str, Any]:
    rightwards = label_extent(at / end, text, letter)[0] == at / end
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
