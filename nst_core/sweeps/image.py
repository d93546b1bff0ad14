"""A sheet as one PNG: its cells in the size in which they were painted, with titles and labels along both sides."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from nst_core.sweeps.filler import Cell
    from nst_core.sweeps.runner import Sweep

_PAPER, _INK, _EMPTY = (251, 249, 245), (34, 31, 27), (243, 239, 231)
_GAP_PX, _FONT_PX = 10, 16
_LINE_PX = _FONT_PX + _GAP_PX
MARGIN_PX = 2 * _LINE_PX + _GAP_PX
"""Width of the band along a side that holds its title and labels."""


def to_png(sweep: Sweep) -> bytes:
    """The sheet as a PNG; cells that are not painted stay empty."""
    from PIL import Image

    across, down = sweep.plan.across, sweep.plan.down
    pictures = [_decoded(cell) for cell in sweep.cells]
    width, height = next((picture.size for picture in pictures if picture), (192, 144))
    top = _axis(across.title, across.labels, width)
    # Labels of the side read from bottom to top, so the last row comes first before the band is turned.
    side = _axis(down.title, down.labels[::-1], height).rotate(90, expand=True)
    sheet = Image.new("RGB", (MARGIN_PX + top.width, MARGIN_PX + side.height), _PAPER)
    sheet.paste(top, (MARGIN_PX, 0))
    sheet.paste(side, (0, MARGIN_PX))
    for number, picture in enumerate(pictures):
        row, column = divmod(number, len(across.labels))
        corner = (MARGIN_PX + column * (width + _GAP_PX), MARGIN_PX + row * (height + _GAP_PX))
        sheet.paste(picture or Image.new("RGB", (width, height), _EMPTY), corner)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _axis(title: str, labels: Sequence[str], step_px: int) -> Image.Image:
    """A band with a title in its middle, and a label at the middle of each cell along it."""
    from PIL import Image, ImageDraw, ImageFont

    length = len(labels) * (step_px + _GAP_PX)
    band = Image.new("RGB", (length, MARGIN_PX), _PAPER)
    draw, font = ImageDraw.Draw(band), ImageFont.load_default(_FONT_PX)
    centre = (length - _GAP_PX) / 2
    draw.text((centre, _GAP_PX), title, _INK, font, anchor="ma", stroke_width=0.4)
    for number, label in enumerate(labels):
        draw.text((number * (step_px + _GAP_PX) + step_px / 2, _GAP_PX + _LINE_PX), label, _INK, font, anchor="ma")
    return band


def _decoded(cell: Cell) -> Image.Image | None:
    from PIL import Image

    from nst_core.picture.encoded import opaque

    if cell.state != "painted" or cell.picture is None:
        return None
    with Image.open(io.BytesIO(cell.picture)) as image:
        return opaque(image)
