"""Passes on what owners want of runs that another server has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from nst_core.errors import JobError, StorageError
from nst_core.jobs.orders import Order, OrderHandler, OrderKind
from nst_core.jobs.shared.claims import Claims

_LOGGER = logging.getLogger(__name__)


class SharedOrderHandler:
    """`OrderHandler` of runs that any server may have."""

    def __init__(
        self, claims: Claims, here: OrderHandler, take: Callable[[str], bool], changed: Callable[[], None]
    ) -> None:
        """`take` brings a run that no server has into this one's memory; `changed` is called after an order."""
        self._claims, self._here, self._take, self._changed = claims, here, take, changed

    def request(self, job: str, kind: OrderKind, **arguments: Any) -> None:
        """Do something with a run, whichever server has it; see `OrderHandler.request`.

        Raises StorageError too if the server that has it does not answer.
        """
        order = Order(job, kind, arguments)
        for _ in range(3):  # it may pass from one server to another meanwhile
            if self._carry_out(order):
                return
            if self._take(job):
                continue
            if all(work.job != job for work in self._claims.all()):
                self._here.carry_out_on_stored(order)
                return
            if self._claims.order(order):
                return
        raise StorageError("the server that has this run does not answer; try again in some seconds")

    def carry_out_orders(self) -> None:
        """Carry out what other servers have passed on. Raises StorageError."""
        for order in self._claims.orders():
            try:
                if not self._carry_out(order):  # it has ended and was stored before its order came
                    self._here.carry_out_on_stored(order)
            except JobError as error:  # what it wants has become impossible meanwhile
                _LOGGER.warning("Order %s for run %s was not carried out: %s", order.kind, order.job, error)

    def _carry_out(self, order: Order) -> bool:
        is_done = self._here.carry_out(order)
        if is_done:
            self._changed()
        return is_done
