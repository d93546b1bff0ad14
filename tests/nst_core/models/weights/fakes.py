"""Small stand-ins for the real files: a codebook, a legacy .h5, a wheel, a SavedModel archive and an ONNX pair."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAGIC_PICKLE = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
PROTOCOL_PICKLE = b"\x80\x02M\xe9\x03."
STORAGES = {"uint8": "ByteStorage", "float32": "FloatStorage"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def op(value: Any) -> bytes:  # noqa: PLR0911 - one line a type
    """Pickle opcodes of a plain value; bytes are used as opcodes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool) or value is None:
        return {True: b"\x88", False: b"\x89", None: b"N"}[value]
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, tuple):
        return b"(" + b"".join(map(op, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(op, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(op(k) + op(v) for k, v in value.items()) + b"u"
    raise TypeError(type(value))


def global_op(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def tensor_op(key: str, array: np.ndarray, **change: Any) -> bytes:
    """Opcodes that rebuild one tensor; `change` replaces its count, offset, size or stride."""
    strides = tuple(step // array.itemsize for step in array.strides)
    count, offset = change.get("count", array.size), change.get("offset", 0)
    size, stride = change.get("size", array.shape), change.get("stride", strides)
    storage = op(("storage", global_op("torch", STORAGES[array.dtype.name]), key, "cpu", count, None)) + b"Q"
    hooks = global_op("collections", "OrderedDict") + b")R"
    return global_op("torch._utils", "_rebuild_tensor_v2") + op((storage, offset, size, stride, False, hooks)) + b"R"


def codebook_bytes(tensors: Mapping[str, np.ndarray], state: bytes | None = None) -> bytes:
    """A file in PyTorch's pre-zip format; `state` replaces the state dictionary's opcodes."""
    keys = {name: str(7000 + number) for number, name in enumerate(tensors)}
    if state is None:
        state = op({name: tensor_op(keys[name], array) for name, array in tensors.items()})
    pickles = [op({"protocol_version": 1001, "little_endian": True}), state, op(list(keys.values()))]
    values = [struct.pack("<q", array.size) + array.tobytes() for array in tensors.values()]
    return MAGIC_PICKLE + PROTOCOL_PICKLE + b"".join(b"\x80\x02" + body + b"." for body in pickles) + b"".join(values)


def codebook_tensors(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {}
    for layer, (height, width, ins, outs) in shapes.items():
        tensors[f"{layer}_W_q"] = rng.integers(0, 256, (outs, ins, height, width), dtype=np.uint8)
        tensors[f"{layer}_W_table"] = np.sort(rng.normal(size=256)).astype(np.float32)
        tensors[f"{layer}_b"] = rng.normal(size=outs).astype(np.float32)
    return tensors


def write_h5(path: Path, pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """The layout of keras.applications: a group a layer, attribute weight_names, kernel first."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in pairs]
        for layer, (kernel, bias) in pairs.items():
            group = file.create_group(layer)
            names = [f"{layer}_W_1:0", f"{layer}_b_1:0"]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, values in zip(names, (kernel, bias), strict=True):
                group.create_dataset(name, data=values)


def random_pairs(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return {
        layer: (rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[-1]).astype(np.float32))
        for layer, shape in shapes.items()
    }


def wheel_bytes(files: Mapping[str, bytes], name: str = "fakeweights", version: str = "1.0") -> bytes:
    """A wheel that pip accepts, with the given files in it."""
    info = f"{name}-{version}.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in {**files, **meta}.items():
            archive.writestr(path, data)
    return buffer.getvalue()


MODEL = {"saved_model.pb": b"graph", "variables/variables.index": b"index", "variables/variables.data": b"values"}


def tar_bytes(files: Mapping[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for info in extra:
            tar.addfile(info)
    return buffer.getvalue()
