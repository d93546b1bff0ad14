"""Checks that the masks of a run change something, before it waits in the queue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.errors import RecipeError
from nst_core.picture.masks import Weights
from nst_core.picture.photograph import photograph_weights
from nst_core.recipe import Recipe

LEAST_PAINTED_SHARE = 1e-3
"""Share of the picture's area below which nothing counts as painted."""
_SAME = 1e-9
"""Difference of two shares, as parts of their sums, up to which they are equal."""

KEPT = "regions without any style stay the photograph"
"""The note of a run with such regions."""


def check_regions(recipe: Recipe, masks: Sequence[Weights]) -> None:
    """Refuse masks without any effect, and masks that leave nothing to paint.

    Args:
        recipe: its regions and styles; both are complete.
        masks: one for each region, each [h, w] in [0, 1].

    Raises RecipeError.
    """
    if not recipe.regions:
        return
    everywhere = [style.weight for style in recipe.styles]
    changed = [_differs(region.shares, everywhere) for region in recipe.regions]
    if not any(changed):
        one = len(everywhere) == 1
        raise RecipeError(
            "a mask must change something, but "
            + ("with one style" if one else "with the styles' own weights")
            + f" a region of {'share' if one else 'shares'} {_listed(recipe.regions[0].shares)} looks like the rest; "
            + ("give share 0 to keep the photograph there" if one else "give other shares, all 0 for a photograph")
        )
    if recipe.method != "fast" and not recipe.objective.style_weight and not keeps_photograph(recipe):
        raise RecipeError(
            "a mask must change something, but with style_weight 0 no style is painted anywhere; raise style_weight, "
            "or leave the masks out"
        )
    if masks and _painted_share(recipe, masks) < LEAST_PAINTED_SHARE:
        raise RecipeError(
            "nothing would be painted: the masks whose styles have share 0 cover the whole picture; leave a part of it "
            "black, or give a share"
        )


def keeps_photograph(recipe: Recipe) -> bool:
    """Whether a region of a recipe stays a photograph."""
    return any(not any(region.shares) for region in recipe.regions)


def _differs(shares: Sequence[float], everywhere: Sequence[float]) -> bool:
    """Whether a region's mix of styles is another one than that of the rest."""
    if not any(shares) or len(shares) != len(everywhere):
        return True
    pairs = zip(shares, everywhere, strict=True)
    return any(abs(share / sum(shares) - weight / sum(everywhere)) > _SAME for share, weight in pairs)


def _painted_share(recipe: Recipe, masks: Sequence[Weights]) -> float:
    """The share of the picture's area that does not stay a photograph, from 0 to 1."""
    kept = photograph_weights(recipe.regions, masks, *masks[0].shape)
    return 1.0 if kept is None else float(np.mean(1 - kept))


def _listed(shares: Sequence[float]) -> str:
    return ", ".join(f"{share:g}" for share in shares)
