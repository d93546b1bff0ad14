"""The time-lapses of runs: made one at a time, since each takes seconds of a core, and kept for later requests."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nst_core.api.concurrency import ConcurrencyLimit
from nst_core.runs.timelapse import FilmFormat, time_lapse
from nst_core.system.bounded_cache import BoundedCache

MOST_FILMS = 4
"""Films that are kept; one has up to some megabytes."""
MOST_WAITING = 4
"""Requests that may wait for films, each in a thread; further ones are asked to try again later."""
RETRY_SECONDS = 10.0


class Films:
    """The newest films; any thread may call."""

    def __init__(self) -> None:
        self._made: BoundedCache[str, bytes] = BoundedCache(MOST_FILMS)
        self._places = ConcurrencyLimit(MOST_WAITING)
        self._turn = threading.Lock()

    def film(self, key: str, kind: FilmFormat, pictures: Callable[[], list[bytes]]) -> bytes:
        """The film of a run's pictures, made or from the cache.

        Args:
            key: names the pictures and the kind.
            kind: the format.
            pictures: returns the encoded pictures, at least one.

        Raises:
            ProblemError: too many wait for films.
        """
        if film := self._made.get(key):
            return film
        with self._places.taken("films", RETRY_SECONDS), self._turn:
            film = self._made.get(key)  # another request may have made it meanwhile
            if film is None:
                film = time_lapse(pictures(), kind)
                self._made.put(key, film)
            return film
