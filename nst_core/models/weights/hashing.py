"""Hashes of files and of folders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from nst_core.errors import WeightsError


def file_hash(path: Path, algorithm: str = "sha256") -> str:
    """The hash of a file, in lower-case hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def folder_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path with forward slashes, sorted by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in files}


def tree_hash(hashes: Mapping[str, str]) -> str:
    """One SHA-256 for several files: that of a `sha256sum` listing sorted by name."""
    listing = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    return hashlib.sha256(listing.encode()).hexdigest()


def combined_hash(hashes: Mapping[str, str]) -> str:
    """The SHA-256 of a single file, or the tree hash of several."""
    return next(iter(hashes.values())) if len(hashes) == 1 else tree_hash(hashes)


def require_hash(path: Path, expected: str) -> None:
    """Compare a file with "md5:..." or "sha256:..."; "" accepts every file.

    Raises:
        WeightsError: the file has another hash.
    """
    algorithm, _, wanted = expected.partition(":")
    if wanted and (got := file_hash(path, algorithm)) != wanted:
        raise WeightsError(f"{path.name} should have {algorithm} {wanted[:12]}..., got {got[:12]}...")
