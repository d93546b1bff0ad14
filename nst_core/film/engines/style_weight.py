"""The style's weight in a scene of a slow film: its first frame finds it, and each frame corrects it a little.

The first frame is a picture's run, which finds a factor of the style's weight for these pictures: by the style's
contrast (`style_normalisation`), and by what is left of the photograph (`adaptive_balance`). With another factor, the
frames after it would drift from its look. They drift a little with the same factor too, since each starts from the last
result, moved along: so with `adaptive_balance` the weight follows what is left of the photograph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nst_core.film.engines.frames import Carried
from nst_core.recipe import Objective, Recipe
from nst_core.slow import balance
from nst_core.step import Step

_NAME, _DISSIMILARITY = "style weight", "dissimilarity"
MOST_RATIO = 4 * balance.HIGHEST
"""Greatest ratio to which the weight is raised after a scene's first frame."""


@dataclass(frozen=True)
class StyleWeight:
    """A factor of the style's weight.

    Attributes:
        factor: the whole factor, see `objective.bind`; None: it is to be found for the present mixture of styles, which
            keyframes may change.
        ratio: the part of it that `adaptive_balance` found.
        dissimilarity: that of the scene's first picture to its photograph, as a multiple of what the recipe wants
            (`balance.wanted_dissimilarity`); None: the weight is not adapted after the first frame.
    """

    factor: float | None = None
    ratio: float = 1.0
    dissimilarity: float | None = None

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
        dissimilarity = float(values[_DISSIMILARITY]) if _DISSIMILARITY in values else None
        return cls(factor if is_known else None, ratio, dissimilarity)

    def times(self, factor: float) -> StyleWeight:
        """The weight, multiplied by a factor."""
        return replace(
            self, factor=self.factor if self.factor is None else self.factor * factor, ratio=self.ratio * factor
        )

    def followed(self, found: float, objective: Objective, share: float) -> StyleWeight:
        """The next frame's weight: such that as much of the photograph is left as in the scene's first picture.

        Args:
            found: the `dissimilarity` of the last result.
            objective: the recipe's.
            share: of the frame that was painted, and not held: by so much it can answer to another weight.
        """
        if self.dissimilarity is None:
            return self
        apart = self.dissimilarity * balance.wanted_dissimilarity(objective) / found if found > 0 else math.inf
        change = balance.next_ratio(1.0, 1.0, apart**share)
        return self.times(change) if balance.LOWEST <= self.ratio * change <= MOST_RATIO else self

    def carry(self, recipe: Recipe) -> Mapping[str, np.ndarray]:
        """As `carried` reads it."""
        weight = np.array([math.nan if self.factor is None else self.factor, self.ratio, *_shares(recipe)])
        return {_NAME: weight, **({} if self.dissimilarity is None else {_DISSIMILARITY: np.array(self.dissimilarity)})}


def _shares(recipe: Recipe) -> list[float]:
    return [float(style.weight) for style in recipe.styles]
