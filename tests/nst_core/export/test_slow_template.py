"""The committed graphs: made of the sources, without weights, and of operations that LiteRT's delegates take."""

import math
from itertools import pairwise
from typing import Any

import pytest

from nst_core.errors import ExportError
from nst_core.export.slow_layout import SHAPES, constants, inputs, outputs
from nst_core.export.slow_template import path, template

SUPPORTED = {
    "ABS", "ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "CONV_2D", "DIV", "FULLY_CONNECTED",
    "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PAD", "RESHAPE", "SIGN", "SLICE", "SQUARED_DIFFERENCE", "STRIDED_SLICE",
    "SUB", "SUM", "TRANSPOSE",
}  # fmt: skip
"""What the graph may contain: LiteRT's WebGPU delegate takes all of it, so that none is left to the processor."""


def model(file: bytes) -> Any:
    from tensorflow.lite.python import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(file, 0))


def operations(file: bytes) -> list[tuple[Any, ...]]:
    """Each operation with the shapes that it takes and gives."""
    from tensorflow.lite.python import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    found = model(file)
    graph = found.subgraphs[0]

    def shapes(tensors: Any) -> list[tuple[int, ...]]:
        return [tuple(map(int, graph.tensors[t].shape)) for t in tensors]

    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in found.operatorCodes]
    return [(names[codes[op.opcodeIndex]], shapes(op.inputs), shapes(op.outputs)) for op in graph.operators]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_graph_has_fixed_shapes_and_operations_that_delegates_take(shape: tuple[int, int]) -> None:
    file = path(*shape).read_bytes()
    assert {name for name, *_ in operations(file)} <= SUPPORTED
    (signature,) = model(file).signatureDefs
    tensors = model(file).subgraphs[0].tensors
    for maps, expected in ((signature.inputs, inputs(*shape)), (signature.outputs, outputs(*shape))):
        found = {m.name.decode(): tuple(map(int, tensors[m.tensorIndex].shape)) for m in maps}
        assert found == expected


@pytest.mark.parametrize("shape", SHAPES)
def test_a_graph_holds_no_weights_but_says_where_they_are(shape: tuple[int, int]) -> None:
    file = path(*shape).read_bytes()
    outside = sorted((b.offset, b.size) for b in model(file).buffers if b.offset)
    assert [size for _, size in outside] == [4 * math.prod(c.shape) for c in constants()]
    assert outside[0][0] == len(file) + -len(file) % 16
    assert all(first + size == after for (first, size), (after, _) in pairwise(outside))
    assert len(file) < 50_000


@pytest.mark.slow
def test_the_committed_graphs_are_made_of_the_sources() -> None:
    """Run `python -m nst_core.export.slow_template` after a change of the graph."""
    assert operations(template(64, 64)) == operations(path(64, 64).read_bytes())


@pytest.mark.parametrize("shape", [(64, 65), (0, 64), (64, 72)])
def test_a_size_that_pooling_does_not_divide_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ExportError, match="multiples of 16"):
        template(*shape)
