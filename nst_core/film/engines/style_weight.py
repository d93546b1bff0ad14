"""The style's weight in a scene of a slow film: what its first frame found holds for all of its frames.

The first frame is a picture's run, which finds a factor of the style's weight for these pictures: by the style's
contrast (`style_normalisation`), and by what is left of the photograph (`adaptive_balance`). With another factor, the
frames after it would drift from its look.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nst_core.film.engines.frames import Carried
from nst_core.recipe import Recipe
from nst_core.step import Step

_NAME = "style weight"


@dataclass(frozen=True)
class StyleWeight:
    """A factor of the style's weight.

    Attributes:
        factor: the whole factor, see `objective.bind`; None: it is to be found for the present mixture of styles, which
            keyframes may change.
        ratio: the part of it that `adaptive_balance` found.
    """

    factor: float | None = None
    ratio: float = 1.0

    @classmethod
    def found(cls, step: Step) -> StyleWeight:
        """What a run has found at a step."""
        has_style = any(name.startswith("style/") for name in step.losses)
        ratio = step.state().get("style_ratio", 1.0) if step.state else 1.0
        return cls(step.style_factor if has_style else None, float(ratio))

    @classmethod
    def carried(cls, values: Carried, recipe: Recipe) -> StyleWeight:
        """From what the frame before carried; nothing is known if it carried no weight, as in films begun earlier."""
        if _NAME not in values:
            return cls()
        factor, ratio, *shares = map(float, values[_NAME])
        is_known = shares == _shares(recipe) and math.isfinite(factor)
        return cls(factor if is_known else None, ratio)

    def times(self, factor: float) -> StyleWeight:
        """The weight, multiplied by a factor."""
        return StyleWeight(self.factor if self.factor is None else self.factor * factor, self.ratio * factor)

    def carry(self, recipe: Recipe) -> Mapping[str, np.ndarray]:
        """As `carried` reads it."""
        return {_NAME: np.array([math.nan if self.factor is None else self.factor, self.ratio, *_shares(recipe)])}


def _shares(recipe: Recipe) -> list[float]:
    return [float(style.weight) for style in recipe.styles]
