"""Contact sheets: small pictures of all results with their names, on pages of bounded size."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nst_core.picture.decode import Bytes
from nst_core.picture.encoded import opaque

if TYPE_CHECKING:
    from PIL import Image, ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

CELL_PX = 224
"""Longest edge of a small picture."""
COLUMNS, ROWS = 6, 6
"""Pictures on a page: it is at most 1,426 x 1,678 px."""
MOST_COLUMNS = 8
_GAP_PX, _FONT_PX, _LINES = 12, 14, 2
_LINE_PX = _FONT_PX + 4
_LINE_CHARACTERS = 80
"""More than the narrowest characters that fit into a line."""
_PAPER, _INK, _EMPTY, _WARNING = (251, 249, 245), (34, 31, 27), (233, 228, 219), (150, 40, 30)


@dataclass(frozen=True)
class SheetCell:
    """A place on a sheet.

    Attributes:
        caption: the name below the picture.
        picture: a small picture in a file format, or None if there is none.
        problem: why there is none, in a few words.
    """

    caption: str
    picture: bytes | None = field(default=None, repr=False)
    problem: str = ""


def thumbnail(pixels: Bytes) -> bytes:
    """A small JPEG of a picture, uint8 [H, W, 3]; made fast, since every result has one."""
    from PIL import Image

    small = Image.fromarray(pixels)
    small.thumbnail((CELL_PX, CELL_PX), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return file.getvalue()


def read_thumbnail(path: Path) -> bytes | None:
    """A small JPEG of a picture file; None if it cannot be read."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path) as image:
            return thumbnail(np.asarray(opaque(image)))
    except (OSError, ValueError):
        return None


def columns_for(styles: int) -> int:
    """The columns of a sheet: one for each style if every content is in each of them, so that a row is a content."""
    return styles if 2 <= styles <= MOST_COLUMNS else COLUMNS


def pages(cells: Iterable[SheetCell], columns: int = COLUMNS, kind: str = "JPEG") -> Iterator[bytes]:
    """The pages of a contact sheet, each a file of this kind; one page and its cells are in memory at a time.

    Args:
        cells: the pictures, row by row.
        columns: pictures in a row.
        kind: "JPEG" or "PNG".
    """
    remaining = iter(cells)
    while on_page := list(islice(remaining, columns * ROWS)):
        yield page(on_page, columns, kind)


def page(cells: Sequence[SheetCell], columns: int, kind: str) -> bytes:
    """One page, of at most `columns` times `ROWS` cells, as a file of this kind."""
    file = io.BytesIO()
    _page(cells, columns).save(file, kind, quality=88)
    return file.getvalue()


def _page(cells: Sequence[SheetCell], columns: int) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    across, down = min(columns, len(cells)), -(-len(cells) // columns)
    step_x, step_y = CELL_PX + _GAP_PX, CELL_PX + _GAP_PX + _LINES * _LINE_PX
    page = Image.new("RGB", (across * step_x + _GAP_PX, down * step_y + _GAP_PX), _PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(_FONT_PX)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        _paste(page, draw, font, cell, (_GAP_PX + column * step_x, _GAP_PX + row * step_y))
    return page


def _paste(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    font: FreeTypeFont | ImageFont,
    cell: SheetCell,
    corner: tuple[int, int],
) -> None:
    """Draw a cell with its upper left corner at (x, y)."""
    from PIL import Image

    left, top = corner
    if cell.picture is None:
        draw.rectangle((left, top, left + CELL_PX - 1, top + CELL_PX - 1), _EMPTY)
    else:
        with Image.open(io.BytesIO(cell.picture)) as image:
            small = image.convert("RGB")
        small.thumbnail((CELL_PX, CELL_PX))
        page.paste(small, (left + (CELL_PX - small.width) // 2, top + (CELL_PX - small.height) // 2))
    for number, line in enumerate(_broken(cell.caption, font, _LINES)):
        draw.text((left, top + CELL_PX + 4 + number * _LINE_PX), line, _INK, font)
    for number, line in enumerate(_broken(cell.problem, font, 6)):
        draw.text((left + 8, top + 8 + number * _LINE_PX), line, _WARNING, font)


def _broken(text: str, font: FreeTypeFont | ImageFont, most: int) -> list[str]:
    """A text in lines that are at most `CELL_PX` long; what does not fit into `most` lines ends in an ellipsis."""
    lines: list[str] = []
    while text:
        fits = next(
            n
            for n in range(min(len(text), _LINE_CHARACTERS), 0, -1)
            if n == 1 or font.getlength(text[:n]) <= CELL_PX - 16
        )
        if fits < len(text) and len(lines) == most - 1:
            return [*lines, f"{text[: fits - 1]}…"]
        space = text.rfind(" ", 1, fits + 1) if fits < len(text) else -1
        cut = space if space > 0 else fits
        lines.append(text[:cut].strip())
        text = text[cut:].strip()
    return lines
