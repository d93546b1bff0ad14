"""The fast engine: it stylises in one pass, and yields one Step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.fast.plan import in_strips
from nst_core.fast.shifts import mean_of_shifted
from nst_core.fast.stylizer import Stylizer, make_stylizer
from nst_core.models import stylisation
from nst_core.models.device import device
from nst_core.picture.arrays import check_pictures, check_weights
from nst_core.picture.coverage import colours
from nst_core.picture.guided import enlarge
from nst_core.picture.masks import Weights, at_size, partition
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import StyleMix, cell_edge_px, grid
from nst_core.step import Pixels, Step
from nst_core.system import allocator
from nst_core.system.host_profile import host_profile


def run(  # noqa: PLR0913 - an engine's signature, and the masks
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Stylise in one pass, and yield one Step with the result.

    Args:
        content: the photograph, [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage; the result's longest edge is
            `recipe.longest_edge_px`.
        styles: the style pictures, each likewise, one for each of `recipe.styles`.
        recipe: all settings.
        start, resume: ignored; every engine has these parameters.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1], of any size.

    Raises:
        PictureError: an array is no picture: of another shape or type, or with values outside [0, 1].
        RecipeError: there is no style; the number of styles or masks is not that of the recipe; or a style grid has
            too many styles.
        WeightsError: no source gave the network.
    """
    check_pictures(content, styles)
    check_weights(masks)
    if not styles or (recipe.styles and len(recipe.styles) != len(styles)):
        raise RecipeError(f"the fast method needs one picture for each style of the recipe, got {len(styles)}")
    if len(masks) != len(recipe.regions):
        raise RecipeError(f"each of the recipe's {len(recipe.regions)} regions needs a mask, got {len(masks)}")
    with tf.device(device().name):
        network = stylisation.load()
        began = time.perf_counter()
        stylizer = make_stylizer(network.call, content, styles, recipe)
        if recipe.style_grid_size > 1:
            result = _style_grid(stylizer, content, styles, recipe)
        else:
            result = paint(stylizer, fit(content, recipe.longest_edge_px), len(styles), recipe, masks)
    yield Step(
        number=1,
        total=1,
        scale_px=max(result.shape[1:3]),
        seconds=time.perf_counter() - began,
        losses={},
        picture=np.clip(result, 0.0, 1.0, out=result),
        notes=stylizer.notes,
    )


def paint(stylizer: Stylizer, content: Pixels, styles: int, recipe: Recipe, masks: Sequence[Weights]) -> Pixels:
    """The content stylised at its size, [1, H, W, 3]; with masks, each region has its own mix of the styles.

    Args:
        stylizer: of the run's styles.
        content: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage.
        styles: the number of styles.
        recipe: all settings.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1], of any size.
    """
    allocator.set_keep_freed(keep=host_profile().keeps_freed and not in_strips(*content.shape[1:3]))
    reduced = content_to_stylise(stylizer, content, recipe)
    everywhere = style_shares(recipe, styles)
    if not masks:
        return enlarge_to(_passes(stylizer, reduced, [_cell(everywhere, recipe)], recipe), reduced, content)
    _, height, width, _ = content.shape
    layers = partition([at_size(mask, width, height) for mask in masks])
    result = np.zeros((1, height, width, 3), np.float32)
    for layer, shares in zip(layers, [*(region.shares for region in recipe.regions), everywhere], strict=True):
        if not layer.any():  # the last layer, outside all masks, may be empty
            continue
        if any(shares):
            painted = enlarge_to(_passes(stylizer, reduced, [_cell(shares, recipe)], recipe), reduced, content)
        else:
            painted = colours(content)  # a region of no style stays a photograph
        result += layer[None, :, :, None] * painted
    return result


def _passes(stylizer: Stylizer, content: Pixels, cells: Sequence[StyleMix], recipe: Recipe) -> Pixels:
    """`Stylizer.paint` by as many shifted passes as the recipe asks for."""
    return mean_of_shifted(lambda shifted: stylizer.paint(shifted, cells), content, recipe.shifted_passes)


def _cell(shares: Sequence[float], recipe: Recipe) -> StyleMix:
    return StyleMix(tuple(share / sum(shares) for share in shares), recipe.strength)


def _style_grid(stylizer: Stylizer, content: Pixels, styles: Sequence[Pixels], recipe: Recipe) -> Pixels:
    """All mixes of `recipe.style_grid.grid` in rows, as one picture whose longest edge is about the recipe's."""
    allocator.set_keep_freed(keep=host_profile().keeps_freed)
    rows = grid(len(styles), recipe.style_grid_size, recipe.strength)
    small = fit(content, cell_edge_px(recipe))
    cells = _passes(stylizer, small, list(itertools.chain(*rows)), recipe)
    across = len(rows[0])
    return np.concatenate(
        [np.concatenate(cells[i : i + across], axis=1)[None] for i in range(0, len(cells), across)], axis=1
    )


def content_to_stylise(stylizer: Stylizer, content: Pixels, recipe: Recipe) -> Pixels:
    """The content, reduced to the recipe's render size and the stylizer's limit if it is larger."""
    limits = (recipe.render_edge_px, stylizer.max_px, max(content.shape[1:3]))
    edge = min(px for px in limits if px)
    return fit(content, edge)


def enlarge_to(painted: Pixels, reduced: Pixels, content: Pixels) -> Pixels:
    """The painted picture at the content's size, enlarged along the content's edges."""
    if painted.shape[1:3] == content.shape[1:3]:
        return painted
    return enlarge(painted, colours(reduced), colours(content))


def style_shares(recipe: Recipe, styles: int) -> tuple[float, ...]:
    """The weight of each style in the recipe; equal weights if it names no styles."""
    return tuple(style.weight for style in recipe.styles) or (1.0,) * styles
