"""Colour preservation on a result: restores more of the photograph's colours without a new run."""

from __future__ import annotations

from nst_core.picture.colour import Space, keep_colours
from nst_core.picture.encoded import read_pixels
from nst_core.recipe import Recipe
from nst_core.runs.runner import content_for
from nst_core.step import Pixels


def extra_strength(recipe: Recipe, strength: float) -> float:
    """The share to mix into a result so that it has `strength` of the photograph's colours in all, from 0 to 1.

    The run itself has already restored a share of `colour_preservation`, and this share is mixed on top of it. 0 if the
    run has restored as much or more, which cannot be undone.
    """
    returned = recipe.colour.colour_preservation
    return max(0.0, (strength - returned) / (1 - returned)) if returned < 1 else 0.0


def recolour(  # noqa: PLR0913 - plain values, which a cache can compare
    painted: bytes,
    content: bytes,
    extra: float,
    space: Space,
    cells: tuple[int, int] = (1, 1),
    longest_edge_px: int | None = None,
) -> Pixels:
    """A result with `extra` more of the photograph's colours, [1, H, W, 3] in [0, 1].

    Args:
        painted: the encoded result.
        content: the encoded photograph.
        extra: from `extra_strength`.
        space: see `nst_core.picture.colour.keep_colours`.
        cells: rows and columns of a style grid, from `nst_core.recipe.style_grid.grid_shape`.
        longest_edge_px: both pictures are reduced to this size first, if they are larger.
    """
    result = read_pixels(painted, longest_edge_px)
    if not extra:
        return result
    return keep_colours(result, content_for(result, read_pixels(content, longest_edge_px), cells), extra, space)
