"""A limit on how often something may happen, for each of many keys."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KNOWN_KEYS = 10_000
"""How many keys are remembered; beyond it the one that was quiet for longest is forgotten."""


class RateLimit:
    """So many events a minute for each key, all of which may come at once; any thread may call."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        """An unused limit. Raises ValueError if `per_minute` is below 1."""
        if per_minute < 1:
            raise ValueError(f"a rate must be at least 1 a minute, got {per_minute}")
        self._per_minute, self._clock = per_minute, clock
        self._room: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> events that fit, at this time
        self._lock = threading.Lock()

    def wait_seconds(self, key: str) -> float:
        """0 if an event of `key` may happen now, which then counts; else the seconds until one may."""
        with self._lock:
            now = self._clock()
            room, at = self._room.pop(key, (self._per_minute, now))
            room = min(self._per_minute, room + (now - at) * self._per_minute / 60)
            self._room[key] = (room - 1 if room >= 1 else room, now)
            while len(self._room) > KNOWN_KEYS:
                self._room.popitem(last=False)
        return 0.0 if room >= 1 else (1 - room) * 60 / self._per_minute
