"""The icons are those of the mark, and the manifest names each with its real size."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from nst_core.server.install_routes import MANIFEST
from pages.parts.app import icons


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"), np.int16)


def test_the_stored_icons_are_drawn_from_the_mark() -> None:
    drawn = icons.drawn()
    for name, png in icons.stored().items():
        assert np.abs(_pixels(png) - _pixels(drawn[name])).mean() < 1
        assert len(png) < 8_000


def test_the_mark_stays_within_the_part_that_no_system_cuts_off() -> None:
    pixels = _pixels(icons.stored()["maskable-512.png"])
    y, x = np.nonzero(np.abs(pixels - pixels[0, 0]).sum(axis=2))
    assert np.hypot(x - 255.5, y - 255.5).max() < 0.4 * 512


def test_the_manifest_names_every_icon_with_its_size() -> None:
    for icon in MANIFEST["icons"]:
        edge = _pixels(icons.stored()[icon["src"].rpartition("/")[2]]).shape[0]
        assert icon["sizes"] == f"{edge}x{edge}"
