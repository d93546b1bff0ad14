"""The weights of the slow method's graphs as one file to download: each kernel once, as 8-bit codes or in float16.

The file has four parts: the text `NSTSLOW1`, a little-endian uint32 with the length of the header, the header (JSON,
padded with spaces), and the data. Each piece of data is at a multiple of 16 bytes from the data's start. The header
gives for each layer the places of three arrays. `kernel` is [out, 3, 3, in] with the first layer's input channels red,
green, blue. `table` has 256 float32 values that the kernel's codes are indices into, or is null if the kernel is
float16. `bias` is float32. `units` are the magnitudes of the terms on a photograph: a term's weight is its share
divided by them.

The codes of a codebook are copied unchanged (13 MB). Keras' own weights are rounded to float16 (26 MB).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_core.export.slow_layout import LAYERS, TERMS, channels, constants
from nst_core.models.weights import WeightsSource, codebook, vgg_kernels

MAGIC = b"NSTSLOW1"
ALIGNMENT = 16

Array = npt.NDArray[Any]
Encoded = tuple[Array, Array | None, Array]
"""A layer's kernel [out, 3, 3, in], as codes or float16; the codes' table [256] or None; its bias [out]."""


def pack(layers: Iterable[tuple[str, Encoded]], units: Mapping[str, float]) -> bytes:
    """The file of these layers, `LAYERS` in their order, and the units of `TERMS` but variation."""
    pieces: list[bytes] = []
    offset = 0

    def placed(values: Array | None) -> int | None:
        nonlocal offset
        if values is None:
            return None
        data = np.ascontiguousarray(values).tobytes()
        pieces.append(data + bytes(-len(data) % ALIGNMENT))
        offset += len(pieces[-1])
        return offset - len(pieces[-1])

    listed = []
    for name, (kernel, table, bias) in layers:
        before, after = channels(name)
        places = {"kernel": placed(kernel), "table": placed(table), "bias": placed(bias)}
        listed.append({"name": name, "inputs": before, "outputs": after, **places})
    header = json.dumps({"format": 1, "terms": TERMS, "units": units, "layers": listed}).encode()
    header += b" " * (-(len(MAGIC) + 4 + len(header)) % ALIGNMENT)
    return b"".join([MAGIC, struct.pack("<I", len(header)), header, *pieces])


def header(file: bytes) -> dict[str, Any]:
    """The header of a file that `pack` made."""
    (length,) = struct.unpack_from("<I", file, len(MAGIC))
    found: dict[str, Any] = json.loads(file[len(MAGIC) + 4 :][:length])
    return found


def join(graph: bytes, file: bytes) -> bytes:
    """A complete LiteRT file: a graph of `slow_graphs/` followed by the constants of a file that `pack` made."""
    constants_of = {
        name: dict(zip(("forward", "bias", "mirrored"), decoded, strict=True)) for name, decoded in _decoded(file)
    }
    data = [constants_of[layer][field].astype("<f4").tobytes() for layer, field, _ in constants()]
    return b"".join([graph, bytes(-len(graph) % ALIGNMENT), *data])


def encoded(source: WeightsSource) -> Iterator[tuple[str, Encoded]]:
    """Each layer of the graphs in the form that is downloaded, from VGG-19's weights. Raises WeightsError."""
    if source.format == "codebook":
        tensors = codebook.read_tensors(source.path)
        for name in LAYERS:
            codebook.decode(tensors, name)  # checks the tensors
            codes, table, bias = (tensors[f"{name}_{part}"] for part in ("W_q", "W_table", "b"))
            yield name, (_red_first(name, codes.transpose(0, 2, 3, 1)), table, bias)
        return
    yield from rounded((name, pair) for name, pair in vgg_kernels(source) if name in LAYERS)


def rounded(kernels: Iterable[tuple[str, tuple[Array, Array]]]) -> Iterator[tuple[str, Encoded]]:
    """Each layer with its kernel in float16; from kernels [3, 3, in, out] and biases [out]."""
    for name, (kernel, bias) in kernels:
        yield name, (_red_first(name, kernel.transpose(3, 0, 1, 2)).astype("<f2"), None, bias)


def _red_first(layer: str, kernel: Array) -> Array:
    """The kernel [out, 3, 3, in] for a picture in RGB: VGG's own order is BGR."""
    return kernel[..., ::-1] if layer == LAYERS[0] else kernel


def _decoded(file: bytes) -> Iterator[tuple[str, tuple[Array, Array, Array]]]:
    """Each layer with the constants of a graph: kernel [out, 3, 3, in], bias, mirrored kernel [in, 3, 3, out]."""
    found = header(file)
    (length,) = struct.unpack_from("<I", file, len(MAGIC))
    start = len(MAGIC) + 4 + length

    def values(dtype: str, offset: int, count: int) -> Array:
        return np.frombuffer(file, dtype, count, start + offset)

    for layer in found["layers"]:
        shape = layer["outputs"], 3, 3, layer["inputs"]
        stored = values("<f2" if layer["table"] is None else "u1", layer["kernel"], int(np.prod(shape))).reshape(shape)
        kernel = stored if layer["table"] is None else values("<f4", layer["table"], 256)[stored]
        yield (
            layer["name"],
            (kernel, values("<f4", layer["bias"], shape[0]), kernel[:, ::-1, ::-1].transpose(3, 1, 2, 0)),
        )
