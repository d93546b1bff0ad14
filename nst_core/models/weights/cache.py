"""The weights cache on disk: folders that appear complete in one rename and are hashed at every load.

    <cache_dir>/weights/<network>/<source>/data/...        the files
    <cache_dir>/weights/<network>/<source>/manifest.json   SHA-256 of each file, origin, licence, reason for trust
    <cache_dir>/weights/built/<name>-<key>/...             the same, for files computed from weights
    <cache_dir>/weights/.../.part-*                        an unfinished entry; deleted after a day

A slot is the path of an entry below the cache's root, such as "vgg19/keras.applications".

Correctness does not depend on the locks; they only save work. Without them two processes may make the same entry: the
first rename wins, and the second process drops its own copy. If the cache folder is read-only, entries go to a
temporary folder that is deleted when the process ends.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from nst_core.errors import WeightsError
from nst_core.models.weights.hashing import folder_hashes, tree_hash
from nst_core.settings import Settings

LOCK_SECONDS = 300.0
STALE_SECONDS = 86_400.0
PART = ".part-"


@dataclass(frozen=True)
class CacheEntry:
    """An intact entry.

    Attributes:
        data: the folder that holds its files.
        hashes: SHA-256 by path relative to `data`.
        about: further facts of the manifest, such as origin and licence.
    """

    data: Path
    hashes: Mapping[str, str]
    about: Mapping[str, str]


def get(slot: str, pins: Mapping[str, str] | None = None) -> CacheEntry | None:
    """The entry at `slot`, or None if there is none.

    Args:
        slot: the entry's path below the cache's root.
        pins: SHA-256 by file name that the entry must have, besides those of its own manifest.

    Raises:
        WeightsError: the entry exists, but is damaged.
    """
    damage: WeightsError | None = None
    for root in roots():
        if os.path.exists(root / slot):
            try:
                return verify_entry(root / slot, pins)
            except WeightsError as error:
                damage = error
    if damage is not None:
        raise damage
    return None


def verify_entry(folder: Path, pins: Mapping[str, str] | None = None) -> CacheEntry:
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
    return CacheEntry(folder / "data", hashes, about)


def create(
    slot: str, fill: Callable[[Path], None], about: Mapping[str, str], pins: Mapping[str, str] | None = None
) -> CacheEntry:
    """Make an entry.

    Args:
        slot: the entry's path below the cache's root.
        fill: writes the files into the empty folder that it is given.
        about: facts for the manifest.
        pins: SHA-256 by file name that the files must have.

    Raises:
        WeightsError: the disk is full or read-only, or a file is not the pinned one; nothing is left behind.
    """
    target = roots()[-1] / slot
    try:
        fresh = new_temporary_folder(target.parent)
        try:
            (fresh / "data").mkdir()
            fill(fresh / "data")
            _write_manifest(fresh, about)
            verify_entry(fresh, pins)
            _rename_into_place(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise WeightsError(f"{target} could not be written ({error}); free space, or set NST_CACHE_DIR") from error
    return verify_entry(target, pins)


def discard(slot: str) -> None:
    """Delete an entry from every root that can be written."""
    for root in roots():
        _remove(root / slot)


def store_folder(name: str, build: Callable[[Path], None], key: str) -> Path:
    """A folder computed from weights: built once, then hashed at every load.

    Args:
        name: a plain file name that says what the folder holds, such as "magenta-savedmodel".
        build: writes the files into the empty folder that it is given.
        key: all inputs of the result: hashes of files and a version. A new key gives a new folder.

    Raises:
        WeightsError: the disk is full or read-only, or `build` wrote nothing.
    """
    slot = f"built/{name}-{short_key(key)}"
    with locked(slot):
        try:
            entry = get(slot)
        except WeightsError:
            discard(slot)
            entry = None
        return (entry or create(slot, build, {"origin": f"built here: {name}", "key": key})).data


def stored_folder(name: str, key: str) -> Path | None:
    """The folder that `store_folder` built with these arguments, after a check of its hashes.

    None if there is none intact.
    """
    try:
        entry = get(f"built/{name}-{short_key(key)}")
    except WeightsError:
        return None
    return entry.data if entry else None


def short_key(key: str) -> str:
    """A key as 16 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def roots() -> tuple[Path, ...]:
    """The folders that may hold entries; the last one can be written.

    The first is the configured folder. If it is read-only, a temporary folder of this process follows.
    """
    configured = Settings.read().cache_dir / "weights"
    return (configured,) if _writable(configured) else (configured, _temporary_root(os.getpid()))


@contextmanager
def locked(slot: str) -> Iterator[None]:
    """Hold the lock of an entry.

    If locking fails or takes too long, continue without it: see the module's docstring.
    """
    path = roots()[-1] / f"{slot}.lock"
    lock = filelock.FileLock(path, timeout=LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, filelock.Timeout, NotImplementedError):
        pass
    try:
        _remove_stale(path.parent)
        yield
    finally:
        lock.release(force=True)


def new_temporary_folder(parent: Path) -> Path:
    """A new empty folder beside the entries of `parent`; unlike `mkdtemp`, its permissions follow the umask."""
    folder = parent / f"{PART}{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    return folder


def _write_manifest(fresh: Path, about: Mapping[str, str]) -> None:
    """Write the manifest, then flush every file to disk, so that a crash after the rename loses nothing."""
    hashes = folder_hashes(fresh / "data")
    dated = {**about, "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    manifest = {"files": hashes, "tree_sha256": tree_hash(hashes), "about": dated}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in fresh.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _rename_into_place(fresh: Path, target: Path) -> None:
    """Rename to `target`. An intact entry that another process put there first is kept, a damaged one is replaced."""
    for last in (False, False, True):
        try:
            os.rename(fresh, target)
            return
        except OSError:
            if last or not target.exists():
                raise
        try:
            verify_entry(target)
            return
        except WeightsError:
            _remove(target)


def _remove(folder: Path) -> None:
    """Delete a folder if permissions allow it. The folder is renamed first, so that no reader finds half of it."""
    if not os.path.exists(folder):
        return
    try:
        aside = new_temporary_folder(folder.parent)
    except OSError:
        return
    try:
        os.rename(folder, aside / "old")
    except OSError:
        pass
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@functools.cache
def _temporary_root(owner: int) -> Path:
    """A folder that is deleted when the process `owner` ends; a forked child makes its own."""
    folder = Path(tempfile.mkdtemp(prefix="nst-weights-"))
    atexit.register(_remove_temporary_root, folder, owner)
    return folder


def _remove_temporary_root(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(parent: Path) -> None:
    """Delete unfinished entries older than a day; killed processes leave them behind."""
    for part in parent.glob(f"{PART}*"):
        try:
            stale = time.time() - part.stat().st_mtime > STALE_SECONDS
        except OSError:
            continue
        if stale:
            shutil.rmtree(part, ignore_errors=True)
