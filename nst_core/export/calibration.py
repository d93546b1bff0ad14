"""Pictures for the export: some give the ranges of activations for 8-bit integers, others check the files.

No picture does both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nst_core.export.manifest import Part
from nst_core.models.stylisation import STYLE_EDGE_PX, StylisationModule
from nst_core.picture import samples
from nst_core.step import Pixels

HELD_OUT = (("chelsea", "night-swirls"), ("chelsea", "hubble"), ("rocket", "rose-window"), ("rocket", "brick"))
"""Keys of the photographs and styles that check the files."""
PAIRS = 12
"""Number of pictures that the ranges are taken from: more pictures hardly change the ranges."""


def inputs(part: Part, size_px: int, module: StylisationModule) -> list[dict[str, np.ndarray]]:
    """Inputs by name, from which to take the ranges: photographs, each with another style."""
    kept_back = {key for pair in HELD_OUT for key in pair}
    contents, styles = (
        [each.key for each in offered if each.key not in kept_back]
        for offered in (samples.contents(), samples.styles())
    )
    pairs = [(contents[n % len(contents)], style) for n, style in enumerate(styles[:PAIRS])]
    if part == "style_predict":
        return [{"style": square(style, size_px)} for _, style in pairs]
    return [
        {"content": square(content, size_px), "vector": vector(module, square(style, STYLE_EDGE_PX))}
        for content, style in pairs
    ]


def square(key: str, side_px: int) -> Pixels:
    """The middle of a sample picture, [1, side, side, 3] in [0, 1]."""
    import tensorflow as tf

    whole = samples.find(key).load().tensor()
    side = min(whole.shape[1:3])
    top, left = ((length - side) // 2 for length in whole.shape[1:3])
    middle = whole[:, top : top + side, left : left + side]
    resized: Any = tf.image.resize(middle, (side_px, side_px), antialias=True)
    return np.asarray(np.clip(resized, 0, 1), np.float32)


def vector(module: StylisationModule, style: Pixels) -> np.ndarray:
    """The style vector, [1, 1, 1, 100], of a picture."""
    return np.asarray(module.style_vector(style), np.float32)
