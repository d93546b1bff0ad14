"""Turns for threads that run Python code: a few at a time and in order, so that the first come are done first.

Python runs one thread at a time. Forty threads that all want to run wake up two thousand times a second each to ask for
the interpreter lock, and all end late. In turns, each is done at once, half of them wait half as long, and none longer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 2
"""Turns at once: while one thread reads a file or waits for a lock, the other one runs."""
TURN_SECONDS = 0.25
"""Length of a turn: a thread that takes longer, or waits for something, goes on beside the next one."""


class Turns:
    """A queue of threads. No thread can hold the others up for longer than `TURN_SECONDS`, whatever it waits for."""

    def __init__(self, most: int = MOST_AT_ONCE, seconds: float = TURN_SECONDS) -> None:
        """At most `most` threads are within the first `seconds` of their turn."""
        self._most, self._seconds = most, seconds
        self._lock = threading.Lock()
        self._ends: list[float] = []
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        end = self._begin()
        try:
            yield
        finally:
            with self._lock:
                if end in self._ends:  # else the turn was over before, and another thread has it
                    self._ends.remove(end)
                self._wake_first()

    def _begin(self) -> float:
        """Wait until a turn is free; returns the time at which it ends."""
        may_be_next = threading.Event()
        with self._lock:
            self._waiting.append(may_be_next)
            self._wake_first()
        may_be_next.wait()
        while True:
            with self._lock:
                now = time.monotonic()
                self._ends = [end for end in self._ends if end > now]
                if len(self._ends) < self._most:
                    self._waiting.popleft()
                    self._ends.append(now + self._seconds)
                    self._wake_first()
                    return now + self._seconds
                may_be_next.clear()
                patience = min(self._ends) - now
            may_be_next.wait(patience)

    def _wake_first(self) -> None:
        """Let the first thread in the queue look whether a turn is free. The caller holds the lock."""
        if self._waiting:
            self._waiting[0].set()
