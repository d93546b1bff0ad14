"""A limit on how often something may happen, for each of many keys."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KNOWN_KEYS = 10_000
"""The most keys that are remembered; beyond it the least recently used one is dropped."""


class RateLimit:
    """Limits the events of each key to a number a minute; all of them may come at once. Any thread may call."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no events. Raises ValueError if `per_minute` is below 1."""
        if per_minute < 1:
            raise ValueError(f"a rate must be at least 1 a minute, got {per_minute}")
        self._per_minute, self._clock = per_minute, clock
        # key -> (events that still fit, at this time)
        self._room: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, key: str) -> float:
        """Count an event of `key` and return 0 if it is allowed now; else the seconds until one is."""
        with self._lock:
            now = self._clock()
            room, at = self._room.pop(key, (self._per_minute, now))
            room = min(self._per_minute, room + (now - at) * self._per_minute / 60)
            self._room[key] = (room - 1 if room >= 1 else room, now)
            while len(self._room) > KNOWN_KEYS:
                self._room.popitem(last=False)
        return 0.0 if room >= 1 else (1 - room) * 60 / self._per_minute
