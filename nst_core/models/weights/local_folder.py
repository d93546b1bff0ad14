"""Weights that the operator placed by hand: official file names, checked against the published hashes if any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.archives import extract_members, extract_model, model_root
from nst_core.models.weights.hashing import file_hash, folder_hashes, require_hash
from nst_core.models.weights.sources import HUB_FOLDER, Source


@dataclass(frozen=True)
class Placed:
    """Usable weights: the file or folder, SHA-256 by file name, and the source whose form they have."""

    path: Path
    hashes: Mapping[str, str]
    source: Source


def look(folder: Path, network: str, sources: tuple[Source, ...]) -> Placed:
    """The first usable weights of a network in `folder`, in the order of `sources`, bare files before archives.

    Raises:
        WeightsError: none are there, or what is there is not the published file.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder} is not a folder")
    candidates = [candidate for source in sources for candidate in _candidates(folder, network, source)]
    damaged = []
    for paths, read in candidates:
        if not all(path.exists() for path in paths):
            continue
        try:
            return read()
        except WeightsError as error:
            damaged.append(str(error))
    names = [" + ".join(path.name for path in paths) for paths, _ in candidates]
    raise WeightsError("; ".join(damaged) or f"{folder} has none of {', '.join(names)}")


def folder_model(folder: Path, source: Source) -> Placed:
    """A SavedModel folder used where it is.

    Raises:
        WeightsError: it is no SavedModel.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder} is not a folder")
    root = model_root(folder)
    return Placed(root, folder_hashes(root), source)


def _candidates(folder: Path, network: str, source: Source) -> Iterator[tuple[list[Path], Callable[[], Placed]]]:
    """What may lie in the folder for one source: the paths it needs, and how to read them."""
    if source.kind == "hub":
        model, archive = folder / HUB_FOLDER, folder / f"{HUB_FOLDER}.tar.gz"
        yield [model], partial(folder_model, model, source)
        yield [archive], partial(_opened, archive, network, source)
        return
    files = [folder / member.name for member in source.members]
    yield files, partial(_files, files, source)
    if source.kind == "wheel":
        wheel = folder / source.wheel_name
        yield [wheel], partial(_opened, wheel, network, source)


def _files(files: list[Path], source: Source) -> Placed:
    for path in files:
        pin = source.pins.get(path.name)
        require_hash(path, f"sha256:{pin}" if pin else source.hash)
    path = files[0] if len(files) == 1 else files[0].parent
    return Placed(path, {path.name: file_hash(path) for path in files}, source)


def _opened(archive: Path, network: str, source: Source) -> Placed:
    """An archive's data, unpacked once into the cache under the archive's own hash."""
    require_hash(archive, source.hash)

    def fill(folder: Path) -> None:
        if source.kind == "wheel":
            extract_members(archive, source.members, folder)
        else:
            extract_model(archive, folder)

    data = cache.store_folder(f"{network}-operator", fill, key=file_hash(archive))
    return Placed(data / source.members[0].name if len(source.members) == 1 else data, folder_hashes(data), source)
