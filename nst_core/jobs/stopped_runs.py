"""Runs that were stopped, and can still go on: from their checkpoints, or from their beginning."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nst_core.errors import JobError
from nst_core.jobs import undo
from nst_core.jobs.admission import Admission
from nst_core.jobs.owners import check_owner
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.views import JobView

STORED_WITHIN_SECONDS = 3.0
"""The longest wait of `reopen` for a run that was stopped just now."""


class StoppedRuns:
    """The stopped runs of a job service. The store keeps their checkpoints for `UNDO_SECONDS`."""

    def __init__(
        self,
        view: Callable[[str], JobView],
        repository: RunRepository,
        admission: Admission,
        lock: threading.Condition,
    ) -> None:
        """`view` gives a run, or raises LostRunError."""
        self._view, self._repository, self._admission, self._lock = view, repository, admission, lock

    def can_reopen(self, view: JobView) -> bool:
        """Whether a run was stopped, and could go on now."""
        return view.state == "stopped" and self._repository.store.stops.can_undo(view.id, view.step)

    def reopen(self, job: str, secret: str) -> None:
        """Undo a stop: the run goes on in its turn.

        Raises:
            JobError: it was not stopped, or too long ago; or it is unknown, or not this visitor's (NotYoursError).
            QueueFullError: no room for this visitor, or for anybody.
            WorkerError: the networks could not be loaded.
        """
        check_owner(secret, self._view(job).owner)
        with self._lock:  # a run that was stopped just now is being written
            self._lock.wait_for(lambda: job not in self._repository.active, STORED_WITHIN_SECONDS)
            is_active = job in self._repository.active
        if is_active or not self.can_reopen(self._view(job)):
            minutes = undo.UNDO_SECONDS / 60
            raise JobError(
                f"only a stop of the last {minutes:g} minutes can be undone; start a new run with its settings"
            )
        self._admission.readmit(self._repository.reopen(job))
