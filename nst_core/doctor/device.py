"""The device of the networks: asked in a process of its own, because TensorFlow is not imported in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nst_core.doctor.finding import Finding, ok, problem
from nst_core.system.tuning import TUNED

SECONDS = 90.0
"""The longest time that TensorFlow may take to load and to list the devices."""
COMMAND = (sys.executable, "-m", "nst_core.doctor.device_probe")
_ROOT = Path(__file__).resolve().parents[2]
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
    yield _finding(done)


def _finding(done: subprocess.CompletedProcess[str]) -> Finding:
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
        if error := answer.get("error"):
            return problem(error, "correct NST_DEVICE, or mend the driver of the GPU")
        return ok(f"the networks run on {answer['title']} ({answer['reason']}), with TensorFlow {answer['version']}")
    except (ValueError, IndexError, KeyError, AttributeError):
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:200]
        return problem(f"TensorFlow cannot be loaded: {last}", _REINSTALL)
