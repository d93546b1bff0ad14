"""The app's own export folder: made once for the weights and the converter of this machine, and kept with the weights.

It is searched first in the operator's folder (NST_WEIGHTS_DIR), where a container has it, then in the cache.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from importlib import metadata
from pathlib import Path

from nst_core.errors import ExportError, WeightsError
from nst_core.export import making, manifest
from nst_core.models import weights
from nst_core.settings import Settings

NAME = "litert-networks"
NETWORKS = ("magenta", "vgg19")
"""The networks whose weights the export holds."""
_CONVERTERS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel")


def find() -> Path | None:
    """Find the folder and check its hashes; None if there is none for these weights.

    Nothing is made, fetched or deleted.
    """
    try:
        made_of = key(fetch=False)
    except WeightsError:
        return None
    return _operators(made_of) or weights.stored_folder(NAME, made_of)


def make(to: Path | None = None) -> Path:
    """Find the folder, or make it under a lock and atomically. Takes a minute and 1.2 GB of memory.

    Args:
        to: a folder for NST_WEIGHTS_DIR, which gets a copy.

    Raises:
        WeightsError: the networks cannot be had, or the cache cannot be written.
        ExportError: they cannot be converted, or the copy cannot be written.
    """
    made_of = key(fetch=True)

    def build(folder: Path) -> None:
        making.make(folder)

    made = _operators(made_of) or weights.store_folder(NAME, build, made_of)
    if to is None:
        return made
    try:
        return Path(shutil.copytree(made, to / _file_name(made_of), dirs_exist_ok=True))
    except OSError as error:
        raise ExportError(f"{to} cannot be written ({error.strerror}); name another folder") from error


def key(*, fetch: bool) -> str:
    """Everything that determines the folder's bytes: the weights, the converter and this package.

    Raises WeightsError.
    """
    parts = [weights.find(network, fetch=fetch).sha256 for network in NETWORKS]
    return " ".join([*parts, _converter(), _sources()])


def _operators(made_of: str) -> Path | None:
    mine = Settings.read().weights_dir
    if mine is None or not (mine / _file_name(made_of)).is_dir():
        return None
    try:
        manifest.verify(mine / _file_name(made_of))
    except ExportError:
        return None
    return mine / _file_name(made_of)


def _file_name(made_of: str) -> str:
    return f"{NAME}-{weights.short_key(made_of)}"


def _converter() -> str:
    """The converter's version, found without importing it, which would take seconds."""
    for name in _CONVERTERS:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


@cache
def _sources() -> str:
    """A hash of this package's sources, so that the folder is made again when the exporter changes."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
