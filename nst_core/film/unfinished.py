"""The frames of a film's run that a stop would lose: painted, but not in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_core.film.writing import FilmFolder, Pixels
from nst_core.step import Step


class UnfinishedFrames:
    """The newest painting of each frame that follows those of the folder.

    With two passes the folder gets a group of frames at the end of its pass backward, and before that there are those
    of its pass forward. A frame that was stopped before its last step is unfinished too. A film of a run that is
    stopped ends with them, but a run that continues paints them again: they are not stored.
    """

    def __init__(self, folder: FilmFolder, begin: int) -> None:
        """Of a run that continues with frame `begin`; the folder may have frames from there on."""
        self._folder, self._count, self._begin = folder, folder.count, begin
        self._painted: list[Pixels] = []

    @property
    def frames(self) -> Sequence[Pixels]:
        """Those that follow the folder's, each uint8 [H, W, 3]."""
        return self._painted[self._folder.count - self._begin :]

    def note(self, step: Step) -> None:
        """Note a step whose frames the folder has if they are finished."""
        if self._folder.count > self._count:
            self._begin = self._count = self._folder.count
            self._painted = []
        elif step.picture is not None and frame_of(step) == self._begin + len(self._painted):
            self._painted.append(np.rint(step.picture[0] * 255).astype(np.uint8))


def frame_of(step: Step) -> int | None:
    """The number of the frame that a step of a film has painted just now; None if another worker painted it before."""
    return None if step.state is None else int(step.state()["frame"])
