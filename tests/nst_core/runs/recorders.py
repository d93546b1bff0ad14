"""Pictures, Steps and recipes that the tests of the runner and of its reports share."""

from typing import Any

import numpy as np

from nst_core.picture import crop
from nst_core.recipe import make
from nst_core.step import Step

CONTENT = np.zeros((1, 4, 4, 3), np.float32)
PAINTED = np.full((1, 4, 4, 3), 0.5, np.float32)
RAW = np.random.default_rng(5).random((1, 4, 4, 3), np.float32)
VIVID = np.random.default_rng(6).random((1, 8, 8, 3), np.float32)
METHODS = ["slow", "fast", "balanced"]
CROPS = [{"crop": (0.5, 0, 1, 1)}, {"rotation_deg": 90}, {"crop": (0, 0.25, 1, 1), "rotation_deg": 30}]


def step(number: int = 1, seconds: float = 0.0, picture: Any = None, state: Any = None) -> Any:
    return Step(number, 9, 4, seconds, {}, picture, state)


def cropped_styles(crops: Any, **settings: Any) -> Any:
    """Three originals, a recipe that crops at parts of them, and those parts."""
    originals = [np.random.default_rng(n).random((1, 80, 60 + n, 3), np.float32) for n in range(len(crops))]
    recipe = make(settings={"styles": [{"sha256": "0" * 64, **one} for one in crops], **settings})
    return originals, recipe, [crop.crop_style(o, **one) for o, one in zip(originals, crops, strict=True)]
