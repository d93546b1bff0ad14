"""The fast pair's files, run by LiteRT as on a phone, against the networks: difference, time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.export import calibration
from nst_core.export.manifest import ExportedFile, verify
from nst_core.models.stylisation import STYLE_EDGE_PX, StylisationModule

THREADS = (1, 2)
ROUNDS, WARM_UPS = 25, 2


def run(folder: Path, module: StylisationModule) -> Iterator[dict[str, Any]]:
    """Check each file of the fast pair in an export folder.

    Args:
        folder: an export folder.
        module: the networks from which it was made.

    Yields:
        `file`, `part`, `size`, `precision`, `megabytes`. `difference`: the mean difference of the stylised pictures for
        each pixel and channel, of 255, on pictures that no range was taken from. For style prediction, the pictures are
        painted by the network with the file's vectors. `correlation`: correlation of the file's own results with the
        network's. `seconds`: for each number of threads the {median, least} of a call.

    Raises:
        ExportError: a file differs from its description in the manifest.
    """
    for listed in verify(folder).files:
        if listed.part in ("style_predict", "style_transform"):
            yield _row((folder / listed.file).read_bytes(), listed, module)


def runtime() -> str:
    """The program that runs the files: LiteRT, or TensorFlow's older copy of it if LiteRT is not installed."""
    return str(_interpreter_type().__module__).split(".")[0]


def interpreter(file: bytes, threads: int) -> Any:
    """LiteRT's interpreter of a file."""
    return _interpreter_type()(model_content=file, num_threads=threads)


def _interpreter_type() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        import tensorflow as tf

        return tf.lite.Interpreter
    return Interpreter


def _row(file: bytes, listed: ExportedFile, module: StylisationModule) -> dict[str, Any]:
    runner = interpreter(file, 1).get_signature_runner()
    answers, expected, pictures = [], [], []
    for content_key, style_key in calibration.HELD_OUT:
        style = calibration.square(style_key, STYLE_EDGE_PX)
        content = calibration.square(content_key, listed.size_px)
        own = calibration.vector(module, style)
        if listed.part == "style_predict":
            (answer,) = runner(style=style).values()
            expected.append(own)
            pictures.append(np.subtract(module.transform(content, answer), module.transform(content, own)))
        else:
            (answer,) = runner(content=content, vector=own).values()
            expected.append(np.asarray(module.transform(content, own)))
            pictures.append(answer - expected[-1])
        answers.append(answer)
    given = {"style": style} if listed.part == "style_predict" else {"content": content, "vector": own}
    return {
        "file": listed.file,
        "part": listed.part,
        "size": listed.size_px,
        "precision": listed.precision,
        "megabytes": listed.bytes / 1e6,
        "difference": float(np.abs(pictures).mean() * 255),
        "correlation": float(np.corrcoef(np.ravel(answers), np.ravel(expected))[0, 1]),
        "seconds": {str(threads): _seconds(interpreter(file, threads), given) for threads in THREADS},
    }


def _seconds(ready: Any, given: dict[str, np.ndarray]) -> dict[str, float]:
    """The time of a call."""
    runner = ready.get_signature_runner()
    times = []
    for _ in range(WARM_UPS + ROUNDS):
        began = time.perf_counter()
        runner(**given)
        times.append(time.perf_counter() - began)
    return {"median": statistics.median(times[WARM_UPS:]), "least": min(times[WARM_UPS:])}
