"""The kernels of a VGG network, read from an .h5 file of keras.applications or from an 8-bit codebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_core.errors import WeightsError
from nst_core.models.weights import codebook
from nst_core.models.weights.resolver import WeightsSource
from nst_core.recipe import CONVOLUTIONS, NetworkName

WIDTHS = (64, 128, 256, 512, 512)
MAX_VALUE = 1e3
"""Greatest absolute value that a kernel or bias may have; trained networks stay far below."""

KernelAndBias = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Kernel [3, 3, in, out] and bias [out] of one convolution."""


def layer_shapes(network: NetworkName) -> dict[str, tuple[int, int, int, int]]:
    """The kernel shape [3, 3, in, out] of each layer by name, in the network's order."""
    shapes: dict[str, tuple[int, int, int, int]] = {}
    channels = 3
    for layer in CONVOLUTIONS[network]:
        width = WIDTHS[int(layer[len("block")]) - 1]
        shapes[layer] = (3, 3, channels, width)
        channels = width
    return shapes


def vgg_kernels(found: WeightsSource) -> Iterator[tuple[str, KernelAndBias]]:
    """Name, kernel [3, 3, in, out] and bias [out] of each layer, float32, in the network's order.

    The kernels follow Caffe's convention: input BGR, 0 to 255, minus the means (103.939, 116.779, 123.68). Layers are
    yielded one at a time, because all of them together take 80 MB.

    Raises:
        WeightsError: the file is not one of a VGG network, or a layer is missing, has another shape, is not finite, is
            zero everywhere, or has values above `MAX_VALUE`.
    """
    if found.network not in CONVOLUTIONS:
        raise WeightsError(f"kernels exist for {', '.join(CONVOLUTIONS)}, got {found.network!r}")
    shapes = layer_shapes(found.network)
    if found.format == "h5":
        pairs = read_h5(found.path, shapes)
    elif found.format == "codebook":
        tensors = codebook.read_tensors(found.path)
        pairs = ((layer, codebook.decode(tensors, layer)) for layer in shapes)
    else:
        raise WeightsError(f"kernels are read from h5 or codebook, got {found.format}")
    for layer, pair in pairs:
        _require_valid(f"{found.path.name}, {layer}", pair, shapes[layer])
        yield layer, pair


def read_h5(path: Path, layers: Iterable[str]) -> Iterator[tuple[str, KernelAndBias]]:
    """Name, kernel and bias of each layer, float32, from a weights file of keras.applications; Keras is not needed.

    Raises:
        WeightsError: no HDF5 file, truncated, or a layer is missing or does not have two arrays.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            for layer in layers:
                yield layer, _h5_layer(file, layer)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path.name} is no readable Keras weights file: {str(error)[:160]}") from error


def _h5_layer(file: Any, layer: str) -> KernelAndBias:
    """Kernel and bias in Keras' legacy layout: the group's attribute `weight_names` lists them in this order."""
    group = file[layer]
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs["weight_names"]]
    if len(names) != 2:
        raise ValueError(f"{layer} should have a kernel and a bias, got {names}")
    kernel, bias = (np.asarray(group[name], dtype=np.float32) for name in names)
    return kernel, bias


def _require_valid(label: str, pair: KernelAndBias, shape: tuple[int, ...]) -> None:
    kernel, bias = pair
    if kernel.shape != shape or bias.shape != shape[-1:]:
        raise WeightsError(
            f"{label}: the kernel must be {list(shape)}, got {list(kernel.shape)}, bias {list(bias.shape)}"
        )
    for name, values in (("kernel", kernel), ("bias", bias)):
        if not np.isfinite(values).all() or np.abs(values).max() > MAX_VALUE or not values.any():
            raise WeightsError(f"{label}: the {name} is damaged: not finite, all zero, or beyond {MAX_VALUE:g}")
