"""The device of the networks: asked in a process of its own, because TensorFlow is not imported in this one.

TensorFlow's list of GPUs is compared with that of the GPUs' driver.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nst_core.doctor.finding import Finding, ok, problem, warning
from nst_core.jobs.placement import environments
from nst_core.settings import Settings
from nst_core.system import gpus
from nst_core.system.tuning import TUNED

SECONDS = 90.0
"""The longest time that TensorFlow may take to load and to list the devices."""
COMMAND = (sys.executable, "-m", "nst_core.doctor.device_probe")
_ROOT = Path(__file__).resolve().parents[2]
_GPU_PACKAGES = "python -m pip install -r requirements-gpu.txt"
_REINSTALL = "install the packages again: python -m pip install --force-reinstall -r requirements.txt"


def check() -> Iterator[Finding]:
    """The device that the worker would choose, and why; a problem if TensorFlow does not load."""
    try:
        done = subprocess.run(  # noqa: S603 - this project's own module
            COMMAND, cwd=_ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=SECONDS, check=False, env={**TUNED, **os.environ},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield problem(f"TensorFlow did not load within {SECONDS:g} s", "end other programs and try again")
        return
    known = gpus.visible()
    for gpu in known:
        yield ok(f"the driver has a GPU: {gpu.title}, {gpu.free_mb:,.0f} of {gpu.total_mb:,.0f} MB free")
    yield from _findings(done, known)


def _findings(done: subprocess.CompletedProcess[str], known: Sequence[gpus.Gpu]) -> Iterator[Finding]:
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
        if error := answer.get("error"):
            yield problem(error, "correct NST_DEVICE, or mend the driver of the GPU")
            return
        where = f"the networks run on {answer['title']} ({answer['reason']}), with TensorFlow {answer['version']}"
        is_gpu, used = answer["is_gpu"], answer["gpus"]
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:200]
        yield problem(f"TensorFlow cannot be loaded: {last}", _REINSTALL)
        return
    yield ok(where)
    if known and not used:
        yield warning("TensorFlow uses none of the GPUs, most likely because it lacks CUDA", _GPU_PACKAGES)
    if used and not known:
        yield warning("the driver of the GPUs cannot be asked for their number and memory", _GPU_PACKAGES)
    settings = Settings.read()
    workers = len(environments(settings, known))
    if settings.workers > workers:
        yield warning(
            f"{workers} workers are started, one for each GPU, and not {settings.workers}", "lower NST_WORKERS"
        )
    elif workers > 1:
        yield ok(f"{workers} runs are painted at a time, by one worker {'for each GPU' if is_gpu else 'each'}")
    if is_gpu:
        yield _repeatability()


def _repeatability() -> Finding:
    if Settings.read().deterministic:
        return ok("runs on the GPU are repeatable bit for bit (NST_DETERMINISTIC), which makes them slower")
    return ok("runs on the GPU are not repeatable to the last bit; NST_DETERMINISTIC=1 makes them so, and slower")
