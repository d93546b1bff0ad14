"""A film of four scenes, and two workers that paint it in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_core.film import run
from nst_core.film.info import FilmInfo
from nst_core.film.reading import Film
from nst_core.film.spread.files import PartFiles
from nst_core.film.spread.painting import FilmWork, paint_film, paint_part
from nst_core.film.spread.plan import Part, PartPlan
from nst_core.recipe import make
from nst_core.step import Pixels, Step
from tests.nst_core.film.clips import FRAMES_PER_SECOND, numbered, pan

SCENES = [pan(4), pan(3, key="chelsea"), pan(5, key="coffee"), pan(2, key="chelsea")]
FRAMES = numbered([one.pixels for scene in SCENES for one in scene])
CUTS = (4, 7, 12)
TOTAL = len(FRAMES)
FILM = Film(
    Path("film.mp4"), "ab" * 32, FilmInfo(64, 64, TOTAL, True, 1.4, FRAMES_PER_SECOND, False, False, "MP4", "", 8)
)


class Together:
    """A run's own worker, and another one that does something whenever the first has a moment."""

    def __init__(self, path: Path, settings: dict[str, Any], styles: Sequence[Pixels] = ()) -> None:
        self.recipe = make(settings={"medium": "film", "longest_edge_px": 64, "film_format": "gif", **settings})
        self.path, self.styles = path, styles
        self.folder = run.open_folder(path / "film", FILM, self.recipe)
        self.files = PartFiles(path / "parts", FILM, self.recipe)
        self.plan = PartPlan(TOTAL, self.folder.count, (), self.files.all())
        self.plan.cuts, self.plan.is_complete = CUTS, True
        self.by_others = list[Part]()
        self.by_itself = list[Part]()
        self.is_stopping = False
        self.masks: Sequence[Any] = [np.eye(64, dtype=np.float32)]

    def work(self, is_stopping: Callable[[], bool] | None = None) -> FilmWork:
        asked = is_stopping or (lambda: self.is_stopping)
        return FilmWork(FILM, self.styles, self.recipe, self.masks, self.files, asked)

    def another(self, steps: int = 1000) -> None:
        """Another worker takes the next part, and is called away after so many steps."""
        part = self.plan.take()
        if part is None:
            return
        left = iter(range(steps - 1))
        is_whole = paint_part(self.work(lambda: next(left, None) is None), part)
        self.by_others.append(part)
        self.plan.leave(part.first, is_whole=is_whole)

    def steps(self, wait: Callable[[], None] = lambda: None) -> Iterator[Step]:
        return paint_film(
            self.work(),
            self.plan,
            self.folder,
            already_seconds=0.0,
            wait=wait,
            on_part=lambda part, _: self.by_itself.append(part),
        )


def told(steps: list[Step]) -> list[Any]:
    return [(step.number, step.total, step.losses, step.events) for step in steps]


def files_of(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.endswith(".state")}  # these hold seconds
