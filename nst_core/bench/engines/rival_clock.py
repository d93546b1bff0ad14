"""Times the rival package from inside its own process: run as a script, it knows nothing of this project.

`rival.py` starts it with the rival's folder on PYTHONPATH and reads the JSON that it prints last.
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
    """Seconds of the package's own calls on pictures of the sizes that its networks want, so that it resizes nothing.

    Returns:
        `first_seconds`: import, loading and the first call. Each {median, least} in seconds: `call`, content and style
        to a picture; `known_style`, the same with the style's vector kept; `transformer`, the bare network with that
        vector, or None where the package does not give it away. `onnxruntime`: its version. `peak_rss_mb`: of this
        process.
    """
    content, style = _noise(side_px, 0), _noise(style_px, 1)
    began = time.perf_counter()
    engine = importlib.import_module(package).StyleTransfer(device="cpu")  # threads and graph options stay its own
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
    """The package's own session of the transformer, ready to run; None if another version hides it elsewhere."""
    try:
        session = engine._session("arbitrary_transform")
        names = [given.name for given in session.get_inputs()]
    except AttributeError:
        return None
    fed = dict(zip(names, (content[None].astype(np.float32) / 255, vector.astype(np.float32)), strict=True))
    return lambda: session.run(None, fed)


def _timed(call: Callable[[], Any], warm_ups: int, rounds: int) -> dict[str, float]:
    for _ in range(warm_ups):
        call()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return {"median": statistics.median(taken), "least": min(taken)}


def _noise(side_px: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side_px, side_px, 3), np.uint8)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _peak_rss_mb() -> float:
    """The most memory of this program, in MB.

    Linux hands the peak of the process that started this one on in `ru_maxrss`, which may hold TensorFlow; VmHWM
    begins anew with each program.
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
