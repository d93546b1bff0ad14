"""The layout of the slow method's graph: its layers, terms, inputs, results and constants. No TensorFlow.

Settings of `Objective` that the graph supports: network VGG-19, content layer `block4_conv2`, style layers
`block1_conv1` to `block5_conv1`, style distance `gram`, variation `absolute`, pooling `max`, padding `zero`, any
weights and shares. The presets painterly, faithful, bold, texture and reconstruction use only these settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nst_core.models.vgg_layout import stride_px, width
from nst_core.recipe import CONVOLUTIONS

CONTENT_LAYER = "block4_conv2"
STYLE_LAYERS = tuple(f"block{b}_conv1" for b in range(1, 6))
"""The layers of `Objective`'s defaults."""

LAYERS = CONVOLUTIONS["vgg19"][: 1 + CONVOLUTIONS["vgg19"].index(STYLE_LAYERS[-1])]
"""The layers of the graph, in the network's order: up to the deepest one that a term needs."""

TERMS = (f"content/{CONTENT_LAYER}", *(f"style/{name}" for name in STYLE_LAYERS), "variation")
"""The loss terms, in the order of the graph's weights and of its results; named as in `LossSpec.names`."""

MULTIPLE_PX = 16
"""Sides must be multiples of it, so that each of four poolings divides them evenly."""

SHAPES = (
    (64, 64),
    *((128, 128), (128, 96), (96, 128)),
    *((192, 192), (192, 144), (144, 192), (192, 128), (128, 192)),
    *((256, 256), (256, 192), (192, 256), (256, 176), (176, 256)),
)
"""(width, height) in pixels of the pictures that there are graphs for: 1:1, 4:3, 3:4 and, where it fits, 3:2, 2:3."""


class Constant(NamedTuple):
    """A constant of the graph: its layer, its field in `Kernels`, and its shape in the file, output channel first."""

    layer: str
    field: str
    shape: tuple[int, ...]


def channels(layer: str) -> tuple[int, int]:
    """The numbers of input and output channels of a layer."""
    before = LAYERS.index(layer) - 1
    return (width(LAYERS[before]) if before >= 0 else 3), width(layer)


def constants() -> Iterator[Constant]:
    """All constants, in the order of the data that is appended to a graph."""
    for layer in LAYERS:
        before, after = channels(layer)
        yield Constant(layer, "forward", (after, 3, 3, before))
        yield Constant(layer, "bias", (after,))
        yield Constant(layer, "mirrored", (before, 3, 3, after))


def inputs(width_px: int, height_px: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the graph's inputs: a picture in [0, 1], the targets, and the terms' weights."""
    stride = stride_px(CONTENT_LAYER)
    return {
        "picture": (1, height_px, width_px, 3),
        "content": (1, height_px // stride, width_px // stride, width(CONTENT_LAYER)),
        **{f"target_{n}": (width(name),) * 2 for n, name in enumerate(STYLE_LAYERS, start=1)},
        "weights": (len(TERMS),),
    }


def outputs(width_px: int, height_px: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the graph's results.

    `gradient` and the weighted `terms` are of the picture. `activations` and `gram_1` to `gram_5` are the picture's
    own. A run uses those of the content and the style as `content` and `target_1` to `target_5`, so the same graph
    makes the targets too.
    """
    taken = inputs(width_px, height_px)
    return {
        "gradient": taken["picture"],
        "terms": taken["weights"],
        "activations": taken["content"],
        **{f"gram_{n}": taken[f"target_{n}"] for n in range(1, 1 + len(STYLE_LAYERS))},
    }
