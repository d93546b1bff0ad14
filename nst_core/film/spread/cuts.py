"""Finds the scenes of a film while it is painted."""

from __future__ import annotations

import logging
import threading
from contextlib import closing

from nst_core.errors import FilmError
from nst_core.film.reading import Film, cuts
from nst_core.recipe import Recipe
from nst_core.runs.films import clip_of, keeps_alpha

_LOGGER = logging.getLogger(__name__)


class CutFinder:
    """Looks for the cuts after a frame on a thread; a process of its own decodes and compares.

    Attributes:
        found: the frames with which scenes begin, rising.
        is_complete: whether these are all.
    """

    def __init__(self, film: Film, recipe: Recipe, first: int) -> None:
        """Begin; cuts up to frame `first` are left out."""
        self.found: list[int] = []
        self.is_complete = self._is_closed = False
        self._film, self._recipe, self._first = film, recipe, first
        threading.Thread(target=self._find, name="nst-cuts", daemon=True).start()

    def close(self) -> None:
        """Look no further."""
        self._is_closed = True

    def _find(self) -> None:
        film, recipe, edge_px = self._film, self._recipe, self._recipe.longest_edge_px
        kept = keeps_alpha(film, recipe)
        try:
            with closing(cuts(film.path, clip_of(recipe), edge_px, first=self._first, keeps_alpha=kept)) as looked:
                for frame, is_cut in looked:
                    if self._is_closed:
                        return
                    if is_cut:
                        self.found.append(frame)
            self.is_complete = True
        except FilmError as error:  # the run itself will meet it too
            _LOGGER.warning("Scenes after frame %d are not painted by other workers: %s", self._first, error)
