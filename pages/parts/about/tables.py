"""HTML tables with escaped cells, which scroll sideways on narrow screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape

import streamlit as st

from pages.parts.app.web import Html

Cell = str | Html
"""Plain text, or HTML that is shown as it is."""
SHORT_CELL = 12
"""Cells with at most this many characters are not broken into lines."""


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, label: str, numbers: Sequence[int] = ()) -> None:
    """Show a table whose first column names its rows.

    Args:
        head: names of the columns.
        rows: one cell for each column; the first is plain text.
        label: the table's title for screen readers.
        numbers: indices of right-aligned columns, so that their digits are aligned.
    """
    st.html(_markup(tuple(head), tuple(map(tuple, rows)), label, tuple(numbers)))


@lru_cache(maxsize=64)
def _markup(head: tuple[str, ...], lines: tuple[tuple[Cell, ...], ...], label: str, numbers: tuple[int, ...]) -> Html:
    """The table's HTML, made once for all visitors."""
    aligned = [' class="num"' if column in numbers else "" for column in range(len(head))]
    top = "".join(f'<th scope="col"{how}>{escape(word)}</th>' for word, how in zip(head, aligned, strict=True))
    whole = [how or _short_class(cells) for how, cells in zip(aligned, zip(*lines, strict=True), strict=True)]
    body = "".join(f"<tr>{_cells(row, whole)}</tr>" for row in lines)
    return Html(
        f'<div class="nst-scroll" role="region" aria-label="{escape(label)}" tabindex="0"><table class="nst-table">'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[Cell], aligned: Sequence[str]) -> str:
    first, *rest = (cell.text if isinstance(cell, Html) else escape(cell) for cell in row)
    cells = "".join(f"<td{how}>{cell}</td>" for cell, how in zip(rest, aligned[1:], strict=True))
    return f'<th scope="row"{aligned[0]}>{first}</th>{cells}'


def _short_class(cells: Sequence[Cell]) -> str:
    return ' class="short"' if all(isinstance(cell, Html) or len(cell) <= SHORT_CELL for cell in cells) else ""
