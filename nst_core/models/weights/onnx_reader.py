"""Reader of the fast network's weights: two ONNX files, de-quantised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_core.errors import WeightsError
from nst_core.models.weights.resolver import WeightsSource

Arrays = dict[str, npt.NDArray[np.float32]]
FILES = ("arbitrary_predict.onnx", "arbitrary_transform.onnx")


def onnx_arrays(found: WeightsSource) -> tuple[Arrays, Arrays]:
    """The arrays of (style prediction, transformer), float32, by ONNX name, in ONNX layout (kernels OIHW).

    Quantised initialisers become (q - zero_point) * scale, along the axis of their DequantizeLinear node. Scales, zero
    points and shape constants are left out.

    Raises:
        WeightsError: `found` is in another format, or a file is damaged or has values that are not finite.
    """
    if found.format != "onnx":
        raise WeightsError(f"arrays are read from onnx, got {found.format}")
    predict, transform = (read_arrays(found.path / name) for name in FILES)
    return predict, transform


def read_arrays(path: Path) -> Arrays:
    """The arrays of one ONNX file; see `onnx_arrays`.

    Raises:
        WeightsError: the file is damaged or has values that are not finite.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(str(path), load_external_data=False).graph
        stored = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
        arrays = _dequantised(path, graph, stored)
    except (DecodeError, OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise WeightsError(f"{path.name} is no readable ONNX file: {str(error)[:160]}") from error
    damaged = [name for name, values in arrays.items() if not np.isfinite(values).all()]
    if damaged or not arrays:
        raise WeightsError(f"{path.name} is damaged: {damaged[0] if damaged else 'no weights'} is not finite")
    return arrays


def dequantise(
    codes: npt.NDArray[Any], scale: npt.NDArray[Any], zero_point: npt.NDArray[Any], axis: int
) -> npt.NDArray[np.float32]:
    """(codes - zero_point) * scale, float32; scale and zero point are scalars, or one value for each index of `axis`.

    Source: ONNX operator DequantizeLinear, opset 13.
    """
    shape = [1] * codes.ndim
    if scale.ndim == 1:
        shape[axis] = -1
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    exact = codes.astype(np.int64) - zero_point.astype(np.int64)
    return np.asarray(exact.astype(np.float32) * scale, dtype=np.float32)


def _dequantised(path: Path, graph: Any, stored: dict[str, npt.NDArray[Any]]) -> Arrays:
    parameters: set[str] = set()
    arrays: Arrays = {}
    for node in graph.node:
        if node.op_type in {"QuantizeLinear", "DequantizeLinear"}:
            parameters.update(node.input[1:])
        if node.op_type != "DequantizeLinear" or node.input[0] not in stored:
            continue
        name = node.input[0]
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
        scale = stored[node.input[1]]
        zero = stored[node.input[2]] if len(node.input) > 2 else np.zeros_like(scale, dtype=np.int64)
        values = dequantise(stored[name], scale, zero, axis)
        if name in arrays and not np.array_equal(arrays[name], values):
            raise WeightsError(f"{path.name}: {name} is de-quantised in two ways")
        arrays[name] = values
    plain = {n: v for n, v in stored.items() if v.dtype == np.float32 and n not in parameters and n not in arrays}
    return {**plain, **arrays}
