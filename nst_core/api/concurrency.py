"""A limited number of places for requests that take long, so that they cannot occupy all threads of the server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nst_core.api.problems import BUSY, ProblemError, retry_after


class ConcurrencyLimit:
    """Lets a fixed number of requests run at once; any thread may call."""

    def __init__(self, number: int) -> None:
        self._free = threading.BoundedSemaphore(number)

    @contextmanager
    def taken(self, what: str, retry_seconds: float, wait_seconds: float = 0.0) -> Iterator[None]:
        """Hold a place.

        Args:
            what: the purpose of the places, for the message.
            retry_seconds: when a client should try again if all are taken.
            wait_seconds: how long to wait for a place; only in a thread that may wait.

        Raises:
            ProblemError: all are taken.
        """
        if not self._free.acquire(timeout=wait_seconds):
            raise ProblemError(BUSY, f"all places for {what} are taken; try again", headers=retry_after(retry_seconds))
        try:
            yield
        finally:
            self._free.release()
