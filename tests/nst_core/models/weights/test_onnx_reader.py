"""De-quantised ONNX initialisers against a naive loop and against onnxruntime."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nst_core.errors import WeightsError
from nst_core.models.weights import WeightsSource, onnx_arrays
from nst_core.models.weights.onnx_reader import FILES, dequantise

RNG = np.random.default_rng(3)
CODES = RNG.integers(-128, 128, (4, 3, 2, 2), dtype=np.int8)
SCALES = RNG.uniform(0.01, 0.1, 4).astype(np.float32)
ZEROS = RNG.integers(-20, 20, 4, dtype=np.int8)
BIAS = RNG.integers(-1000, 1000, 4, dtype=np.int32)
PLAIN = RNG.normal(size=(2, 2)).astype(np.float32)


def model(plain: Any = PLAIN) -> Any:
    """Two quantised tensors, one scalar, one plain float and one shape, as the real files have them."""
    stored = {
        "w": CODES, "w_scale": SCALES, "w_zero": ZEROS,
        "b": BIAS, "b_scale": SCALES * 3, "b_zero": np.zeros(4, np.int32),
        "one": np.array(7, np.int8), "one_scale": np.array(0.5, np.float32), "plain": plain, "shape": np.array([1, 4]),
    }  # fmt: skip
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_out"], axis=0),
        helper.make_node("DequantizeLinear", ["b", "b_scale", "b_zero"], ["b_out"], axis=0),
        helper.make_node("DequantizeLinear", ["one", "one_scale"], ["one_out"]),
    ]
    outputs = [helper.make_tensor_value_info(f"{n}_out", TensorProto.FLOAT, None) for n in ("w", "b", "one")]
    graph = helper.make_graph(nodes, "g", [], outputs, [numpy_helper.from_array(v, n) for n, v in stored.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    for name in FILES:
        onnx.save(model(), tmp_path / name)
    return WeightsSource("magenta", "operator", False, tmp_path, "onnx", "", "")


def test_equals_a_naive_loop(pair: Any) -> None:
    predict, transform = onnx_arrays(pair)
    assert set(predict) == {"w", "b", "one", "plain"}
    assert all(values.dtype == np.float32 for values in predict.values())
    for index in np.ndindex(CODES.shape):
        o = index[0]
        expected = np.float32(int(CODES[index]) - int(ZEROS[o])) * SCALES[o]
        assert predict["w"][index] == expected
    assert predict["one"] == 3.5
    np.testing.assert_array_equal(predict["plain"], PLAIN)
    np.testing.assert_array_equal(transform["b"], predict["b"])


def test_equals_onnxruntime(pair: Any) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(model().SerializeToString(), providers=["CPUExecutionProvider"])
    got, _ = onnx_arrays(pair)
    for name, expected in zip(("w", "b", "one"), session.run(None, {}), strict=True):
        np.testing.assert_array_equal(got[name], expected)


def test_the_axis_may_be_any() -> None:
    codes = np.arange(6, dtype=np.int8).reshape(2, 3)
    got = dequantise(codes, np.array([1, 10, 100], np.float32), np.zeros(3, np.int8), 1)
    np.testing.assert_array_equal(got, [[0, 10, 200], [3, 40, 500]])


def test_damaged_files_are_one_weights_error(pair: Any) -> None:
    path = pair.path / FILES[1]
    data = path.read_bytes()
    for damaged in (b"<html>", data[: len(data) // 2], data[:-1], b""):
        path.write_bytes(damaged)
        with pytest.raises(WeightsError):
            onnx_arrays(pair)
    onnx.save(model(np.full((2, 2), np.nan, np.float32)), path)
    with pytest.raises(WeightsError, match="plain is not finite"):
        onnx_arrays(pair)
    path.unlink()
    with pytest.raises(WeightsError):
        onnx_arrays(pair)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="savedmodel"):
        onnx_arrays(WeightsSource("magenta", "tf-hub", False, tmp_path, "savedmodel", "", ""))
