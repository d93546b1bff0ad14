"""Guidance by regions: the weight of each unit of a layer in a region's statistics, and the least picture size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.errors import RecipeError
from nst_core.models.vgg_layout import margin_px, stride_px
from nst_core.recipe import CONVOLUTIONS, NetworkName

LEAST_UNITS = 16
"""Least sum of weights that erosion leaves, in units of a layer: fewer units describe a texture poorly."""
EMPTY_UNITS = 1e-3
"""Sum of weights, in units of a layer, below which a region is empty. It is less than 1 since a region can shrink to a
fraction of a unit at the smallest size of a pyramid; its area is its weight in the loss."""


def layer_weights(
    mask: np.ndarray, network: NetworkName, names: Sequence[str], least_units: int = LEAST_UNITS
) -> dict[str, np.ndarray]:
    """The weight of each unit of a layer in the statistics of a region.

    A unit's weight is the least value of the mask within its receptive field, so no texture from outside the region
    enters. Pixels beyond the picture's edge are ignored. If the weights would sum to less than `least_units`, a smaller
    field is used: the mask is eroded one cell at a time, as long as enough remains. If even the unit's own cell is too
    large a field, each weight is the mask's mean over the cell. The last row and column of cells then include the
    pixels that pooling drops, so every region has some weight.

    Args:
        mask: the region, [H, W] in [0, 1], soft or hard.
        network: the network that has the layers.
        names: layer names.
        least_units: the least sum of weights that erosion leaves.

    Returns:
        Layer -> float32 [h, w] in [0, 1], with h = floor(H / 2^(b-1)) in block b.

    Raises:
        RecipeError: the region is empty at a layer.

    Source: Gatys et al. 2016, arXiv:1611.07865, section 4: eroded guidance channels. The limit of
    the erosion is our own.
    """
    values = np.asarray(mask, np.float32)
    return {name: _weights(values, network, name, least_units) for name in names}


def coverage_weights(cover: np.ndarray, network: NetworkName, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The weight of each unit of a layer in the content distance of a picture with transparency.

    The mean coverage of the unit's cell, not the least of its receptive field as in `layer_weights`: the content is to
    hold up to a clear edge, and hidden colours are replaced before, so that no unit can read them.

    Args:
        cover: the coverage, [H, W] in [0, 1].
        network, names: as in `layer_weights`.

    Returns:
        Layer -> float32 [h, w] in [0, 1], with h = floor(H / 2^(b-1)) in block b.

    Raises:
        RecipeError: nothing of a layer is covered.
    """
    found = {name: _means(np.asarray(cover, np.float32), stride_px(name)).astype(np.float32) for name in names}
    for name, weights in found.items():
        _check_units(weights, cover, name)
    return found


def check_style_size(network: NetworkName, names: Sequence[str], height: int, width: int, what: str = "style") -> None:
    """Refuse a picture that is too small for one unit of the deepest layer.

    A picture may be smaller than a layer's receptive field: the network pads it with zeros.

    Args:
        network: the network that has the layers.
        names: layer names; without any, every size is accepted.
        height: the height of the network's input, in pixels.
        width: its width.
        what: the picture's name in the message.

    Raises:
        RecipeError: a side is shorter than the layer's cell.
    """
    order = CONVOLUTIONS[network]
    deepest = max(names, key=order.index, default=None)
    if deepest is not None and min(height, width) < stride_px(deepest):
        raise RecipeError(
            f"the {what} picture must be at least {stride_px(deepest)} px on each side for layer {deepest}, got "
            f"{width} x {height}; try a larger or less elongated picture, a larger size, or leave that layer out"
        )


def _weights(mask: np.ndarray, network: NetworkName, layer: str, least_units: int) -> np.ndarray:
    cell, margin = stride_px(layer), margin_px(network, layer)
    means = _means(mask, cell)
    _check_units(means, mask, layer)
    found, reached = means, 0
    eroded = mask
    for radius in (*range(0, margin, cell), margin):
        eroded = _erode(eroded, radius - reached)
        reached = radius
        least = _cells(eroded, cell).min((1, 3))
        if least.sum() < least_units:
            break
        found = least
    return np.ascontiguousarray(found, np.float32)


def _check_units(means: np.ndarray, mask: np.ndarray, layer: str) -> None:
    """Raise RecipeError if a region has hardly any weight at a layer."""
    if means.sum() < EMPTY_UNITS:
        cell = stride_px(layer)
        raise RecipeError(
            f"a region must not be empty for layer {layer}, whose units are {cell} x {cell} px, got "
            f"{float(mask.sum()):.3g} px in all; try a larger region, a larger longest_edge_px, or leave that layer out"
        )


def _means(mask: np.ndarray, cell: int) -> np.ndarray:
    """The mask's mean over each unit's cell; the last row and column of cells extend to the picture's edge."""
    starts = [np.arange(size // cell) * cell for size in mask.shape]
    sizes = [np.diff(start, append=size) for start, size in zip(starts, mask.shape, strict=True)]
    sums = np.add.reduceat(np.add.reduceat(mask, starts[0], axis=0), starts[1], axis=1)
    return np.asarray(sums / np.outer(*sizes))


def _cells(values: np.ndarray, cell: int) -> np.ndarray:
    """The picture's cells, [h, cell, w, cell], without the rows and columns that pooling drops."""
    height, width = (size // cell for size in values.shape)
    return values[: height * cell, : width * cell].reshape(height, cell, width, cell)


def _erode(values: np.ndarray, radius: int) -> np.ndarray:
    """The least value within `radius` pixels of each pixel on both axes, pixels outside the picture ignored."""
    return _erode_rows(_erode_rows(values, radius).T, radius).T


def _erode_rows(values: np.ndarray, radius: int) -> np.ndarray:
    """The least of rows y - radius to y + radius. The window doubles; two overlapping windows give the exact length."""
    length, size = 2 * radius + 1, values.shape[0]
    padding = np.ones((radius, values.shape[1]), values.dtype)
    least: np.ndarray = np.concatenate([padding, values, padding])
    window = 1
    while 2 * window <= length:
        least = np.minimum(least[:-window], least[window:])
        window *= 2
    last = length - window
    return np.asarray(np.minimum(least[:size], least[last : last + size]))
