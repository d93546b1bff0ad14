"""Inspection of a network's layers: a picture's feature maps, and the Gram matrices of two pictures.

The page "Inside the network" shows them. They are computed with the network and the functions of the slow method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nst_core.errors import RecipeError
from nst_core.metrics.gram_order import seriate
from nst_core.models import vgg
from nst_core.models.device import device
from nst_core.models.vgg_layout import receptive_field_px, stride_px, width
from nst_core.picture.arrays import check_pixels
from nst_core.picture.resize import fit
from nst_core.recipe import CONVOLUTIONS, NetworkName
from nst_core.slow.losses.statistics import gram_matrix
from nst_core.step import Pixels

EDGE_PX = 256
"""Longest edge at which pictures are analysed: the deepest layer then has 16 positions along it."""
TILES = 36
"""Greatest number of feature maps in a mosaic."""
TILE_PX = 96
"""Longest edge of a map in the mosaic: larger maps are reduced, smaller ones keep their size."""
MAX_CHANNELS = 64
"""Greatest number of channels in a Gram matrix that is shown: more cells would be too small on a screen."""


@dataclass(frozen=True)
class FeatureMap:
    """Statistics of one channel's feature map.

    Attributes:
        channel: number of the channel in the layer, from 0.
        mean: mean activation over all positions, >= 0.
        maximum: greatest activation.
        active: share of the positions whose activation is above 0.
        maximum_at: (x, y) of the position of the maximum, its centre, as shares of the picture's width and height.
    """

    channel: int
    mean: float
    maximum: float
    active: float
    maximum_at: tuple[float, float]


@dataclass(frozen=True)
class LayerFeatures:
    """The most active feature maps of a layer.

    Attributes:
        size: width and height of the analysed picture, in pixels.
        grid: width and height of each feature map, in positions.
        channels: number of channels in the layer.
        silent: number of channels that are 0 everywhere.
        receptive_field_px: side of the square of pixels that one activation depends on.
        columns: number of tiles in a row of the mosaic.
        maps: the map on each tile, the greatest mean first.
        mosaic: uint8 [rows x h, columns x w]; each map is scaled by its own maximum, 0 black and 255 the maximum.
    """

    size: tuple[int, int]
    grid: tuple[int, int]
    channels: int
    silent: int
    receptive_field_px: int
    columns: int
    maps: tuple[FeatureMap, ...]
    mosaic: NDArray[np.uint8]


@dataclass(frozen=True)
class GramPair:
    """Two pictures' Gram matrices at one layer, with their channels in one order.

    Attributes:
        channels: numbers of the n channels shown; neighbours are active together.
        layer_channels: number of channels in the layer.
        matrices: float32 [2, n, n], of the first picture and of the second.
        distance: mean squared difference of the matrices over all channels of the layer, >= 0.
        relative: the distance divided by the mean square of the second picture's matrix; 0 if they are equal.
    """

    channels: tuple[int, ...]
    layer_channels: int
    matrices: NDArray[np.float32]
    distance: float
    relative: float


def features(picture: Pixels, layer: str, network: NetworkName = "vgg19", max_maps: int = TILES) -> LayerFeatures:
    """The feature maps of a layer that are most active on average, after ReLU.

    Args:
        picture: [1, H, W, 3] in [0, 1]; analysed with its longest edge at 256 px.
        layer: one of `CONVOLUTIONS[network]`.
        network: the network to inspect.
        max_maps: greatest number of maps.

    Raises:
        PictureError: an array is no picture.
        RecipeError: the network has no such layer.
        WeightsError: no source gave the network.

    Source: Zeiler & Fergus 2014, arXiv:1311.2901, show the inputs that activate a feature most. Here are the
    activations of one picture, without their deconvolution.
    """
    check_pixels("the picture", picture)
    small = fit(picture, EDGE_PX)
    activations = _activations(small, layer, network)
    means = activations.mean(axis=(0, 1))
    order = np.argsort(-means, kind="stable")[: min(max_maps, int(np.count_nonzero(means > 0)) or 1)]
    columns = int(np.ceil(np.sqrt(len(order))))
    height_px, width_px = small.shape[1:3]
    pitch = stride_px(layer) / width_px, stride_px(layer) / height_px
    return LayerFeatures(
        size=(width_px, height_px),
        grid=(activations.shape[1], activations.shape[0]),
        channels=width(layer),
        silent=int(np.count_nonzero(means == 0)),
        receptive_field_px=receptive_field_px(network, layer),
        columns=columns,
        maps=tuple(_map(activations[:, :, c], int(c), pitch) for c in order),
        mosaic=_mosaic(activations[:, :, order], columns),
    )


def grams(
    first: Pixels, second: Pixels, layer: str, network: NetworkName = "vgg19", max_channels: int = MAX_CHANNELS
) -> GramPair:
    """Two pictures' Gram matrices at a layer, and their distance.

    If the layer has more channels than `max_channels`, those with the greatest energy (diagonal) in both pictures
    together are shown. They are ordered so that channels which are active together are neighbours.

    Args:
        first: [1, H, W, 3] in [0, 1], such as the photograph; analysed with its longest edge at 256 px.
        second: [1, h, w, 3] in [0, 1], such as the style; analysed likewise.
        layer: one of `CONVOLUTIONS[network]`.
        network: the network to inspect.
        max_channels: greatest number of channels shown.

    Raises:
        PictureError: an array is no picture.
        RecipeError: the network has no such layer.
        WeightsError: no source gave the network.

    Source: Gatys et al. 2015, arXiv:1508.06576, eq. 3, as a mean over positions; see `gram_matrix`.
    """
    check_pixels("the first picture", first)
    check_pixels("the second picture", second)
    both = np.stack([_gram(_activations(fit(picture, EDGE_PX), layer, network)) for picture in (first, second)])
    energy = (
        both / np.maximum(np.trace(both, axis1=1, axis2=2), 1e-12)[:, None, None]
    )  # both pictures have the same weight
    total = energy.sum(axis=0)
    strongest = np.sort(np.argsort(-np.diag(total), kind="stable")[:max_channels])
    order = strongest[seriate(total[np.ix_(strongest, strongest)])]
    distance = float(np.mean((both[0] - both[1]) ** 2))
    return GramPair(
        channels=tuple(map(int, order)),
        layer_channels=width(layer),
        matrices=both[:, order[:, None], order].astype(np.float32),
        distance=distance,
        relative=distance / max(float(np.mean(both[1] ** 2)), 1e-12),
    )


def _activations(picture: Pixels, layer: str, network: NetworkName) -> NDArray[np.float32]:
    """Activations at one layer, [h, w, C]. Not compiled: a function for each layer would never be freed."""
    if layer not in CONVOLUTIONS.get(network, ()):
        raise RecipeError(f"layer must be a convolution of vgg19 or vgg16, got {layer} of {network}")
    with tf.device(device().name):
        activations = vgg.features(vgg.load(network), tf.constant(picture), [layer])
    return np.asarray(activations[layer][0])


def _gram(activations: NDArray[np.float32]) -> NDArray[np.float64]:
    """The Gram matrix [C, C] of activations [h, w, C]."""
    with tf.device(device().name):
        return np.asarray(gram_matrix(tf.constant(activations[None]))).astype(np.float64)


def _map(values: NDArray[np.float32], channel: int, pitch: tuple[float, float]) -> FeatureMap:
    """Statistics of one map [h, w]; `pitch` is the (x, y) distance of two positions as a share of the picture."""
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return FeatureMap(
        channel=channel,
        mean=float(values.mean()),
        maximum=float(values.max()),
        active=float((values > 0).mean()),
        maximum_at=(float((column + 0.5) * pitch[0]), float((row + 0.5) * pitch[1])),
    )


def _mosaic(maps: NDArray[np.float32], columns: int) -> NDArray[np.uint8]:
    """One picture with the maps [h, w, n] as tiles, row by row; unused tiles are black."""
    tiles: Sequence[NDArray[np.float32]] = [_tile(maps[:, :, n]) for n in range(maps.shape[2])]
    tile_height, tile_width = tiles[0].shape
    rows = -(-len(tiles) // columns)
    mosaic = np.zeros((rows * tile_height, columns * tile_width), np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * tile_height, number % columns * tile_width
        mosaic[top : top + tile_height, left : left + tile_width] = np.rint(255 * tile)
    return mosaic


def _tile(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map scaled to [0, 1] and reduced to at most TILE_PX. Blocks are averaged, so that no sharp peak is skipped."""
    block = -(-max(values.shape) // TILE_PX)
    rows, columns = (side // block for side in values.shape)
    small = values[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))
    return np.asarray(small / max(float(small.max()), 1e-12), np.float32)
