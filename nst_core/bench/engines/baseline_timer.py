"""A script that times the baseline package in a process of its own; it imports nothing of this project.

`baseline.py` starts it with the package's folder on PYTHONPATH and reads the JSON on the last line of its output.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def measure(package: str, side_px: int, style_px: int, warm_ups: int, rounds: int) -> dict[str, Any]:
    """Time the package's public calls on pictures of its networks' sizes, so that it need not resize them.

    Args:
        package: the module to import.
        side_px: side of the square content.
        style_px: side of the square style.
        warm_ups: calls before timing.
        rounds: timed calls.

    Returns:
        `first_seconds`: import, loading and the first call. `call`: content and style to a picture. `known_style`: a
        call with the style's vector given. `transformer`: the bare network with that vector, or None where the package
        hides it. The latter three are {median, least} in seconds. `onnxruntime`: its version. `peak_rss_mb`: of this
        process.
    """
    content, style = _noise(side_px, 0), _noise(style_px, 1)
    began = time.perf_counter()
    engine = importlib.import_module(package).StyleTransfer(
        device="cpu"
    )  # with the package's own threads and graph options
    engine.stylize_with(content, style)
    first = time.perf_counter() - began

    def timed(call: Callable[[], Any]) -> dict[str, float]:
        return _timed(call, warm_ups, rounds)

    whole = timed(lambda: engine.stylize_with(content, style))
    vector = engine.style_vector(style)
    bare = _transformer(engine, content, vector)
    engine.style_vector = lambda _: vector
    known = timed(lambda: engine.stylize_with(content, style))
    return {
        "onnxruntime": _version("onnxruntime"),
        "size": side_px,
        "first_seconds": first,
        "call": whole,
        "known_style": known,
        "transformer": timed(bare) if bare else None,
        "peak_rss_mb": _peak_rss_mb(),
    }


def _transformer(engine: Any, content: np.ndarray, vector: np.ndarray) -> Callable[[], Any] | None:
    """A call of the package's transformer session; None if this version of the package has no such attribute."""
    try:
        session = engine._session("arbitrary_transform")
        names = [given.name for given in session.get_inputs()]
    except AttributeError:
        return None
    inputs = dict(zip(names, (content[None].astype(np.float32) / 255, vector.astype(np.float32)), strict=True))
    return lambda: session.run(None, inputs)


def _timed(call: Callable[[], Any], warm_ups: int, rounds: int) -> dict[str, float]:
    for _ in range(warm_ups):
        call()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return {"median": statistics.median(seconds), "least": min(seconds)}


def _noise(side_px: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side_px, side_px, 3), np.uint8)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _peak_rss_mb() -> float:
    """Peak memory of this program, in MB.

    On Linux `ru_maxrss` includes the peak of the parent process, which may hold TensorFlow; VmHWM does not.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def main(arguments: Sequence[str]) -> None:
    """Print the measurements as one line of JSON; `arguments` are those of `measure`."""
    package, *numbers = arguments
    print(json.dumps(measure(package, *map(int, numbers))))


if __name__ == "__main__":
    main(sys.argv[1:])
