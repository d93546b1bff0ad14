"""The graphs of the fast method with fixed sizes: style prediction, and the transformer for one size of picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from nst_core.errors import ExportError
from nst_core.export import plain_transformer
from nst_core.export.manifest import Part, Tensor
from nst_core.models import weights
from nst_core.models.stylisation import STYLE_EDGE_PX, StylisationModule, predict

VECTOR_SHAPE = (1, 1, 1, 100)
LEAST_EDGE_PX, GREATEST_EDGE_PX = 64, 1024


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph that can be converted.

    Attributes:
        part, size_px: what it computes, and for pictures of which side.
        function: the concrete function, whose inputs have fixed shapes.
        module: holds its weights.
        inputs, outputs: their names, shapes and ranges.
    """

    part: Part
    size_px: int
    function: Any
    module: Any
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def load(found: weights.WeightsSource) -> StylisationModule:
    """The fast pair. Raises ExportError if the weights are TF-Hub's module, whose parts cannot be separated."""
    if found.format == "savedmodel":
        raise ExportError(
            "the export needs the two networks of the fast method apart, got TF-Hub's module, which is one; "
            "fetch the other source: python -m nst_core weights list"
        )
    return StylisationModule(*weights.onnx_arrays(found))


def style_predict(module: StylisationModule) -> Graph:
    """Style picture [1, 256, 256, 3] in [0, 1] -> style vector [1, 1, 1, 100]."""
    shape = (1, STYLE_EDGE_PX, STYLE_EDGE_PX, 3)

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, "style")], autograph=False)  # type: ignore[untyped-decorator]
    def graph(style: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"vector": predict(module.predictor, style)}

    inputs, outputs = (_picture("style", shape),), (_vector(),)
    return Graph("style_predict", STYLE_EDGE_PX, graph.get_concrete_function(), module, inputs, outputs)


def style_transform(module: StylisationModule, size_px: int) -> Graph:
    """Picture [1, size, size, 3] in [0, 1], style vector [1, 1, 1, 100] -> stylised picture of the same shape.

    Raises:
        ExportError: the size is no multiple of 4, or out of range.
    """
    if size_px % 4 or not LEAST_EDGE_PX <= size_px <= GREATEST_EDGE_PX:
        raise ExportError(
            f"a size must be a multiple of 4 from {LEAST_EDGE_PX} to {GREATEST_EDGE_PX} px, got {size_px}"
        )
    shape = (1, size_px, size_px, 3)
    signature = [tf.TensorSpec(shape, tf.float32, "content"), tf.TensorSpec(VECTOR_SHAPE, tf.float32, "vector")]

    @tf.function(input_signature=signature, autograph=False)  # type: ignore[untyped-decorator]
    def graph(content: tf.Tensor, vector: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"stylised": plain_transformer.stylise(module.transformer, content, vector)}

    inputs, outputs = (_picture("content", shape), _vector()), (_picture("stylised", shape),)
    return Graph("style_transform", size_px, graph.get_concrete_function(), module, inputs, outputs)


def _picture(name: str, shape: tuple[int, ...]) -> Tensor:
    return Tensor(name=name, shape=shape, dtype="float32", range=(0.0, 1.0))


def _vector() -> Tensor:
    return Tensor(name="vector", shape=VECTOR_SHAPE, dtype="float32")
