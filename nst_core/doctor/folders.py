"""The folders of runs and of the cache: whether they can be written, their free space, and leftover files."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

from nst_core.doctor.finding import Finding, megabytes, ok, problem, warning
from nst_core.settings import Settings

FULL_BYTES, SHORT_BYTES = 200e6, 2e9
"""Free space below which no run can be stored safely, and below which it soon runs short."""
PROBE_BYTES = 1 << 18
"""The bytes that are written to a folder to try whether it can be written."""
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{16}|\.part-[0-9a-f]{16}")
"""Name patterns of temporary files and folders, which are renamed once complete; a killed process leaves them
behind."""
_MANY_LEFTOVERS = 20


def runs() -> Iterator[Finding]:
    """The folder of stored runs."""
    settings = Settings.read()
    if settings.is_shared:
        yield _shared(settings)
        return
    folder = settings.data_dir
    if folder is None:
        yield warning(
            "NST_DATA_DIR is empty: runs are kept in memory only, and end with the server",
            "name a folder in NST_DATA_DIR, or unset it",
        )
        return
    yield from _folder(folder, "runs", "NST_DATA_DIR")
    if os.path.isdir(folder):  # unlike `Path.is_dir`, False where the folder above may not be entered
        yield _use(folder)


def _shared(settings: Settings) -> Finding:
    """Whether the database and the bucket answer; nothing is changed there but missing tables."""
    try:
        from nst_core.jobs.shared.database import Database
        from nst_core.jobs.shared.objects import Bucket

        Database(settings.database_url).close()
        if settings.files_url is not None:
            Bucket(settings.files_url)
    except ImportError as error:
        return problem(f"{error.name} is not installed", "pip install -r requirements-cluster.txt")
    except FileNotFoundError:
        return problem("the bucket of NST_FILES_URL is not there", "make it with the tools of the object store")
    except OSError as error:
        return problem(
            str(error), "start the database and the object store, or mend NST_DATABASE_URL and NST_FILES_URL"
        )
    return ok("the database and the bucket for runs answer")


def cache() -> Iterator[Finding]:
    """The folder of downloaded weights and pictures."""
    yield from _folder(Settings.read().cache_dir, "downloads", "NST_CACHE_DIR")


def _folder(folder: Path, purpose: str, variable: str) -> Iterator[Finding]:
    """Whether a folder can be written, its free space, and its leftovers."""
    if fault := _write_fault(folder):
        yield problem(
            f"the folder for {purpose}, {folder}, must be one that can be written, got: {fault}",
            f"free space, mend its permissions, or name another one in {variable}",
        )
    else:
        yield ok(f"the folder for {purpose}, {folder}, can be written")
    yield from _space(folder, variable)
    left = list(_leftovers(folder))
    if left:
        level = warning if len(left) >= _MANY_LEFTOVERS else lambda text, _: ok(text)
        yield level(
            f"{len(left)} temporary files of ended processes are in {folder}",
            f"they are removed in time; or stop the server and delete what is named like {left[0].name}",
        )


def _write_fault(folder: Path) -> str:
    """Why a folder cannot be made or written, or ""; files and folders made for this check are removed again."""
    made = next((parent for parent in [*reversed(folder.parents), folder] if not os.path.exists(parent)), None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
    return ""


def _space(folder: Path, variable: str) -> Iterator[Finding]:
    existing = next(place for place in (folder, *folder.parents) if os.path.exists(place))
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        fault = error.strerror or str(error)
        yield problem(f"the disk of {folder} does not say what is free: {fault}", f"name another disk in {variable}")
        return
    text = f"{megabytes(free)} are free for {folder}"
    if free < FULL_BYTES:
        yield problem(text, f"free at least {megabytes(SHORT_BYTES)}, or name another disk in {variable}")
    elif free < SHORT_BYTES:
        yield warning(text, f"free at least {megabytes(SHORT_BYTES)}, or name another disk in {variable}")
    else:
        yield ok(text)


def _use(folder: Path) -> Finding:
    """Whether a server uses the folder of runs now."""
    path = folder / "in-use.lock"
    if not os.path.exists(path):
        return ok("no server uses the folder of runs now")
    lock = filelock.FileLock(path, timeout=0)
    try:
        with lock:
            return ok("no server uses the folder of runs now")
    except filelock.Timeout:
        return ok("a server uses the folder of runs now; another one would keep its runs in memory only")
    except (OSError, NotImplementedError):
        return warning(
            "the folder of runs cannot be locked, so that nothing keeps two servers from sharing it",
            "put it on a disk of this machine, and start one server only",
        )


def _leftovers(folder: Path) -> Iterator[Path]:
    for below, folders, names in os.walk(folder):
        for name in filter(_LEFTOVER.fullmatch, (*folders, *names)):
            yield Path(below, name)
        folders[:] = [name for name in folders if not _LEFTOVER.fullmatch(name)]
