"""The files of a run, sent along with its commands and events, so that the machines of a cluster need no common disk.

The gateway collects what the job service's folder has, and sends it with the run, and with the news that another worker
has left a part of a film. The actor keeps the files in a
folder of its own, under the paths of a command that `relocated` rewrites, and sends what has changed before each event.
The gateway stores that where the job service expects it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from nst_core.film.spread.files import PartFiles
from nst_core.jobs.film_log import FilmLog
from nst_core.jobs.messages import RunCommand
from nst_core.system.atomic_files import read_if_possible, write_atomic

CHECKPOINT, FILM, RESULT, WORK = "checkpoint", "film", "result", "work/"
"""The names of a run's files; those below `WORK` continue with a path."""

FileChanges = Mapping[str, bytes | None]
"""Contents by name; None for a file that is gone."""
_Stamp = tuple[int, int, int]


def relocated(command: RunCommand, folder: Path) -> RunCommand:
    """The command with its files in another folder."""
    changes: dict[str, object] = {"checkpoint": str(folder / "checkpoint.npz") if command.checkpoint else ""}
    if command.film is not None:
        film = command.film
        places = {
            "path": str(folder / f"film{Path(film.path).suffix}"),
            "work": str(folder / "work"),
            "result": str(folder / f"result{Path(film.result).suffix}"),
        }
        changes["film"] = film.model_copy(update=places)
    return command.model_copy(update=changes)


class RunFiles:
    """The files of one run on this machine."""

    def __init__(self, command: RunCommand) -> None:
        """Take the paths of a command."""
        film = command.film
        self._single = {CHECKPOINT: Path(command.checkpoint)} if command.checkpoint else {}
        self._film = Path(film.path) if film else None
        self._work = self._own = Path(film.work) if film else None
        if film and command.part is not None:
            self._own = PartFiles.place(FilmLog(Path(film.work)).parts, command.part)
        if film:
            self._single[RESULT] = Path(film.result)
        self._known: dict[str, _Stamp] = {}

    def collect(self) -> dict[str, bytes]:
        """All files that the run begins with."""
        found = {name: read_if_possible(path) for name, path in self._paths() if name != RESULT}
        if self._film is not None:
            found[FILM] = read_if_possible(self._film)
        return {name: data for name, data in found.items() if data is not None}

    def of_part(self, first: int) -> dict[str, bytes]:
        """The files of the part of a film that begins with a frame."""
        if self._work is None:
            return {}
        begin = f"{WORK}{FilmLog(self._work).parts.name}/{first:08}-"
        found = {name: read_if_possible(path) for name, path in self._paths() if name.startswith(begin)}
        return {name: data for name, data in found.items() if data is not None}

    def changes(self) -> dict[str, bytes | None]:
        """What has changed since the last call, or since `store`: files are written whole, or grow."""
        stamps = {name: stamp for name, path in self._paths() if (stamp := _stamp(path)) is not None}
        changed: dict[str, bytes | None] = {name: None for name in self._known if name not in stamps}
        paths = dict(self._paths())
        for name, stamp in stamps.items():
            if self._known.get(name) != stamp:
                changed[name] = read_if_possible(paths[name])
        self._known = stamps
        return changed

    def store(self, files: FileChanges) -> None:
        """Write changes. Raises OSError, or ValueError for a name that no file of this run has."""
        for name, data in files.items():
            path = self._path(name)
            if data is None:
                path.unlink(missing_ok=True)
                self._remove_empty(path.parent)
            else:
                write_atomic(path, data)
            self._known.pop(name, None)
            if name != FILM and (stamp := _stamp(path)) is not None:  # a run does not change its film
                self._known[name] = stamp

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder below `work` without files, and those above it: the actor's are gone with their last file."""
        with contextlib.suppress(OSError):  # not empty
            while self._work is not None and self._work in folder.parents:
                folder.rmdir()
                folder = folder.parent

    @property
    def has_film(self) -> bool:
        """Whether the run is of a film."""
        return self._film is not None

    @property
    def is_deleted(self) -> bool:
        """Whether the run was deleted meanwhile: its folder must not come back."""
        if self._film is not None:
            return not self._film.exists()
        return not all(path.parent.is_dir() for path in self._single.values())

    def _path(self, name: str) -> Path:
        if name in self._single:
            return self._single[name]
        if name == FILM and self._film is not None:
            return self._film
        if name.startswith(WORK) and self._work is not None:
            path = self._work / name.removeprefix(WORK)
            if path.resolve().is_relative_to(self._work.resolve()):
                return path
        raise ValueError(f"a run has no file {name[:60]!r}")

    def _paths(self) -> Iterator[tuple[str, Path]]:
        """The files that a run, or its part, may change, by name; those of a folder only if they are there."""
        yield from self._single.items()
        if self._work is None or self._own is None:
            return
        with contextlib.suppress(OSError):  # a file or a folder that goes meanwhile
            for path in sorted(self._own.rglob("*")):
                if path.is_file() and not path.name.startswith("."):  # not a file that is being written
                    yield WORK + path.relative_to(self._work).as_posix(), path


def _stamp(path: Path) -> _Stamp | None:
    """What differs after each write of a file; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
