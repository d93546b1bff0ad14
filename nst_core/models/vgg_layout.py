"""The shape of VGG-16 and VGG-19, without their weights: how wide, how deep, how far each layer sees.

Source: Simonyan & Zisserman 2015, arXiv:1409.1556, table 1, columns D and E. Pure arithmetic, no TensorFlow.
"""

from __future__ import annotations

from nst_core.recipe import CONVOLUTIONS, NetworkName

NARROWEST, WIDEST = 64, 512
"""Channels of the first block; each further one has twice as many, up to the widest."""


def block_of(layer: str) -> int:
    """The block, 1 to 5, of a layer named as in `CONVOLUTIONS`."""
    return int(layer[len("block")])


def width(layer: str) -> int:
    """How many channels a layer has."""
    return min(NARROWEST << (block_of(layer) - 1), WIDEST)


def stride_px(layer: str) -> int:
    """How many pixels of the picture lie between two neighbouring values of a layer, on each axis."""
    return 1 << (block_of(layer) - 1)


def receptive_field_px(network: NetworkName, layer: str) -> int:
    """The side of the square of pixels that one value of a layer depends on, where no edge cuts it off.

    A 3 x 3 convolution adds two steps of its own grid; pooling 2 x 2 adds one, and makes the steps twice as wide.
    """
    side, block = 1, 1
    for name in CONVOLUTIONS[network]:
        if block_of(name) > block:
            side, block = side + stride_px(name) // 2, block_of(name)
        side += 2 * stride_px(name)
        if name == layer:
            break
    return side


def parameters(network: NetworkName) -> int:
    """Kernels and biases of all convolutions."""
    before = (3, *map(width, CONVOLUTIONS[network]))
    return sum(9 * n * width(layer) + width(layer) for n, layer in zip(before, CONVOLUTIONS[network], strict=False))
