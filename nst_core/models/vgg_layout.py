"""The layout of VGG-16 and VGG-19, without their weights: channels, layers, strides and receptive fields.

A block's grid has one unit for each 2^(block - 1) x 2^(block - 1) pixels, its cell; pooling drops the rows and columns
that do not fill a cell.

Source: Simonyan & Zisserman 2015, arXiv:1409.1556, table 1, columns D and E. Pure arithmetic, no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

from nst_core.recipe import CONVOLUTIONS, NetworkName

NARROWEST, WIDEST = 64, 512
"""Channels of the first block; each further one has twice as many, up to the widest."""

LAST_BLOCK = 5
"""The last block of both networks."""


def block_of(layer: str) -> int:
    """The block, 1 to 5, of a layer named as in `CONVOLUTIONS`."""
    return int(layer[len("block")])


def up_to_block(layers: Sequence[str], block: int) -> tuple[str, ...]:
    """The layers of the blocks 1 to `block`, in their order."""
    return tuple(layer for layer in layers if block_of(layer) <= block)


def beyond_block(layers: Sequence[str], block: int) -> tuple[str, ...]:
    """The layers of the blocks after `block`, in their order."""
    return tuple(layer for layer in layers if block_of(layer) > block)


def width(layer: str) -> int:
    """The number of channels of a layer."""
    return min(NARROWEST << (block_of(layer) - 1), WIDEST)


def block_stride_px(block: int) -> int:
    """The pixels between two neighbouring units of a block, on each axis: the side of a unit's cell."""
    return 1 << (block - 1)


def stride_px(layer: str) -> int:
    """The pixels between two neighbouring units of a layer, on each axis."""
    return block_stride_px(block_of(layer))


def margin_px(network: NetworkName, layer: str) -> int:
    """The margin of the receptive field of a unit of `layer` beyond its cell, in pixels on each side.

    Every 3 x 3 convolution up to the layer adds one stride of its own block.
    """
    order = CONVOLUTIONS[network]
    return sum(stride_px(name) for name in order[: order.index(layer) + 1])


def blocks_margin_px(network: NetworkName, blocks: int) -> int:
    """The margin of the receptive field after all convolutions of the first `blocks` blocks, in pixels on each side."""
    return sum(stride_px(name) for name in up_to_block(CONVOLUTIONS[network], blocks))


def receptive_field_px(network: NetworkName, layer: str) -> int:
    """The side of the square of pixels that one unit of a layer depends on, away from the edges."""
    return stride_px(layer) + 2 * margin_px(network, layer)


def parameters(network: NetworkName) -> int:
    """Kernels and biases of all convolutions."""
    before = (3, *map(width, CONVOLUTIONS[network]))
    return sum(9 * n * width(layer) + width(layer) for n, layer in zip(before, CONVOLUTIONS[network], strict=False))


def operations(network: NetworkName, names: Sequence[str], height: int, width_px: int) -> float:
    """Operations of the convolutions up to the last named layer, forward only; a multiply-add counts two.

    Args:
        network: the network of the layers.
        names: layer names, at least one.
        height: the picture's height, in pixels.
        width_px: the picture's width.
    """
    total = 0.0
    channels = 3
    order = CONVOLUTIONS[network]
    for name in order[: 1 + max(order.index(n) for n in names)]:
        total += 2 * 9 * channels * width(name) * (height // stride_px(name)) * (width_px // stride_px(name))
        channels = width(name)
    return total
