"""Reader of VGG-19 kernels stored as 8-bit codebooks in PyTorch's pre-zip format.

PyTorch is not needed, and unpickling runs no code of the file.

The file is five pickles (magic, protocol, system, state dictionary, storage keys), then for each storage key a
little-endian int64 count and the raw values. The state dictionary maps names to tensors, which are views (offset,
size, stride) of storages that are named by persistent ids.

Source: torch/serialization.py, `_legacy_save`. Unlike PyTorch, this reader allows four names in a pickle, and replaces
each with a function or type of its own.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from nst_core.errors import WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_FILE_BYTES = 100_000_000
_DTYPES = {"ByteStorage": "<u1", "FloatStorage": "<f4"}
_READ_ERRORS = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    MemoryError, ImportError, RecursionError, struct.error,
)  # fmt: skip


@dataclass(frozen=True)
class _Storage:
    """An array of `count` values of one type, whose data are at the end of the file."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class _View:
    """A tensor: a view of a storage; offset, size and stride count elements."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All tensors of the file by name, uint8 or float32, in their stored shapes.

    Raises:
        WeightsError: the file is truncated, damaged, of another format, or asks for a name that is not allowed.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES:,} bytes")
        file = io.BytesIO(path.read_bytes())
        state = _read_state(file)
        return _read_values(file, state)
    except _READ_ERRORS as error:
        raise WeightsError(
            f"{path.name} is no readable codebook: {str(error)[:160] or type(error).__name__}"
        ) from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error}") from error


def decode(
    tensors: Mapping[str, npt.NDArray[Any]], layer: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Kernel [3, 3, in, out] and bias [out] of a layer, float32; each code is an index into a table of 256 values.

    Raises:
        WeightsError: a tensor is missing or of the wrong type or shape.
    """
    try:
        codes, table, bias = (tensors[f"{layer}_{part}"] for part in ("W_q", "W_table", "b"))
    except KeyError as error:
        raise WeightsError(f"the codebook has no tensor {error}") from error
    if codes.dtype != np.uint8 or codes.ndim != 4 or table.dtype != np.float32 or table.shape != (256,):
        raise WeightsError(f"{layer}: codes must be uint8 [out, in, 3, 3] and the table float32 [256]")
    kernel = table[codes].transpose(2, 3, 1, 0)
    return np.ascontiguousarray(kernel, dtype=np.float32), np.ascontiguousarray(bias, dtype=np.float32)


class _Unpickler(pickle.Unpickler):
    """Allows four names, each replaced by a harmless one of this module."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _describe_tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not allowed")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, key, _, count = pid[:5]
        if kind != "storage" or not isinstance(key, str) or not _is_count(count) or len(pid) > 6 or any(pid[5:]):
            raise pickle.UnpicklingError("a storage is not described as expected")
        return _Storage(key, _DTYPES[storage_type], count)


class _PlainUnpickler(pickle.Unpickler):
    """Allows numbers, strings, lists and dictionaries only."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not allowed")


def _read_state(file: io.BytesIO) -> dict[str, _View]:
    """Read the header and the state dictionary."""
    if _PlainUnpickler(file).load() != MAGIC or _PlainUnpickler(file).load() != PROTOCOL:
        raise ValueError("it is not in PyTorch's pre-zip format")
    system = _PlainUnpickler(file).load()
    if system.get("little_endian") is not True:
        raise ValueError("it was not written little-endian")
    state = _Unpickler(file).load()
    if not isinstance(state, dict) or not all(isinstance(k, str) and isinstance(v, _View) for k, v in state.items()):
        raise ValueError("its state is not a dictionary of tensors")
    return dict(state)


def _read_values(file: io.BytesIO, state: Mapping[str, _View]) -> dict[str, npt.NDArray[Any]]:
    """Read the storages, and copy each tensor out of its storage."""
    wanted = {view.storage.key: view.storage for view in state.values()}
    keys = _PlainUnpickler(file).load()
    if not isinstance(keys, list) or sorted(keys) != sorted(wanted):
        raise ValueError("its list of storages does not match its tensors")
    data = {key: _read_storage(file, wanted[key]) for key in keys}
    if file.read(1):
        raise ValueError("bytes follow the last storage")
    return {name: _copy_view(data[view.storage.key], view) for name, view in state.items()}


def _read_storage(file: io.BytesIO, storage: _Storage) -> npt.NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    if count != storage.count:
        raise ValueError(f"storage {storage.key} should have {storage.count} values, got {count}")
    size = count * np.dtype(storage.dtype).itemsize
    raw = file.read(size) if size <= MAX_FILE_BYTES else b""
    if len(raw) != size:
        raise ValueError(f"storage {storage.key} is cut off")
    return np.frombuffer(raw, dtype=storage.dtype)


def _describe_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> _View:
    """Replaces torch._utils._rebuild_tensor_v2: records the view and allocates nothing."""
    counts = isinstance(size, tuple) and isinstance(stride, tuple) and all(map(_is_count, (offset, *size, *stride)))
    if not isinstance(storage, _Storage) or not counts or len(size) != len(stride) or len(size) > 8:
        raise pickle.UnpicklingError("a tensor is not described as expected")
    return _View(storage, offset, size, stride)


def _copy_view(values: npt.NDArray[Any], view: _View) -> npt.NDArray[Any]:
    """Copy a view's elements. Raises ValueError if it reaches outside its storage or repeats elements."""
    total = math.prod(view.size)
    last = view.offset + sum((n - 1) * step for n, step in zip(view.size, view.stride, strict=True))
    if total < 1 or total > values.size or last >= values.size:
        raise ValueError(f"a tensor reaches outside its storage {view.storage.key}")
    strides = tuple(step * values.itemsize for step in view.stride)
    return np.lib.stride_tricks.as_strided(values[view.offset :], view.size, strides, writeable=False).copy()


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_FILE_BYTES
