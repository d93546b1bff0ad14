"""Makes the slow method's graphs: LiteRT files without weights, 40 kB each, kept in `slow_graphs/`.

A LiteRT file may keep a constant's data behind its end, at an offset that it names. All kernels and biases of these
files are placed there, in the order of `slow_layout.constants`. So one download of the weights serves the graphs of all
sizes: `slow_weights` or a browser appends them. A graph does not depend on the weights. It is therefore made once, by
`python -m nst_core.export.slow_template`, and a server never needs the 2 GB that TensorFlow's converter takes.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

from nst_core.errors import ExportError
from nst_core.export.slow_layout import LAYERS, MULTIPLE_PX, SHAPES, channels, constants, inputs

FOLDER = Path(__file__).parent / "slow_graphs"
ALIGNMENT = 16
"""Alignment of constants in a LiteRT file, in bytes."""


def path(width_px: int, height_px: int) -> Path:
    """The graph for pictures of this size."""
    return FOLDER / f"slow_objective_{width_px}x{height_px}.tflite"


def template(width_px: int, height_px: int) -> bytes:
    """Make the graph for pictures of this size.

    Raises:
        ExportError: a side is no multiple of `MULTIPLE_PX`.
    """
    if width_px % MULTIPLE_PX or height_px % MULTIPLE_PX or min(width_px, height_px) < MULTIPLE_PX:
        raise ExportError(f"sides must be multiples of {MULTIPLE_PX} px, got {width_px} x {height_px}")
    return _without_constants(_converted(width_px, height_px))


def _converted(width_px: int, height_px: int) -> bytes:
    """Convert the graph with TensorFlow.

    Each constant is filled with a number of its own, by which it is found again.
    """
    import tensorflow as tf

    from nst_core.export.slow_graph import Kernels, evaluate

    fill = {(layer, field): n + 1.0 for n, (layer, field, _) in enumerate(constants())}
    kernels = {}
    for layer in LAYERS:
        before, after = channels(layer)
        shapes = {"forward": [3, 3, before, after], "bias": [after], "mirrored": [3, 3, after, before]}
        kernels[layer] = Kernels(**{field: tf.constant(fill[layer, field], shape=s) for field, s in shapes.items()})

    def graph(picture: Any, content: Any, weights: Any, **targets: Any) -> dict[str, Any]:
        return evaluate(kernels, picture, content, [targets[name] for name in sorted(targets)], weights)

    module = tf.Module()
    module.graph = tf.function(graph, autograph=False)
    specs = {name: tf.TensorSpec(shape, tf.float32, name) for name, shape in inputs(width_px, height_px).items()}
    concrete = module.graph.get_concrete_function(**specs)
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete], module).convert())


def _without_constants(file: bytes) -> bytes:
    """Replace the constants' data by offsets behind the file's end, and remove names that only people read."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(file, 0))
    model.metadata, model.description = None, b""
    for tensor in model.subgraphs[0].tensors:
        tensor.name = b""
    sizes = [4 * math.prod(shape) for _, _, shape in constants()]
    found = _found(model, sizes)

    def packed(base: int) -> bytes:
        offset = base
        for buffer, size in zip(found, sizes, strict=True):
            buffer.data, buffer.offset, buffer.size = None, offset, size
            offset += size
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    length = len(packed(ALIGNMENT))  # the file's size does not depend on the offsets' values
    return packed(length + -length % ALIGNMENT)


def _found(model: Any, sizes: list[int]) -> list[Any]:
    """The buffers of the constants, in order; each is recognised by its size and by the number that fills it."""
    found: dict[int, Any] = {}
    for buffer in model.buffers:
        if buffer.data is not None and len(buffer.data) >= min(sizes):
            (first,) = struct.unpack("<f", bytes(buffer.data[:4]))
            number = int(first) - 1
            if 0 <= number < len(sizes) and sizes[number] == len(buffer.data):
                found[number] = buffer
    if len(found) != len(sizes):
        raise ExportError(f"the converter should have kept {len(sizes)} constants, got {len(found)}")
    return [found[number] for number in range(len(sizes))]


def main() -> None:
    """Make all graphs again."""
    FOLDER.mkdir(exist_ok=True)
    for shape in SHAPES:
        path(*shape).write_bytes(template(*shape))


if __name__ == "__main__":
    main()
