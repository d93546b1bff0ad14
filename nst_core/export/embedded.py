"""The description inside a LiteRT file: inputs and outputs with their ranges, licence, source.

It works without the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nst_core.export.manifest import Tensor

NAME = "nst_studio"
"""The name of the file's metadata entry, a JSON object."""


def describe(
    file: bytes, title: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], facts: Mapping[str, str]
) -> bytes:
    """Add a description to the file, which model viewers show, and the same as JSON in a metadata entry.

    Args:
        file: a LiteRT file; its operations, weights and signatures stay as they are.
        title: what it computes.
        inputs, outputs: its tensors.
        facts: further facts, such as the licence and the hash of the source.
    """
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    told = {
        "title": title,
        **facts,
        "inputs": [each.model_dump() for each in inputs],
        "outputs": [each.model_dump() for each in outputs],
    }
    model = flatbuffer_utils.convert_bytearray_to_object(file)
    model.description = ". ".join([title, *(f"{name}: {value}" for name, value in facts.items())])
    entry, buffer = schema.MetadataT(), schema.BufferT()
    buffer.data = list(json.dumps(told, ensure_ascii=False).encode())
    entry.name, entry.buffer = NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def read(file: bytes) -> dict[str, Any]:
    """The facts that `describe` wrote into a file; {} if there are none."""
    model = _schema().Model.GetRootAsModel(file, 0)
    for n in range(model.MetadataLength()):
        if model.Metadata(n).Name() == NAME.encode():
            told: dict[str, Any] = json.loads(model.Buffers(model.Metadata(n).Buffer()).DataAsNumpy().tobytes())
            return told
    return {}


def _schema() -> Any:
    # TensorFlow brings the same module, and takes seconds to import.
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ImportError:
        from tensorflow.lite.python import schema_py_generated as schema
    return schema
