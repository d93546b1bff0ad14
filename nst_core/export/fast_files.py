"""The files of the fast method in an export folder: style prediction once, the transformer for each size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import tensorflow as tf

from nst_core.export import calibration, embedded, fast_pair
from nst_core.export.convert import to_litert
from nst_core.export.manifest import ExportedFile, Precision
from nst_core.models.weights import WeightsSource
from nst_core.system.atomic_files import write_atomic

TITLES = {
    "style_predict": "Style prediction: a picture to the vector of its style",
    "style_transform": "Style transformer: a picture and the vector of a style to the picture in that style",
}


def write(
    folder: Path, source: WeightsSource, sizes_px: Sequence[int], precisions: Sequence[Precision]
) -> Iterator[ExportedFile]:
    """Write each network in each precision, and yield each file when it is written; once, if it is asked for twice.

    Raises:
        ExportError: a size is unusable, or a graph cannot be converted.
        WeightsError: the weights cannot be read.
        OSError: the folder cannot be written.
    """
    module = fast_pair.load(source)
    graphs = [fast_pair.style_predict(module), *(fast_pair.style_transform(module, px) for px in sorted(set(sizes_px)))]
    for graph in graphs:
        examples = partial(calibration.inputs, graph.part, graph.size_px, module)
        for precision in dict.fromkeys(precisions):
            file = _described(to_litert(graph, precision, examples), graph, precision, source)
            size = "" if graph.part == "style_predict" else f"_{graph.size_px}"
            made = ExportedFile(
                file=f"{graph.part}{size}_{precision}.tflite",
                part=graph.part,
                size_px=graph.size_px,
                precision=precision,
                bytes=len(file),
                sha256=hashlib.sha256(file).hexdigest(),
                inputs=graph.inputs,
                outputs=graph.outputs,
                licence=source.licence,
            )
            write_atomic(folder / made.file, file)
            yield made


def _described(file: bytes, graph: fast_pair.Graph, precision: Precision, source: WeightsSource) -> bytes:
    facts = {
        "precision": precision,
        "licence": source.licence,
        "source": f"{source.network}, {source.source}",
        "source_sha256": source.sha256,
        "made_with": f"TensorFlow {tf.__version__}",
    }
    return embedded.describe(file, TITLES[graph.part], graph.inputs, graph.outputs, facts)
