"""The command `store`: maintenance of the store that several servers share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import StorageError

if TYPE_CHECKING:
    from nst_core.jobs.shared.opening import SharedStorage


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("store", help="maintain the store of runs that several servers share")
    actions = parser.add_subparsers(required=True, metavar="ACTION", help="copy, or rebuild")
    copying = actions.add_parser("copy", help="copy the runs of a folder into it; what it has already stays")
    copying.add_argument("folder", type=Path, metavar="FOLDER", help="NST_DATA_DIR of a server that is not running")
    copying.set_defaults(run=copy)
    rebuilding = actions.add_parser("rebuild", help="make the rows of the database anew from the runs' records")
    rebuilding.set_defaults(run=rebuild)


def copy(arguments: argparse.Namespace) -> None:
    """Copy a folder. Raises StorageError."""
    storage = _opened()
    from nst_core.jobs.shared.opening import copy_folder  # after the check that its packages are there

    try:
        count = copy_folder(arguments.folder, storage, lambda line: print(line, file=sys.stderr))
    finally:
        storage.release()
    print(f"{count} runs copied")


def rebuild(_: argparse.Namespace) -> None:
    """Rebuild the rows. Raises StorageError."""
    storage = _opened()
    from nst_core.jobs.shared import opening  # as above

    try:
        count = opening.rebuild(storage)
    finally:
        storage.release()
    print(f"{count} runs can be read")


def _opened() -> SharedStorage:
    from nst_core.jobs.opening import shared_storage
    from nst_core.settings import Settings

    settings = Settings.read()
    if not settings.is_shared:
        raise StorageError("NST_DATABASE_URL and NST_FILES_URL must name a shared store, and at least one does not")
    return shared_storage(settings)
