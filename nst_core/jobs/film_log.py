"""What a film's run has done so far, in a folder that another worker can continue from by the frame.

The frames are in a `FilmFolder`. Beside them are the recipe with the choices made for this machine, which hold for the
whole run; the curve; and the first frame of the result, which becomes its still picture.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from nst_core.errors import RecipeError
from nst_core.jobs.film_files import CURVE
from nst_core.jobs.records import curve_lines, read_curve
from nst_core.picture.encode import to_png
from nst_core.picture.encoded import read_pixels
from nst_core.recipe import Recipe, recipe_from_json
from nst_core.runs.curve import CurvePoint
from nst_core.step import Pixels, Step
from nst_core.system.atomic_files import read_if_possible, write_atomic

_RECIPE, _FIRST, _FRAMES, _PARTS = "recipe.json", "first.png", "frames", "parts"


class FilmLog:
    """The log of one film's run.

    Attributes:
        frames: the folder for a `FilmFolder`.
        parts: the folder for `PartFiles`.
        points: the curve so far.
    """

    def __init__(self, folder: Path) -> None:
        """The log in a folder; empty if the folder is."""
        self._folder, self.frames, self.parts = folder, folder / _FRAMES, folder / _PARTS
        self._curve = folder / Path(CURVE).name
        self._already: float | None = None
        self.points: list[CurvePoint] = []

    def recipe(self) -> Recipe | None:
        """The recipe as an earlier worker has prepared it; None if there was none."""
        data = read_if_possible(self._folder / _RECIPE)
        try:
            return recipe_from_json(data.decode()) if data else None
        except (RecipeError, UnicodeDecodeError):
            return None

    def clear(self) -> None:
        """Forget everything: the run begins again."""
        for path in (self._folder / _RECIPE, self._folder / _FIRST, self._curve):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.frames, ignore_errors=True)
        shutil.rmtree(self.parts, ignore_errors=True)

    def remove(self) -> None:
        """Remove the log of a run that was deleted, and the run's folder if nothing else is in it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._folder.parent.rmdir()

    def begin(self, recipe: Recipe, step: int) -> None:
        """Begin the run of a prepared recipe, or continue it after a step. Raises OSError."""
        write_atomic(self._folder / _RECIPE, recipe.to_json().encode())
        known = read_curve(read_if_possible(self._curve) or b"")
        self.points = [point for point in known if point.step <= step]
        self._append(curve_lines((), step))

    @property
    def seconds(self) -> float:
        """The running time so far."""
        return self.points[-1].seconds if self.points else 0.0

    def add(self, step: Step, *, is_first_frame: bool) -> CurvePoint:
        """Record a step, and return its point on the curve, whose time continues over interruptions. Raises OSError."""
        if self._already is None:  # an engine that continues a run may count from its own beginning
            self._already = self.seconds if step.seconds < self.seconds else 0.0
        point = CurvePoint.of(step, step.events)
        point = replace(point, seconds=point.seconds + self._already)
        self._append(curve_lines([point]))
        self.points.append(point)
        if is_first_frame and step.picture is not None:
            write_atomic(self._folder / _FIRST, to_png(step.picture))
        return point

    def still(self, last: np.ndarray | None) -> Pixels:
        """The first frame of the result, or its `last` frame, uint8 [H, W, 3], if the first is lost; [1, H, W, 3]."""
        data = read_if_possible(self._folder / _FIRST)
        if data:
            return read_pixels(data)
        if last is None:
            raise ValueError("no frame of this film is done")
        return last[None].astype(np.float32) / np.float32(255.0)

    def _append(self, lines: bytes) -> None:
        with self._curve.open("ab") as file:
            file.write(lines)
