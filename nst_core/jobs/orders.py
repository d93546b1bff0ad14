"""What owners want of their runs: to stop, pause, resume, steer, list or hide them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nst_core.jobs.active_run import ActiveRun
from nst_core.jobs.repository import RunRepository
from nst_core.jobs.scheduler import Scheduler
from nst_core.jobs.views import FINAL, expected_steps
from nst_core.recipe import steered

OrderKind = Literal["stop", "pause", "resume", "steer", "publish", "hide"]


@dataclass(frozen=True)
class Order:
    """What an owner wants of a run.

    Attributes:
        job: the run.
        kind: what to do with it.
        arguments: of "steer" the changed settings; of "publish" `listed`; of "hide" `hidden_at`, in seconds since
            1970, or 0 to show it again.
    """

    job: str
    kind: OrderKind
    arguments: Mapping[str, Any]


class OrderHandler:
    """Carries out orders about runs in this server's memory and store. Any thread may call."""

    def __init__(
        self, repository: RunRepository, scheduler: Scheduler, lock: threading.Condition, *, is_shared: bool = False
    ) -> None:
        """`is_shared`: runs that wait are in the queue of all servers, so that the scheduler holds none of them."""
        self._repository, self._scheduler, self._lock = repository, scheduler, lock
        self._is_shared = is_shared

    def request(self, job: str, kind: OrderKind, **arguments: Any) -> None:
        """Do something with a run. A run that is over can only be listed or hidden; other orders do nothing.

        Raises LostRunError, or StorageError if it cannot be changed now.
        """
        order = Order(job, kind, arguments)
        if not self.carry_out(order):
            self.carry_out_on_stored(order)

    def carry_out(self, order: Order) -> bool:
        """Carry out an order about a run that is in memory; False if it is not."""
        with self._lock:
            run = self._repository.active.get(order.job)
            if run is None:
                return False
            if run.view.state not in FINAL:
                self._act(run, order)
            elif order.kind in ("publish", "hide"):
                self._repository.update(order.job, **order.arguments)
        return True

    def carry_out_on_stored(self, order: Order) -> None:
        """Do what is still possible with a run that is over and stored. Raises as `request`."""
        if order.kind == "publish":
            self._repository.publish(order.job, listed=order.arguments["listed"])
        elif order.kind == "hide":
            self._repository.hide(order.job, order.arguments["hidden_at"])

    def _act(self, run: ActiveRun, order: Order) -> None:
        job, scheduler = order.job, self._scheduler
        # a run in the queue of all servers is held there, by its state; else the scheduler holds it
        is_scheduled = scheduler.pool.slot_of(job) is not None or not self._is_shared
        match order.kind:
            case "stop":
                scheduler.stop(job)
            case "pause" if is_scheduled:
                scheduler.pause(job)
            case "pause" if not run.ending:
                scheduler.waiting.remove(job)
                self._repository.update(job, state="paused")
            case "resume" if is_scheduled:
                scheduler.resume(job)
            case "resume" if run.view.state == "paused":
                self._repository.update(job, state="queued")
            case "steer":
                recipe = steered(run.view.recipe, order.arguments)
                total = run.view.total_steps if scheduler.steer(job, order.arguments) else expected_steps(recipe)
                self._repository.update(job, recipe=recipe, total_steps=total)
            case "publish" | "hide":
                self._repository.update(job, **order.arguments)
                if order.arguments.get("hidden_at"):
                    scheduler.stop(job)
