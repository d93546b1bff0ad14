"""How long a stop or a deletion can be undone, and for how many runs; and which stops can be."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

from nst_core.jobs import film_files, input_files, reading
from nst_core.jobs.blobs import BlobStore
from nst_core.jobs.index import RunIndex
from nst_core.jobs.records import CHECKPOINT
from nst_core.jobs.views import FINAL, JobView

UNDO_SECONDS = 600.0
"""How long a stopped run keeps the checkpoint from which it can go on, and a deleted run is only hidden."""
MOST_STOPPED = 12
"""The most stopped runs that keep their checkpoints, which are large; of further ones the oldest lose theirs."""
MOST_HIDDEN = 60
"""The most hidden runs; of further ones the oldest are removed at once."""
SEARCH_SECONDS = 30.0
"""Interval at which a server that shares its store looks for runs that were stopped at others."""
HIDDEN = "its owner deleted this run a moment ago; they can still undo that, and nobody else can open it"


def past(since: Mapping[str, float], most: int, now: float) -> list[str]:
    """The runs that cannot be undone any more, the oldest first.

    Args:
        since: run -> when it was stopped or hidden, in seconds since 1970.
        most: how many may stay.
        now: the time, in the same unit.
    """
    oldest_first = sorted(since, key=lambda job: since[job])
    surplus = oldest_first[: max(0, len(oldest_first) - most)]
    return [job for job in oldest_first if job in surplus or now - since[job] >= UNDO_SECONDS]


class UndoableStops:
    """The stopped runs of a store whose checkpoints are kept, so that they can go on; an earlier server's too."""

    def __init__(self, blobs: BlobStore, index: RunIndex, *, is_shared: bool) -> None:
        """Find them; `is_shared`: other servers stop runs too."""
        self._blobs, self._index, self._is_shared = blobs, index, is_shared
        self._since: dict[str, float] = {}  # run -> when it was stopped, in seconds since 1970
        self._find()

    def _find(self) -> None:
        now = self._found = time.time()
        since = now - 2 * UNDO_SECONDS if self._is_shared else 0.0
        stopped = self._index.stopped(since)
        self._since = {job: at for job, at in stopped.items() if reading.has_checkpoint(self._blobs, job)}

    def note(self, view: JobView) -> None:
        """Keep the checkpoint of a run that was just stopped; remove that of one that is done. Raises OSError."""
        if view.state == "stopped" and reading.has_checkpoint(self._blobs, view.id):
            self._since[view.id] = view.ended
        else:
            self._end(view.id)

    def forget(self, job: str) -> None:
        """Note that a run goes on, or was deleted."""
        self._since.pop(job, None)

    def can_undo(self, job: str, step: int) -> bool:
        """Whether a stopped run of `step` steps can still go on: from its checkpoint, or from its beginning."""
        row = self._index.get(job)
        if row is None or row.state != "stopped" or time.time() - row.ended >= UNDO_SECONDS:
            return False
        is_kept = job in self._since or (self._is_shared and reading.has_checkpoint(self._blobs, job))
        return is_kept or (step == 0 and self._blobs.has(job, input_files.CONTENTS))

    def end_old(self) -> None:
        """Remove the checkpoints of runs that were stopped long ago, and of the oldest if there are too many."""
        now = time.time()
        if self._is_shared and now - self._found > SEARCH_SECONDS:
            self._find()
        for job in past(self._since, MOST_STOPPED, now):
            with contextlib.suppress(OSError):
                self._end(job)

    def _end(self, job: str) -> None:
        self._since.pop(job, None)
        row = self._index.get(job)
        if row is None or row.state in FINAL:  # else it goes on
            self._blobs.remove(job, CHECKPOINT)
            self._blobs.remove_folder(job, film_files.WORK)
