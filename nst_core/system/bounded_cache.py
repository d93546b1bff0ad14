"""A thread-safe cache of a fixed size that drops the least recently used values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Values by key. Above `limit` entries, the least recently used one is dropped."""

    def __init__(self, limit: int) -> None:
        """An empty cache. Raises ValueError if `limit` is below 1."""
        if limit < 1:
            raise ValueError(f"the limit of a cache must be at least 1, got {limit}")
        self._limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: K, value: V) -> None:
        """Store a value as the most recently used one; it replaces a value under this key."""
        with self._lock:
            self._store(key, value)

    def get(self, key: K, load: Callable[[], V | None] | None = None) -> V | None:
        """The value under a key, else the result of `load`, which is stored unless it is None.

        `load` runs under the lock, so that threads share one call. It must therefore not use this cache.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            value = load() if load else None
            if value is not None:
                self._store(key, value)
            return value

    def pop(self, key: K) -> V | None:
        """Remove a value and return it; None if there is none under the key."""
        with self._lock:
            return self._values.pop(key, None)

    def values(self) -> list[V]:
        """All values, the least recently used first."""
        with self._lock:
            return list(self._values.values())

    def _store(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._limit:
            self._values.popitem(last=False)
