"""Mixes of styles on a sheet: what each cell of a strip or map is made of. Plain arithmetic for pages and engine."""

from __future__ import annotations

from dataclasses import dataclass

from nst_core.errors import RecipeError

MOST_CORNERS = 4
STRONGEST = 1.5
"""Strength at the right end of a strip of one style."""


@dataclass(frozen=True)
class StyleMix:
    """One picture of a sheet: the styles' shares, which sum to 1, and the strength."""

    shares: tuple[float, ...]
    strength: float


def grid(styles: int, cells: int, strength: float = 1.0) -> list[list[StyleMix]]:
    """The rows of a sheet.

    One style: a strip of strengths from 0 to 1.5. Two: a strip from one to the other. Three or four: a square map with
    a style in each corner, the first top left, then top right, bottom left, bottom right; with three, the last corner
    is an even mix of all.

    Args:
        styles: how many, 1 to 4.
        cells: a side, from 2.
        strength: of every cell, where the styles are blended.

    Raises:
        RecipeError: there are no or too many styles.
    """
    if not 1 <= styles <= MOST_CORNERS:
        raise RecipeError(f"a sheet needs 1 to {MOST_CORNERS} styles, one for each corner, got {styles}")
    along = [i / (cells - 1) for i in range(cells)]
    if styles == 1:
        return [[StyleMix((1.0,), STRONGEST * x) for x in along]]
    if styles == 2:
        return [[StyleMix((1 - x, x), strength) for x in along]]
    return [[StyleMix(_corners(styles, x, y), strength) for x in along] for y in along]


def _corners(styles: int, x: float, y: float) -> tuple[float, ...]:
    corners = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
    if styles == MOST_CORNERS:
        return corners
    return tuple(c + corners[-1] / styles for c in corners[:-1])
