"""Original style pictures, drawn by code: they need no licence and no download, and come in any size.

Each drawing is a pure function of size and seed. It looks alike at every size, because its coordinates are shares of
the side and its noise has a fixed number of cells. Strokes, stones and cuts are 4 to 20 px wide at 512 px, a scale
that a style network picks up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_core.picture.procedural import cubist, dots, fluid, geometry, gold, ink, night, tiles, wave
from nst_core.picture.procedural.field import Field

Drawing = Callable[[int, int], Field]
"""(size, seed) -> float32 [size, size, 3] in [0, 1]."""

DRAWINGS: dict[str, Drawing] = {
    "night-swirls": night.night_swirls,
    "woodcut-wave": wave.woodcut_wave,
    "sun-mosaic": tiles.mosaic,
    "composition": geometry.composition,
    "golden-tree": gold.golden_tree,
    "poppies": night.poppies,
    "sails-in-dots": dots.pointillist,
    "facets": cubist.facets,
    "acrylic-pour": fluid.acrylic_pour,
    "rose-window": tiles.stained_glass,
    "ink-mountains": ink.ink_mountains,
    "marbled-paper": fluid.marbled_paper,
    "rainy-street": dots.rainy_street,
}
"""All drawings by key, in the order of the gallery."""


def draw(key: str, height: int, width: int, seed: int = 0) -> Field:
    """A drawing by its key, float32 [height, width, 3] in [0, 1].

    The drawing is a square of the longer side, cropped around its centre. Sizes are in pixels. Raises KeyError.
    """
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    return DRAWINGS[key](size, seed)[top : top + height, left : left + width].astype(np.float32)
