"""What a network makes of a picture, to be looked at: feature maps, and Gram matrices beside each other.

The teaching page shows them. Everything is computed by the network and the functions that the slow method uses.
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
from nst_core.picture.resize import fit
from nst_core.recipe import CONVOLUTIONS, NetworkName
from nst_core.slow.losses.statistics import gram_matrix
from nst_core.step import Pixels

EDGE_PX = 256
"""Longest edge at which pictures are looked at: the deepest layer still has 16 positions along it."""
TILES = 36
"""Feature maps on a mosaic."""
TILE_PX = 96
"""Longest edge of a map on the mosaic; larger ones are shrunk, smaller ones stay as they are."""
MAX_CHANNELS = 64
"""Channels of a Gram matrix that are shown: more than a screen can tell apart are left out."""


@dataclass(frozen=True)
class FeatureMap:
    """One channel's feature map.

    Attributes:
        channel: its number in the layer, from 0.
        mean: its activation, averaged over all positions, >= 0.
        most: its greatest activation.
        active: share of the positions where it is above 0.
        place: where it is greatest: the centre there, as shares of the picture's width and height.
    """

    channel: int
    mean: float
    most: float
    active: float
    place: tuple[float, float]


@dataclass(frozen=True)
class LayerFeatures:
    """The most active feature maps of a layer.

    Attributes:
        size: width and height of the picture as it was looked at, in pixels.
        grid: width and height of the layer's maps.
        channels: how many channels the layer has.
        silent: how many of them are 0 everywhere.
        receptive_field_px: side of the square that one value depends on.
        columns: tiles in a row of the mosaic.
        maps: what is on each tile, by falling mean.
        mosaic: uint8 [rows x h, columns x w], each map from 0, black, to its own greatest value, 255.
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
    """Two pictures' Gram matrices at one layer, of the same channels in the same order.

    Attributes:
        channels: which channels, of those in `of`; neighbours are active together.
        of: how many channels the layer has.
        matrices: float32 [2, n, n], of the first picture and of the second.
        distance: mean squared difference of the whole matrices, all channels.
        relative: the distance in units of the second picture's mean square; 0 if equal.
    """

    channels: tuple[int, ...]
    of: int
    matrices: NDArray[np.float32]
    distance: float
    relative: float


def features(picture: Pixels, layer: str, network: NetworkName = "vgg19", most: int = TILES) -> LayerFeatures:
    """The feature maps of a layer that are most active on average, after ReLU.

    Args:
        picture: [1, H, W, 3] in [0, 1]; looked at with its longest edge at 256 px.
        layer: one of `CONVOLUTIONS[network]`.
        network: whose features.
        most: how many maps at most.

    Raises:
        RecipeError: the network has no such layer.
        WeightsError: no source gave the network.

    Source: Zeiler & Fergus 2014, arXiv:1311.2901, look at features by what excites them; these are the plain
    activations of one picture.
    """
    small = fit(picture, EDGE_PX)
    seen = _activations(small, layer, network)
    means = seen.mean(axis=(0, 1))
    order = np.argsort(-means, kind="stable")[: min(most, int(np.count_nonzero(means > 0)) or 1)]
    columns = int(np.ceil(np.sqrt(len(order))))
    high, wide = small.shape[1:3]
    return LayerFeatures(
        size=(wide, high),
        grid=(seen.shape[1], seen.shape[0]),
        channels=width(layer),
        silent=int(np.count_nonzero(means == 0)),
        receptive_field_px=receptive_field_px(network, layer),
        columns=columns,
        maps=tuple(_map(seen[:, :, c], int(c), stride_px(layer) / wide, stride_px(layer) / high) for c in order),
        mosaic=_mosaic(seen[:, :, order], columns),
    )


def grams(
    first: Pixels, second: Pixels, layer: str, network: NetworkName = "vgg19", most: int = MAX_CHANNELS
) -> GramPair:
    """Two pictures' Gram matrices at a layer, and how far they are apart.

    Of a layer with more channels than `most`, those with the greatest energy (diagonal) in both pictures together
    are shown, ordered so that channels which are active together stand together.

    Args:
        first: [1, H, W, 3] in [0, 1], such as the photograph; looked at with its longest edge at 256 px.
        second: the same of the other picture, such as the style.
        layer: one of `CONVOLUTIONS[network]`.
        network: whose features.
        most: how many channels are shown at most.

    Raises:
        RecipeError: the network has no such layer.
        WeightsError: no source gave the network.

    Source: Gatys et al. 2015, arXiv:1508.06576, eq. 3, as a mean over positions; see `gram_matrix`.
    """
    both = np.stack([_gram(_activations(fit(picture, EDGE_PX), layer, network)) for picture in (first, second)])
    energy = both / np.maximum(np.trace(both, axis1=1, axis2=2), 1e-12)[:, None, None]  # each picture counts alike
    together = energy.sum(axis=0)
    loudest = np.sort(np.argsort(-np.diag(together), kind="stable")[:most])
    order = loudest[seriate(together[np.ix_(loudest, loudest)])]
    distance = float(np.mean((both[0] - both[1]) ** 2))
    return GramPair(
        channels=tuple(map(int, order)),
        of=width(layer),
        matrices=both[:, order[:, None], order].astype(np.float32),
        distance=distance,
        relative=distance / max(float(np.mean(both[1] ** 2)), 1e-12),
    )


def _activations(picture: Pixels, layer: str, network: NetworkName) -> NDArray[np.float32]:
    """Activations at one layer, [h, w, C]; eager, because a compiled function for each layer would stay for good."""
    if layer not in CONVOLUTIONS.get(network, ()):
        raise RecipeError(f"layer must be a convolution of vgg19 or vgg16, got {layer} of {network}")
    with tf.device(device().name):
        found = vgg.features(vgg.load(network), tf.constant(picture), [layer])
    return np.asarray(found[layer][0])


def _gram(seen: NDArray[np.float32]) -> NDArray[np.float64]:
    with tf.device(device().name):
        return np.asarray(gram_matrix(tf.constant(seen[None]))).astype(np.float64)


def _map(values: NDArray[np.float32], channel: int, step_x: float, step_y: float) -> FeatureMap:
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return FeatureMap(
        channel=channel,
        mean=float(values.mean()),
        most=float(values.max()),
        active=float((values > 0).mean()),
        place=(float((column + 0.5) * step_x), float((row + 0.5) * step_y)),
    )


def _mosaic(maps: NDArray[np.float32], columns: int) -> NDArray[np.uint8]:
    """Maps [h, w, n] as tiles, row by row; what is left of the last row is black."""
    tiles: Sequence[NDArray[np.float32]] = [_tile(maps[:, :, n]) for n in range(maps.shape[2])]
    high, wide = tiles[0].shape
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((rows * high, columns * wide), np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * high, number % columns * wide
        sheet[top : top + high, left : left + wide] = np.rint(255 * tile)
    return sheet


def _tile(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map from 0 to 1, no longer than TILE_PX: means of whole blocks, so that no sharp activation is missed."""
    every = -(-max(values.shape) // TILE_PX)
    high, wide = (side // every for side in values.shape)
    small = values[: high * every, : wide * every].reshape(high, every, wide, every).mean(axis=(1, 3))
    return np.asarray(small / max(float(small.max()), 1e-12), np.float32)
