"""Original style pictures, drawn by code: no licence, no download, any size.

Each is a pure function of size and seed and looks the same at every size: compositions are laid out on the unit square
and noise lives on lattices of fixed fineness. The structure is that of paint: strokes, stones and cuts some 4 to 20 px
wide at 512 px, which is the scale that a style network reads.
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
"""Every drawing by key, the most beautiful first."""


def draw(key: str, height: int, width: int, seed: int = 0) -> Field:
    """The drawing, float32 [height, width, 3] in [0, 1]: a square, cropped around its middle."""
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    return DRAWINGS[key](size, seed)[top : top + height, left : left + width].astype(np.float32)
