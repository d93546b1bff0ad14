"""The files that browsers and phones fetch to paint on their own device: LiteRT's, and the networks as LiteRT files.

The address of each file contains a hash of its bytes, so that a browser may cache it for ever. The files are compressed
once, when they are made, and not for each visitor.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from nst_core.errors import NSTError, WeightsError
from nst_core.export import manifest, own_folder
from nst_core.export.manifest import Manifest
from nst_core.models import weights

PACKED_NAME = "device-packed"
LEVEL = 6
"""The level of gzip: level 9 takes half as long again and saves only 0.3 %."""
_MEDIA_TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}


@dataclass(frozen=True)
class DeviceFile:
    """A file for devices.

    Attributes:
        name: its name, without folders.
        sha256: of its bytes.
        path: where it is.
        packed: the path of its gzip file; None if it is not compressed, or does not become smaller.
    """

    name: str
    sha256: str
    path: Path
    packed: Path | None = None

    @property
    def address(self) -> str:
        """Its address, relative to the address of all device files."""
        return f"{self.sha256[:16]}/{self.name}"

    @property
    def media_type(self) -> str:
        """The type for browsers, which compile WebAssembly while it arrives only if its type is right."""
        return _MEDIA_TYPES.get(self.path.suffix, "application/octet-stream")

    @property
    def bytes_sent(self) -> int:
        """The number of bytes that are sent for it."""
        return (self.packed or self.path).stat().st_size


@dataclass(frozen=True)
class DeviceFileSet:
    """The files of this machine.

    Attributes:
        manifest: of the networks; None if they are not exported yet.
        files: by name.
        missing: a sentence for each part that is not on this machine.
    """

    manifest: Manifest | None = None
    files: Mapping[str, DeviceFile] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether a browser finds all files that it needs."""
        return not self.missing


def find() -> DeviceFileSet:
    """The files that are on this machine. Hashes about 150 MB; nothing is made, fetched or deleted."""
    missing: list[str] = []
    runtime: list[DeviceFile] = []
    try:
        runtime = _runtime_files(fetch=False)
    except WeightsError as error:
        missing.append(str(error))
    folder = own_folder.find()
    listed = manifest.read(folder) if folder else None
    if folder is None:
        missing.append("the networks are not exported yet")
    groups = [_with_packed(files) for files in (runtime, _network_files(folder, listed)) if files]
    if None in groups:
        missing.append("the files are not compressed yet")
    files = {file.name: file for files in groups for file in files or ()}
    return DeviceFileSet(listed, files, tuple(missing))


def make(to: Path | None = None) -> DeviceFileSet:
    """All files; missing ones are fetched, exported and compressed first.

    Args:
        to: a folder for NST_WEIGHTS_DIR, which gets a copy of the networks and of LiteRT's files.

    Raises:
        NSTError: a part cannot be made. The other one is made nevertheless.
    """
    errors: list[NSTError] = []
    for part in (_make_runtime, _make_networks):
        try:
            files = part(to)
            weights.store_folder(PACKED_NAME, partial(_pack, files), _key(files))
        except NSTError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return find()


def _make_runtime(to: Path | None) -> list[DeviceFile]:
    runtime = _runtime_files(fetch=True)
    if to is not None:
        for each in runtime:
            weights.export(each.path, to)
    return runtime


def _make_networks(to: Path | None) -> list[DeviceFile]:
    folder = own_folder.make(to)
    return _network_files(folder, manifest.read(folder))


def _runtime_files(*, fetch: bool) -> list[DeviceFile]:
    """LiteRT's files. Raises WeightsError."""
    found = weights.find("litert", fetch=fetch)
    members = [member for source in weights.NETWORKS["litert"].sources[:1] for member in source.members]
    return [DeviceFile(member.name, member.sha256, found.path / member.name) for member in members]


def _network_files(folder: Path | None, listed: Manifest | None) -> list[DeviceFile]:
    if folder is None or listed is None:
        return []
    return [DeviceFile(each.file, each.sha256, folder / each.file) for each in listed.files]


def _pack(files: Iterable[DeviceFile], folder: Path) -> None:
    """Compress files into a folder."""
    for file in files:
        with file.path.open("rb") as source, gzip.GzipFile(folder / f"{file.name}.gz", "wb", LEVEL, mtime=0) as target:
            shutil.copyfileobj(source, target)


def _with_packed(files: list[DeviceFile]) -> list[DeviceFile] | None:
    """Add the compressed file to each file that becomes smaller; None if the files are not compressed yet."""
    folder = weights.stored_folder(PACKED_NAME, _key(files))
    if folder is None:
        return None
    pairs = [(file, folder / f"{file.name}.gz") for file in files]
    return [
        replace(file, packed=packed if packed.stat().st_size < file.path.stat().st_size else None)
        for file, packed in pairs
    ]


def _key(files: Iterable[DeviceFile]) -> str:
    return " ".join([f"gzip-{LEVEL}", *(file.sha256 for file in files)])
