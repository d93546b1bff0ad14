"""The style pictures as a size of a run looks at them."""

from __future__ import annotations

from collections.abc import Sequence

from nst_core.errors import RecipeError
from nst_core.picture.resize import fit, resize
from nst_core.recipe import Recipe
from nst_core.step import Pixels


def styles_at(styles: Sequence[Pixels], original: Pixels, recipe: Recipe, edge: int) -> list[Pixels]:
    """The styles at the size their textures are read at: by default the content's longest edge, never enlarged."""
    if recipe.style_shape == "content":
        return [resize(s, original.shape[2], original.shape[1]) for s in styles]
    return [fit(s, min(max(round(edge * recipe.style_scale), 16), max(s.shape[1:3]))) for s in styles]


def shares_of(styles: Sequence[Pixels], recipe: Recipe) -> list[float]:
    """The share of each style. Raises RecipeError where styles and recipe do not fit."""
    if recipe.styles and len(recipe.styles) != len(styles):
        raise RecipeError(f"the recipe names {len(recipe.styles)} styles, got {len(styles)} pictures")
    if not styles and recipe.objective.style_weight > 0:
        raise RecipeError("at least one style picture is needed unless style_weight is 0")
    return [s.weight for s in recipe.styles] or [1.0] * len(styles)
