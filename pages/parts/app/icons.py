"""The icons of the installed app, drawn from `mark.svg`: `python -m pages.parts.app.icons` writes them."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageChops, ImageDraw

MARK = Path(__file__).with_name("mark.svg")
FOLDER = Path(__file__).with_name("icons")
_SVG = "{http://www.w3.org/2000/svg}"
_GROUND = "#FBF9F5"
_FINER = 8
"""Pixels are drawn this many times as fine, and averaged."""
SHARES = {
    "icon-192.png": (192, 0.84),
    "icon-512.png": (512, 0.84),
    "maskable-512.png": (512, 0.6),
    "apple-180.png": (180, 0.76),
}
"""File -> its edge in pixels, and the share of it that the mark takes: systems cut the corners off a maskable icon."""


def drawn() -> dict[str, bytes]:
    """Every icon as PNG, by file name."""
    return {name: _icon(edge_px, share) for name, (edge_px, share) in SHARES.items()}


def stored() -> dict[str, bytes]:
    """The icons of this version, by file name."""
    return {name: (FOLDER / name).read_bytes() for name in SHARES}


def _icon(edge_px: int, share: float) -> bytes:
    """The mark in the middle of a square: two discs, and their common part in a third colour, as in the SVG."""
    svg = ElementTree.parse(MARK).getroot()  # noqa: S314 - our own file
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    size = edge_px * _FINER
    scale = size * share / width
    image, common = Image.new("RGB", (size, size), _GROUND), Image.new("L", (size, size), 255)
    for disc in svg.iter(f"{_SVG}circle"):
        x, y, radius = (float(disc.attrib[name]) for name in ("cx", "cy", "r"))
        middle = (size / 2 + (x - width / 2) * scale, size / 2 + (y - height / 2) * scale)
        mask = Image.new("L", (size, size))
        ImageDraw.Draw(mask).circle(middle, radius * scale, fill=255)
        image.paste(disc.attrib["fill"], mask=mask)
        common = ImageChops.multiply(common, mask)
    lens = svg.find(f"{_SVG}path")
    image.paste(lens.attrib["fill"] if lens is not None else _GROUND, mask=common)
    small = image.resize((edge_px, edge_px), Image.Resampling.BOX).quantize(32, dither=Image.Dither.NONE)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, png in drawn().items():
        (FOLDER / name).write_bytes(png)
