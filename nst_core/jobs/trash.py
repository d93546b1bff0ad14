"""Runs that their owners have deleted, and can still restore.

The store calls these runs hidden: their files stay where they are, and everything but the trash leaves them out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nst_core.errors import JobError, LostRunError
from nst_core.jobs import undo
from nst_core.jobs.orders import OrderHandler
from nst_core.jobs.owners import check_owner
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.views import JobView

if TYPE_CHECKING:
    from nst_core.jobs.shared.orders import SharedOrderHandler


class Trash:
    """The trash of a job service. A run is deleted for good after `UNDO_SECONDS`, also if the server restarts."""

    def __init__(
        self,
        view: Callable[[str], JobView],
        remove: Callable[[str], None],
        repository: RunRepository,
        orders: OrderHandler | SharedOrderHandler,
        lock: threading.Condition,
    ) -> None:
        """`view` gives a run that is not in the trash, or raises LostRunError; `remove` deletes any run for good."""
        self._view, self._remove = view, remove
        self._repository, self._orders, self._lock = repository, orders, lock

    def put(self, job: str, secret: str) -> None:
        """Move a run to the trash; one that is under way is stopped.

        Raises LostRunError if it cannot be opened, NotYoursError, or StorageError if it cannot be changed now.
        """
        check_owner(secret, self._view(job).owner)
        self._orders.request(job, "hide", hidden_at=time.time())

    def runs(self, owner: str) -> tuple[JobView, ...]:
        """An owner's runs in the trash, the last one first, as `JobService.runs` gives them."""
        return tuple(self._repository.hidden(owner)) if owner else ()

    def restore(self, job: str, secret: str) -> None:
        """Undo `put`. Raises LostRunError if the run is gone, NotYoursError if it is not this visitor's."""
        self._check_in_it(job, secret)
        self._orders.request(job, "hide", hidden_at=0.0)

    def delete(self, job: str, secret: str) -> None:
        """Delete a run of the trash for good at once. Raises as `restore`, and StorageError as `JobService.discard`."""
        self._check_in_it(job, secret)
        self._remove(job)

    def check_not_in_it(self, job: str) -> None:
        """Refuse to show a run of the trash. Raises LostRunError."""
        if self._repository.hidden_since(job):
            raise LostRunError(undo.HIDDEN)

    def _check_in_it(self, job: str, secret: str) -> None:
        if not self._repository.hidden_since(job):
            self._view(job)  # raises the reason if it is not there
            raise JobError("this run was not deleted, so there is nothing to undo")
        with self._lock:
            run = self._repository.active.get(job)
        check_owner(secret, run.view.owner if run else self._repository.load(job).owner)
