"""A graph as the bytes of a LiteRT file, by TensorFlow's own converter."""

from __future__ import annotations

import tensorflow as tf

from nst_core.errors import ExportError
from nst_core.export.fast_pair import Graph
from nst_core.export.manifest import Precision


def to_litert(graph: Graph, precision: Precision) -> bytes:
    """Convert a graph to a file with LiteRT's own operations alone.

    Args:
        graph: what to convert.
        precision: "float32", or "float16", in which the weights are stored; the computation stays in float32 on a
            processor.

    Raises:
        ExportError: the graph has an operation that LiteRT does not know.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph.function], graph.module)
    if precision == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    try:
        return bytes(converter.convert())
    except (ValueError, RuntimeError, tf.errors.OpError) as error:  # the converter's own error is one of these
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ExportError(f"{graph.part} of {graph.size_px} px cannot be converted: {reason}") from error
