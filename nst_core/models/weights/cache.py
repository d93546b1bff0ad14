"""The local cache: whole folders, each put in place by one rename and hashed at every load.

    <cache_dir>/weights/<network>/<source>/data/...        what was fetched
    <cache_dir>/weights/<network>/<source>/manifest.json   SHA-256 of each file, origin, licence, how it was trusted
    <cache_dir>/weights/built/<name>-<key>/...              the same, for what was computed from weights
    <cache_dir>/weights/.../.part-*                         an entry being made; swept when a day old

Locks only save work: without them two processes make the same entry twice, the first rename wins and the other is
thrown away. Where the cache folder cannot be written, a temporary folder serves until the process ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nst_core.errors import WeightsError
from nst_core.models.weights.disk import locked, make_durable, new_part, remove, roots
from nst_core.models.weights.hashing import folder_hashes, tree_hash


@dataclass(frozen=True)
class Entry:
    """An intact folder of the cache: where its files are, their SHA-256 by relative path, and what is known of it."""

    data: Path
    hashes: Mapping[str, str]
    about: Mapping[str, str]


def look(slot: str, pins: Mapping[str, str] | None = None) -> Entry | None:
    """The entry at `slot`, or None if there is none.

    Args:
        slot: path of the entry below the cache's root, such as "vgg19/keras.applications".
        pins: SHA-256 by file name that the entry must have, besides its own manifest.

    Raises:
        WeightsError: there is one, but it is damaged.
    """
    damage: WeightsError | None = None
    for root in roots():
        if os.path.exists(root / slot):
            try:
                return check(root / slot, pins)
            except WeightsError as error:
                damage = error
    if damage is not None:
        raise damage
    return None


def check(folder: Path, pins: Mapping[str, str] | None = None) -> Entry:
    """Hash every file of an entry and compare with its manifest and with `pins`.

    Raises:
        WeightsError: a file is missing, added or changed, or the manifest cannot be read.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        recorded = {str(name): str(value) for name, value in manifest["files"].items()}
        about = {str(name): str(value) for name, value in manifest["about"].items()}
        hashes = folder_hashes(folder / "data")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{folder} is damaged: its manifest or files cannot be read ({error})") from error
    wrong = sorted(set(hashes.items()) ^ set(recorded.items()))
    wrong += [(name, value) for name, value in (pins or {}).items() if hashes.get(name) != value]
    if wrong or not hashes:
        raise WeightsError(
            f"{folder} is damaged: {wrong[0][0] if wrong else 'its data'} does not have its recorded hash"
        )
    return Entry(folder / "data", hashes, about)


def place(
    slot: str, fill: Callable[[Path], None], about: Mapping[str, str], pins: Mapping[str, str] | None = None
) -> Entry:
    """Make an entry: `fill` writes its files into an empty folder, then all of it is put in place by one rename.

    Raises:
        WeightsError: the disk refused, or a file is not the pinned one; nothing is left behind.
    """
    target = roots()[-1] / slot
    try:
        fresh = new_part(target.parent)
        try:
            (fresh / "data").mkdir()
            fill(fresh / "data")
            _seal(fresh, about)
            check(fresh, pins)
            _put(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise WeightsError(f"{target} could not be written ({error}); free space, or set NST_CACHE_DIR") from error
    return check(target, pins)


def discard(slot: str) -> None:
    """Take a damaged entry away, wherever it may be written; a read-only one stays and is passed over."""
    for root in roots():
        remove(root / slot)


def store_folder(name: str, build: Callable[[Path], None], key: str) -> Path:
    """A folder computed from weights, made once and hashed at every load.

    Args:
        name: what it is, such as "magenta-savedmodel"; a plain file name.
        build: writes the folder's files into the empty folder that it is given.
        key: everything the result depends on: hashes of the inputs and a version. Another key is another folder.

    Raises:
        WeightsError: the disk refused, or `build` wrote nothing.
    """
    slot = f"built/{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    with locked(slot):
        try:
            entry = look(slot)
        except WeightsError:
            discard(slot)
            entry = None
        return (entry or place(slot, build, {"origin": f"built here: {name}", "key": key})).data


def _seal(fresh: Path, about: Mapping[str, str]) -> None:
    """Write the manifest and make everything durable before it is renamed into place."""
    hashes = folder_hashes(fresh / "data")
    told = {**about, "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    manifest = {"files": hashes, "tree_sha256": tree_hash(hashes), "about": told}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    make_durable(fresh)


def _put(fresh: Path, target: Path) -> None:
    """Rename into place; what stands there is kept if it is intact (another process was first), else replaced."""
    for last in (False, False, True):
        try:
            os.rename(fresh, target)
            return
        except OSError:
            if last or not target.exists():
                raise
        try:
            check(target)
            return
        except WeightsError:
            remove(target)
