"""Each operation of a step has a kernel for GPUs: without one, TensorFlow would carry its data to the CPU and back.

No GPU is needed: TensorFlow for Linux has the kernels for both, and lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels

from nst_core.models import vgg
from nst_core.slow.losses.compiled import Evaluation
from nst_core.slow.losses.spec import LossSpec
from nst_core.slow.losses.style_distance import style_distance

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not tf.test.is_built_with_cuda(), reason="this TensorFlow is built without kernels for GPUs"),
]
LAYERS = (("block1_conv2", "block2_conv2"), ("block1_conv1", "block2_conv1"))
"""Content and style layers; deeper ones have the same operations."""
OTHER = vgg.AS_TRAINED._replace(pooling="average", padding="replicate")


@cache
def gpu_kernels(operation: str) -> list[Any]:
    """The kernels of an operation that run on a GPU."""
    known = kernels.get_registered_kernels_for_op(operation).kernel
    return [kernel for kernel in known if kernel.device_type in ("GPU", "DEFAULT")]


def without_gpu_kernel(nodes: Any) -> Iterator[str]:
    """The operations among the nodes of graphs that have no kernel for a GPU in their precision."""
    for node in nodes:
        types = {name: value.type for name, value in node.attr.items() if value.type}
        if not any(
            all(types.get(c.name, 0) in (0, *c.allowed_values.list.type) for c in kernel.constraint)
            for kernel in gpu_kernels(node.op)
        ):
            yield f"{node.op} {types}"


def nodes_of(function: Any) -> list[Any]:
    graph = function.get_concrete_function().graph.as_graph_def()
    return [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]


@pytest.mark.parametrize(
    ("dtype", "spec", "parts"),
    [
        ("float32", LossSpec(*LAYERS, style_distance("gram"), "nine-point", vgg.AS_TRAINED, 2), ["whole"]),
        ("bfloat16", LossSpec(*LAYERS, style_distance("wasserstein2"), "absolute", vgg.AS_TRAINED), ["whole"]),
        ("float32", LossSpec(*LAYERS, style_distance("sliced"), "absolute", vgg.AS_TRAINED), ["whole"]),
        ("bfloat16", LossSpec(*LAYERS, style_distance("neighbours"), "absolute", vgg.AS_TRAINED), ["whole"]),
        (
            "bfloat16",
            LossSpec(*LAYERS, style_distance("gram"), "absolute", OTHER, strip_blocks=1),
            ["shallow", "deep", "backward"],
        ),
    ],
    ids=["float32", "bfloat16", "sliced", "neighbours", "strips"],
)
def test_a_step_stays_on_the_gpu(random_kernels: Any, dtype: str, spec: LossSpec, parts: list[str]) -> None:
    first = [(name, kernel) for name, kernel in random_kernels.items() if name < "block3"]
    evaluation = Evaluation(vgg.build("vgg19", first, dtype), spec)
    nodes = [node for part in parts for node in nodes_of(getattr(evaluation, part))]
    assert {node.op for node in nodes} >= {"Conv2D", "ReluGrad"}
    assert list(without_gpu_kernel(nodes)) == []


def test_an_operation_without_a_kernel_is_found() -> None:
    """An operation that only CPUs have, and one that GPUs have in other precisions."""

    def elsewhere(values: tf.Tensor) -> Any:
        return tf.io.encode_png(tf.cast(values, tf.uint8)), tf.nn.relu(tf.cast(values, tf.int32))

    function = tf.function(elsewhere, input_signature=[tf.TensorSpec([4, 4, 1])], autograph=False)
    found = list(without_gpu_kernel(nodes_of(function)))
    assert [text.split()[0] for text in found] == ["EncodePng", "Relu"]
