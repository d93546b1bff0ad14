"""A graph as the bytes of a LiteRT file, by TensorFlow's own converter."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nst_core.errors import ExportError
from nst_core.export import operations
from nst_core.export.fast_pair import Graph
from nst_core.export.manifest import Precision

IN_FLOAT = ("ADD", "LOGISTIC", "MEAN", "MUL", "RSQRT", "SQUARED_DIFFERENCE", "SUB")
"""Operations that keep float32 in an int8 file: a variance and its root need more than 256 steps. With these in int8
too, the picture differs 1.4 times as much, and XNNPACK cuts the transformer into 27 pieces."""
CalibrationInputs = Callable[[], Sequence[Mapping[str, np.ndarray]]]


def to_litert(graph: Graph, precision: Precision, calibration: CalibrationInputs) -> bytes:
    """Convert a graph to a file with operations that run on a GPU.

    Args:
        graph: the graph to convert.
        precision: "float32"; "float16", in which the weights are stored, while a processor computes in float32; or
            "int8", in which convolutions store their weights and compute. Inputs and outputs are float32 in each.
        calibration: yields inputs by name; int8 needs them to find the ranges of the activations.

    Raises:
        ExportError: the graph has an operation that LiteRT or a GPU delegate does not take.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph.function], graph.module)
    try:
        file = _in_int8(converter, calibration()) if precision == "int8" else _in_float(converter, precision)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:  # the converter's own error is one of these
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ExportError(f"{graph.part} of {graph.size_px} px cannot be converted: {reason}") from error
    operations.require_on_gpu(file, precision)
    return file


def _in_float(converter: Any, precision: Precision) -> bytes:
    if precision == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def _in_int8(converter: Any, examples: Sequence[Mapping[str, np.ndarray]]) -> bytes:
    """Only TensorFlow's debugger of quantisation can leave chosen operations in float32."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter(examples)
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(IN_FLOAT))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated", UserWarning)
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter, debug_dataset=converter.representative_dataset, debug_options=options
        )
        return bytes(debugger.get_nondebug_quantized_model())
