"""The files of the slow method in an export folder: its graphs, and one file of weights for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from nst_core.export.manifest import ExportedFile, Tensor
from nst_core.export.slow_layout import CONTENT_LAYER, SHAPES, STYLE_LAYERS, inputs, outputs
from nst_core.export.slow_template import path
from nst_core.export.slow_weights import encoded, pack
from nst_core.models.weights import WeightsSource
from nst_core.system.atomic_files import write_atomic

GRAPH_LICENCE = "MIT"
"""The licence of the graphs, which hold no weights: this project's own."""


def write(folder: Path, source: WeightsSource) -> Iterator[ExportedFile]:
    """Write the weights file and the graphs, from VGG-19's weights, and yield each when it is written.

    Raises:
        WeightsError: the weights cannot be read.
        OSError: the folder cannot be written.
    """
    precision = "codebook" if source.format == "codebook" else "float16"
    data = pack(encoded(source), units())
    name = f"slow_weights_{precision}.bin"
    write_atomic(folder / name, data)
    yield ExportedFile(
        file=name,
        part="slow_weights",
        size_px=0,
        precision="codebook" if source.format == "codebook" else "float16",
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        inputs=(),
        outputs=(),
        licence=source.licence,
    )
    for shape in SHAPES:
        graph = path(*shape).read_bytes()
        write_atomic(folder / path(*shape).name, graph)
        yield ExportedFile(
            file=path(*shape).name,
            part="slow_objective",
            size_px=max(shape),
            precision="float32",
            bytes=len(graph),
            sha256=hashlib.sha256(graph).hexdigest(),
            inputs=_tensors(inputs(*shape)),
            outputs=_tensors(outputs(*shape)),
            licence=GRAPH_LICENCE,
        )


def units() -> dict[str, float]:
    """The engine's magnitude of each term on a photograph, by term, except variation."""
    from nst_core.models import vgg
    from nst_core.slow.losses.objective import layer_units

    measured = layer_units(vgg.load("vgg19"), "max", "gram")
    style = {f"style/{name}": measured.style[name] for name in STYLE_LAYERS}
    return {f"content/{CONTENT_LAYER}": measured.content[CONTENT_LAYER], **style}


def _tensors(shapes: Mapping[str, tuple[int, ...]]) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(name=name, shape=shape, dtype="float32", range=(0.0, 1.0) if name == "picture" else None)
        for name, shape in shapes.items()
    )
