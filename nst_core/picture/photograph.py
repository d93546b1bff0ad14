"""Regions that stay a photograph: those whose styles all have a share of 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.picture.coverage import colours
from nst_core.picture.masks import Weights, at_size, partition
from nst_core.picture.resize import resize
from nst_core.recipe.schema import Region
from nst_core.step import Pixels


def photograph_weights(regions: Sequence[Region], masks: Sequence[Weights], height: int, width: int) -> Weights | None:
    """How much of each pixel stays a photograph, [height, width] in [0, 1]; None if no region does.

    Args:
        regions: of the recipe.
        masks: one for each of them, each [h, w] in [0, 1], of any size.
        height, width: of the result, in pixels.
    """
    stays = [not any(region.shares) for region in regions]
    if not any(stays) or len(masks) != len(regions):
        return None
    layers = partition([at_size(mask, width, height) for mask in masks])
    kept = [layer for layer, is_kept in zip(layers, stays, strict=False) if is_kept]
    return np.asarray(np.sum(kept, axis=0), np.float32)


def keep_photograph(picture: Pixels, content: Pixels, regions: Sequence[Region], masks: Sequence[Weights]) -> Pixels:
    """A result with the photograph itself where a region asks for it: exactly inside, mixed at a mask's soft edge.

    Args:
        picture: the result, [1, H, W, 3] in [0, 1].
        content: the photograph in its own colours, [1, h, w, 3] or [1, h, w, 4] in [0, 1], of any size.
        regions, masks: as in `photograph_weights`.
    """
    _, height, width, _ = picture.shape
    share = photograph_weights(regions, masks, height, width)
    if share is None:
        return picture
    kept = colours(resize(content, width, height))
    share = share[None, :, :, None]
    return np.asarray(share * kept + (1 - share) * picture, np.float32)
