"""The parts of a film on the disk, each in a folder of its own.

Files of the folder of all parts:
    FIRST-END/frames     a `FilmFolder` of the frames from FIRST on
    FIRST-END/steps/N    step N of the film: a line of JSON, and its picture as JPEG
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from nst_core.errors import CheckpointError
from nst_core.film import run
from nst_core.film.reading import Film
from nst_core.film.spread.plan import Part
from nst_core.film.writing import FilmFolder
from nst_core.picture.encode import to_jpeg
from nst_core.picture.encoded import read_pixels
from nst_core.recipe import Recipe
from nst_core.step import Step
from nst_core.system.atomic_files import read_if_possible, write_atomic
from nst_core.system.framing import read_frame, write_frame

_NAME = re.compile(r"(\d{8})-(\d{8})")
_QUALITY = 90
_FIELDS = ("number", "total", "scale_px", "seconds", "losses", "events", "notes")


class PartFiles:
    """The parts of one film."""

    def __init__(self, folder: Path, film: Film, recipe: Recipe, quality: int | None = None) -> None:
        """The parts in a folder, which need not exist; `quality` as of `FilmFolder`."""
        self._folder, self._film, self._recipe, self._quality = folder, film, recipe, quality

    @staticmethod
    def place(folder: Path, part: Part) -> Path:
        """The folder of a part in the folder of all."""
        return folder / f"{part.first:08}-{part.end:08}"

    def all(self) -> list[Part]:
        """The parts that have a folder, in order."""
        names = sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []
        return [Part(int(found[1]), int(found[2])) for name in names if (found := _NAME.fullmatch(name))]

    def begin(self, count: int) -> list[Part]:
        """The parts that a film of `count` frames goes on with; those that it has already are removed."""
        for part in self.all():
            if part.end <= count:  # the worker that took it over ended before it could remove it
                self.remove(part)
        return self.all()

    def open(self, part: Part) -> tuple[FilmFolder, int]:
        """The frames of a part, and the number of the film's step from which it goes on.

        Raises OSError. A folder that is damaged is begun anew.
        """
        try:
            folder = self._opened(part)
            return folder, run.steps_done(self._film, self._recipe, folder)
        except CheckpointError:
            self.remove(part)
            folder = self._opened(part)
            return folder, run.steps_done(self._film, self._recipe, folder)

    def _opened(self, part: Part) -> FilmFolder:
        return run.open_folder(self._path(part) / "frames", self._film, self._recipe, self._quality, part.first)

    def note(self, part: Part, step: Step) -> None:
        """Store a step of a part. Raises OSError."""
        file, head = io.BytesIO(), json.dumps({name: getattr(step, name) for name in _FIELDS})
        pictures = [] if step.picture is None else [to_jpeg(step.picture, _QUALITY)]
        write_frame(file, head.encode(), pictures)
        write_atomic(self._step(part, step.number), file.getvalue())

    def steps(self, part: Part, before: int, done: int) -> Iterator[Step]:
        """The steps of a part after number `before` and up to `done`, without a state.

        Those that cannot be read are left out.
        """
        for path in sorted((self._path(part) / "steps").glob("[0-9]*")):
            if before < int(path.name) <= done and (step := _read(path)) is not None:
                yield step

    def remove(self, part: Part) -> None:
        """Remove a part's files, and the folder of all parts with the last one."""
        shutil.rmtree(self._path(part), ignore_errors=True)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _path(self, part: Part) -> Path:
        return self.place(self._folder, part)

    def _step(self, part: Part, number: int) -> Path:
        return self._path(part) / "steps" / f"{number:08}"


def _read(path: Path) -> Step | None:
    try:
        frame = read_frame(io.BytesIO(read_if_possible(path) or b""))
        if frame is None:
            return None
        values = json.loads(frame[0])
        picture = read_pixels(frame[1][0]) if frame[1] else None
        return Step(**{**values, "events": tuple(values["events"]), "notes": tuple(values["notes"])}, picture=picture)
    except (ValueError, KeyError, TypeError, OSError):
        return None
