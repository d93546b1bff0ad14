"""The operations of a LiteRT file, and those that run on a GPU.

A delegate leaves an operation that it does not support, and often all operations after it, to the processor. The list
holds the operations that both LiteRT's GPU engine and XNNPACK, its library for processors, compute from fixed shapes.

Sources: the delegates' own tables in TensorFlow's sources, `NewOperationParser` in
`tensorflow/lite/delegates/gpu/common/model_builder.cc` and the cases of `VisitNode` in
`tensorflow/lite/delegates/xnnpack/xnnpack_delegate.cc`. MIRROR_PAD is only in the first.

DEPTH_TO_SPACE is the exception: XNNPACK and LiteRT's own engine (ML Drift) support it, but TensorFlow's older GPU
delegate does not, and leaves three of the transformer's operations to the processor. The same sums by TRANSPOSE_CONV,
which all of them support, needed 1.5 times the processor's time at 256 px (0.064 s instead of 0.042 s).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from nst_core.errors import ExportError
from nst_core.export.manifest import Precision

ON_GPU = frozenset(
    {
        "ADD",
        "CONCATENATION",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "DEPTH_TO_SPACE",
        "LOGISTIC",
        "MEAN",
        "MUL",
        "RELU",
        "RELU6",
        "RESHAPE",
        "RSQRT",
        "SLICE",
        "SQUARED_DIFFERENCE",
        "STRIDED_SLICE",
        "SUB",
    }
)
"""The operations that these networks use."""
CONVERSIONS = {
    "float32": frozenset[str](),
    "float16": frozenset({"DEQUANTIZE"}),  # applied to weights only; a GPU delegate reads these directly
    "int8": frozenset({"DEQUANTIZE", "QUANTIZE"}),
}
"""The further operations of each precision."""


def of(file: bytes) -> Counter[str]:
    """Count the operations of a LiteRT file, by their names in LiteRT's schema; custom ones are "CUSTOM"."""
    from tensorflow.lite.python import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    model = _model(file)
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return Counter(names[codes[each.opcodeIndex]] for graph in model.subgraphs for each in graph.operators)


def has_fixed_shapes(file: bytes) -> bool:
    """Whether no tensor of the file has a size that is known only when it runs."""
    tensors = [tensor for graph in _model(file).subgraphs for tensor in graph.tensors]
    return all(
        size > 0 for t in tensors for sizes in (t.shape, t.shapeSignature) if sizes is not None for size in sizes
    )


def require_on_gpu(file: bytes, precision: Precision) -> None:
    """Raise ExportError if a file has an operation or a shape that a GPU delegate does not support."""
    if foreign := sorted(set(of(file)) - ON_GPU - CONVERSIONS[precision]):
        raise ExportError(f"the operations must be ones that GPU delegates take, got {', '.join(foreign)}")
    if not has_fixed_shapes(file):
        raise ExportError("each shape must be fixed, got one that is known only when the network runs")


def _model(file: bytes) -> Any:
    from tensorflow.lite.python import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(file, 0))
