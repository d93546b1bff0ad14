"""The fast engine: one pass, one Step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.fast.plan import in_strips
from nst_core.fast.stylizer import Stylizer, make_stylizer
from nst_core.models import stylisation
from nst_core.models.device import device
from nst_core.picture.guided import enlarge
from nst_core.picture.masks import Weights, at_size, partition
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import StyleMix, grid
from nst_core.step import Pixels, Step
from nst_core.system import allocator


def run(  # noqa: PLR0913 - an engine's signature, and the masks
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Stylise in one pass.

    Args:
        content: the original, [1, H, W, 3] in [0, 1]; worked on at `recipe.longest_edge_px`.
        styles: the originals, one for each of `recipe.styles`.
        recipe: every setting.
        start, resume: part of every engine's signature; one pass has no use for them.
        masks: one for each of `recipe.regions`, each [h, w] in [0, 1].

    Raises:
        RecipeError: no style; styles, masks and recipe do not fit; or a sheet with too many styles.
        WeightsError: no source gave the network.
    """
    if not styles or (recipe.styles and len(recipe.styles) != len(styles)):
        raise RecipeError(f"the fast method needs one picture for each style of the recipe, got {len(styles)}")
    if len(masks) != len(recipe.regions):
        raise RecipeError(f"each of the recipe's {len(recipe.regions)} regions needs a mask, got {len(masks)}")
    with tf.device(device().name):
        network = stylisation.load()
        began = time.perf_counter()
        chosen = make_stylizer(network.call, content, styles, recipe)
        painted = _style_grid(chosen, content, styles, recipe) if recipe.style_grid_size > 1 else None
        if painted is None:
            painted = _picture(chosen, fit(content, recipe.longest_edge_px), len(styles), recipe, masks)
    yield Step(
        number=1,
        total=1,
        scale_px=max(painted.shape[1:3]),
        seconds=time.perf_counter() - began,
        losses={},
        picture=np.clip(painted, 0.0, 1.0, out=painted),
        notes=chosen.notes,
    )


def _picture(chosen: Stylizer, content: Pixels, styles: int, recipe: Recipe, masks: Sequence[Weights]) -> Pixels:
    """The content at its size, [1, H, W, 3]; by regions where there are masks."""
    allocator.set_keep_freed(keep=not in_strips(*content.shape[1:3]))
    work = _content_to_stylise(chosen, content, recipe)
    mixes = [_shares(recipe, styles)] if not masks else [*(r.shares for r in recipe.regions), _shares(recipe, styles)]
    cells = [StyleMix(tuple(s / sum(shares) for s in shares), recipe.strength) for shares in mixes]
    if not masks:
        return _enlarge(chosen.paint(work, cells), work, content)
    _, height, width, _ = content.shape
    layers = partition([at_size(mask, width, height) for mask in masks])
    painted = np.zeros_like(content)
    for layer, cell in zip(layers, cells, strict=True):
        if layer.any():  # masks that cover all leave no rest to paint
            painted += layer[None, :, :, None] * _enlarge(chosen.paint(work, [cell]), work, content)
    return painted


def _style_grid(chosen: Stylizer, content: Pixels, styles: Sequence[Pixels], recipe: Recipe) -> Pixels:
    """All mixes of `blend.sheet` side by side, each at the sheet's share of the longest edge."""
    allocator.set_keep_freed(keep=True)
    rows = grid(len(styles), recipe.style_grid_size, recipe.strength)
    small = fit(content, max(recipe.longest_edge_px // recipe.style_grid_size, 64))
    cells = chosen.paint(small, list(itertools.chain(*rows)))
    across = len(rows[0])
    return np.concatenate(
        [np.concatenate(cells[i : i + across], axis=1)[None] for i in range(0, len(cells), across)], axis=1
    )


def _content_to_stylise(chosen: Stylizer, content: Pixels, recipe: Recipe) -> Pixels:
    """The content at the size that the style is painted at, where that is smaller than the result."""
    wished = (recipe.render_edge_px, chosen.max_px, max(content.shape[1:3]))
    edge = min(px for px in wished if px)
    return fit(content, edge)


def _enlarge(painted: Pixels, work: Pixels, content: Pixels) -> Pixels:
    return painted if painted.shape == content.shape else enlarge(painted, work, content)


def _shares(recipe: Recipe, styles: int) -> tuple[float, ...]:
    return tuple(style.weight for style in recipe.styles) or (1.0,) * styles
