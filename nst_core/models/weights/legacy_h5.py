"""VGG kernels from the .h5 files of keras.applications, without Keras: groups named like layers, two arrays in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_core.errors import WeightsError

Pair = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def read_pairs(path: Path, layers: Iterable[str]) -> Iterator[tuple[str, Pair]]:
    """Kernel [3, 3, in, out] and bias [out] of each layer, float32, as the file has them.

    Raises:
        WeightsError: no HDF5 file, truncated, or a layer is missing or not of two arrays.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            for layer in layers:
                yield layer, _pair(file, layer)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path.name} is no readable Keras weights file: {str(error)[:160]}") from error


def _pair(file: Any, layer: str) -> Pair:
    """Keras' legacy layout: the group's attribute `weight_names` says which array is which, kernel first."""
    group = file[layer]
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs["weight_names"]]
    if len(names) != 2:
        raise ValueError(f"{layer} should have a kernel and a bias, got {names}")
    kernel, bias = (np.asarray(group[name], dtype=np.float32) for name in names)
    return kernel, bias
