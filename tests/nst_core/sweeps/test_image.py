"""A sheet as one PNG."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image

from nst_core.sweeps import image
from nst_core.sweeps.filler import Cell
from nst_core.sweeps.runner import Sweep
from tests.nst_core.sweeps.examples import encoded
from tests.nst_core.sweeps.test_runner import states


def test_the_file_holds_every_cell_at_its_position(sweep: Sweep) -> None:
    states(sweep)
    for number in range(6):
        sweep.filler.cells[number] = replace(sweep.cells[number], picture=encoded((40 * number, 0, 0), "PNG"))
    sweep.filler.cells[3] = Cell("failed", error="it diverged")
    sheet = Image.open(io.BytesIO(image.to_png(sweep)))
    step, margin = 10, image.MARGIN_PX
    assert sheet.size == (margin + 3 * (64 + step), margin + 2 * (48 + step))
    middles = [(margin + x * (64 + step) + 32, margin + y * (48 + step) + 24) for y in range(2) for x in range(3)]
    pixels = [sheet.getpixel(middle) for middle in middles]
    assert [pixel for n, pixel in enumerate(pixels) if n != 3] == [(40 * n, 0, 0) for n in range(6) if n != 3]
    assert min(pixels[3]) > 200, "a cell without a picture is left empty"  # type: ignore[arg-type]
    top, side = sheet.crop((margin, 0, sheet.width, margin)), sheet.crop((0, margin, margin, sheet.height))
    assert all(min(band.convert("L").getdata()) < 100 for band in (top, side)), "both sides have their labels"
