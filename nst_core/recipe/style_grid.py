"""Style grids: the style mix of each picture on a strip or a square of pictures."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.errors import RecipeError
from nst_core.recipe.schema import Recipe

MAX_STYLES = 4
MAX_STRENGTH = 1.5
"""Strength at the right end of a strip with one style."""


@dataclass(frozen=True)
class StyleMix:
    """The style mix of one picture: each style's share, together 1, and the strength."""

    shares: tuple[float, ...]
    strength: float


def is_style_grid(recipe: Recipe) -> bool:
    """Whether a recipe's result is a grid of pictures."""
    return recipe.method == "fast" and recipe.style_grid_size > 1


def grid_shape(recipe: Recipe, styles: int) -> tuple[int, int]:
    """Rows and columns of pictures in a recipe's result: those of its style grid, otherwise 1 and 1."""
    if not is_style_grid(recipe):
        return 1, 1
    rows = grid(styles, recipe.style_grid_size)
    return len(rows), len(rows[0])


def grid(styles: int, cells: int, strength: float = 1.0) -> list[list[StyleMix]]:
    """The style mixes of a grid, row by row.

    One style: one row, strength rising from 0 to 1.5. Two styles: one row, from the first to the second. Three or four:
    a square with one style in each corner, in the order top left, top right, bottom left, bottom right; with three
    styles the last corner is an even mix of all.

    Args:
        styles: number of styles, 1 to 4.
        cells: number of pictures along each side, 2 or more.
        strength: strength of every picture, if there are two styles or more.

    Raises:
        RecipeError: there are no styles or too many.
    """
    if not 1 <= styles <= MAX_STYLES:
        raise RecipeError(f"a style grid needs 1 to {MAX_STYLES} styles, one for each corner, got {styles}")
    along = [i / (cells - 1) for i in range(cells)]
    if styles == 1:
        return [[StyleMix((1.0,), MAX_STRENGTH * x) for x in along]]
    if styles == 2:
        return [[StyleMix((1 - x, x), strength) for x in along]]
    return [[StyleMix(_corners(styles, x, y), strength) for x in along] for y in along]


def _corners(styles: int, x: float, y: float) -> tuple[float, ...]:
    corners = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
    if styles == MAX_STYLES:
        return corners
    return tuple(c + corners[-1] / styles for c in corners[:-1])


def cell_edge_px(recipe: Recipe) -> int:
    """The longest edge of each picture of a style grid, or of the result if it is a single picture."""
    size = recipe.style_grid_size if recipe.method == "fast" else 1
    return recipe.longest_edge_px if size == 1 else max(recipe.longest_edge_px // size, 64)
