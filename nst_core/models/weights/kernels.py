"""The kernels of a VGG network, whatever file they came in, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nst_core.errors import WeightsError
from nst_core.models.weights import codebook, legacy_h5
from nst_core.models.weights.legacy_h5 import Pair
from nst_core.models.weights.resolver import WeightsSource

WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
LARGEST = 1e3


def layer_shapes(network: str) -> dict[str, tuple[int, int, int, int]]:
    """The kernel's shape [3, 3, in, out] by layer name, block1_conv1 first."""
    shapes: dict[str, tuple[int, int, int, int]] = {}
    channels = 3
    for block, (width, depth) in enumerate(zip(WIDTHS, DEPTHS[network], strict=True), start=1):
        for number in range(1, depth + 1):
            shapes[f"block{block}_conv{number}"] = (3, 3, channels, width)
            channels = width
    return shapes


def vgg_kernels(found: WeightsSource) -> Iterator[tuple[str, Pair]]:
    """Layer name, kernel [3, 3, in, out] and bias [out], float32, one layer at a time in the order of the network.

    One at a time, because all of them together are 80 MB that nobody needs twice.

    The convention is Caffe's: input BGR, 0-255, minus the means (103.939, 116.779, 123.68).

    Raises:
        WeightsError: not a VGG network's file; or a layer is missing, of another shape, not finite, zero
            everywhere, or has values that no trained network has.
    """
    if found.network not in DEPTHS:
        raise WeightsError(f"kernels exist for {', '.join(DEPTHS)}, got {found.network!r}")
    shapes = layer_shapes(found.network)
    if found.format == "h5":
        pairs = legacy_h5.read_pairs(found.path, shapes)
    elif found.format == "codebook":
        tensors = codebook.read_tensors(found.path)
        pairs = ((layer, codebook.decode(tensors, layer)) for layer in shapes)
    else:
        raise WeightsError(f"kernels are read from h5 or codebook, got {found.format}")
    for layer, pair in pairs:
        _require_sound(f"{found.path.name}, {layer}", pair, shapes[layer])
        yield layer, pair


def _require_sound(where: str, pair: Pair, shape: tuple[int, ...]) -> None:
    kernel, bias = pair
    if kernel.shape != shape or bias.shape != shape[-1:]:
        raise WeightsError(
            f"{where}: the kernel must be {list(shape)}, got {list(kernel.shape)}, bias {list(bias.shape)}"
        )
    for name, values in (("kernel", kernel), ("bias", bias)):
        if not np.isfinite(values).all() or np.abs(values).max() > LARGEST or not values.any():
            raise WeightsError(f"{where}: the {name} is damaged: not finite, all zero, or beyond {LARGEST:g}")
