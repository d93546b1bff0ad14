"""Measures, encodes and writes the results of a batch, with the facts for its manifest."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nst_core.batch.folder import Entry, OutputFolder
from nst_core.batch.loading import LoadedItem
from nst_core.batch.sheet import thumbnail
from nst_core.errors import WeightsError
from nst_core.picture.coverage import on_white
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_image
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import is_style_grid
from nst_core.runs import result_file, runner
from nst_core.step import Pixels, Step

if TYPE_CHECKING:
    from nst_core.metrics.yardstick import KeptTargets
    from nst_core.runs.logged import LoggedRun


NOT_MEASURED = "not measured"
"""First words of the note of a result that could not be measured."""


@dataclass(frozen=True, eq=False)
class PaintedItem:
    """A result before it is written.

    Attributes:
        loaded: its item and pictures.
        recipe: the recipe with the provenance of this machine.
        picture: [1, H, W, 3] in [0, 1].
        seconds: the engine's time for it.
        notes: sentences for the user.
    """

    loaded: LoadedItem
    recipe: Recipe
    picture: Pixels
    seconds: float
    notes: tuple[str, ...] = ()


class Finisher:
    """Finishes results; several threads may do so at once, of which one measures."""

    def __init__(self, folder: OutputFolder, *, wants_measures: bool) -> None:
        self._folder, self._wants_measures = folder, wants_measures
        self._measuring = threading.Lock()  # VGG needs much memory for a large picture
        self._targets: KeptTargets | None = None
        self._problems: tuple[str, ...] = ()

    def keep_step(self, loaded: LoadedItem, run: LoggedRun, step: Step) -> None:
        """Write the picture of a step, as RESULT-steps/step-00050, if it is due. Raises PictureError as `finish`."""
        item = loaded.item
        if not result_file.is_due(step.number, item.every):
            return
        encode = result_file.encoder(self._folder.path / item.name, item.quality, is_one_of_many=True)
        name = result_file.step_file(Path(item.name), step.number).as_posix()
        self._folder.write(name, encode(run.picture_of(step), run.recipe, run.alpha()))

    def finish(self, painted: PaintedItem) -> tuple[Entry, bytes]:
        """Write a result and return its note and a small JPEG of it.

        The note has the fields of `OutputFolder.write` and `key`, `content`, `styles`, `width`, `height`, `seconds`,
        `measures` (as `runner.measures`, or None), `notes` and `recipe`.

        Without VGG-19 nothing is measured, and a note says so.

        Raises PictureError if the file cannot be written, or is not the batch's own.
        """
        item = painted.loaded.item
        self._folder.check(item.name)  # before the work
        encode = result_file.encoder(self._folder.path / item.name, item.quality, is_one_of_many=True)
        alpha = runner.result_alpha(painted.loaded.alpha, painted.recipe)
        data = encode(painted.picture, painted.recipe, alpha)
        lost = result_file.loses(self._folder.path / item.name, alpha)
        measures = self._measures(painted)
        facts = {
            "key": painted.loaded.key,
            "content": item.content,
            "styles": list(item.styles),
            "width": int(painted.picture.shape[2]),
            "height": int(painted.picture.shape[1]),
            "seconds": round(painted.seconds, 3),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "measures": measures,
            "notes": [
                *dict.fromkeys((*painted.loaded.inputs.notes, *painted.notes)),
                *filter(None, [lost]),
                *self._problems,
            ],
            "recipe": painted.recipe.model_dump(mode="json"),
        }
        return self._folder.write(item.name, data, facts), thumbnail(_on_white(painted.picture, alpha))

    def _measures(self, painted: PaintedItem) -> dict[str, Any] | None:
        """The yardstick's measures; None for a style grid, which shows many pictures."""
        if not self._wants_measures or self._problems or is_style_grid(painted.recipe):
            return None
        from nst_core.metrics.yardstick import KeptTargets

        loaded = painted.loaded
        styles = loaded.styles or [style.covered() for style in loaded.inputs.styles]
        with self._measuring:
            self._targets = self._targets or KeptTargets()
            try:
                return runner.measures(loaded.content, styles, painted.recipe, painted.picture, targets=self._targets)
            except WeightsError as error:
                self._problems = (f"{NOT_MEASURED}: {error}",)
                return None


def _on_white(picture: Pixels, alpha: Bytes | None) -> Bytes:
    """The picture as a contact sheet shows it, uint8 [H, W, 3]."""
    cover = None if alpha is None else alpha.astype(np.float32) / np.float32(255)
    return np.asarray(to_image(on_white(picture, cover)))
