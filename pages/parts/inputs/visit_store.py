"""The visitors' own pictures, kept beside their tabs so that a reloaded page finds them again.

A reload is a new session of Streamlit, and the server cannot know that it is the same tab. So a new session takes over
what the same visitor's last closed tab held. Nothing is written down: pictures are found by a hash of the visitor's
secret, which stands in no address and no log, and are gone a short time after their tab.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")

LEFT_SECONDS = 40.0
"""How long pictures stay after their tab was closed; with a round of housekeeping they are gone within a minute."""
IsOpen = Callable[[str], bool]
"""Whether the session of an id has a tab."""


@dataclass(frozen=True)
class VisitQuota:
    """The most that is kept.

    Attributes:
        files: pictures of one tab.
        visit_bytes: bytes of one tab's pictures.
        total_bytes: bytes of all tabs' pictures.
    """

    files: int
    visit_bytes: int
    total_bytes: int


@dataclass
class _Visit(Generic[V]):
    owner: str
    value: V
    size: int
    left_at: float | None = None


class VisitStore(Generic[V]):
    """One value for each session: all that its tab wants to find again. Any thread may call."""

    def __init__(self, quota: VisitQuota, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota, self._clock = quota, clock
        self._visits: dict[str, _Visit[V]] = {}
        self._lock = threading.Lock()

    @property
    def total_bytes(self) -> int:
        """The bytes of everything that is kept."""
        with self._lock:
            return self._total()

    def keep(self, owner: str, session: str, value: V, sizes: list[int], is_open: IsOpen) -> bool:
        """Keep a tab's value in place of its older one, or nothing if it does not fit; returns whether it is kept.

        The pictures of closed tabs make room, the first closed first.

        Args:
            owner: the visitor.
            session: of the tab.
            value: what it will find again.
            sizes: the bytes of each picture in it.
            is_open: tells closed tabs.
        """
        size, quota = sum(sizes), self.quota
        with self._lock:
            self._sweep(is_open)
            self._visits.pop(session, None)
            if len(sizes) > quota.files or size > min(quota.visit_bytes, quota.total_bytes):
                return False
            left = [each for each, visit in self._visits.items() if visit.left_at is not None]
            while self._total() + size > quota.total_bytes and left:
                del self._visits[left.pop(0)]
            if self._total() + size > quota.total_bytes:
                return False
            self._visits[session] = _Visit(owner, value, size)
            return True

    def claim(self, owner: str, session: str, is_open: IsOpen) -> V | None:
        """What the visitor's last closed tab held; it belongs to the new session from now on. None if nothing."""
        with self._lock:
            self._sweep(is_open)
            own = [each for each, visit in self._visits.items() if visit.owner == owner and visit.left_at is not None]
            if not own:
                return None
            latest = max(own, key=lambda each: self._visits[each].left_at or 0.0)
            visit = self._visits.pop(latest)
            visit.left_at = None
            self._visits[session] = visit
            return visit.value

    def forget(self, session: str) -> None:
        """Forget a tab's pictures."""
        with self._lock:
            self._visits.pop(session, None)

    def sweep(self, is_open: IsOpen) -> None:
        """Note which tabs are closed, and forget those that have been for `LEFT_SECONDS`; called regularly."""
        with self._lock:
            self._sweep(is_open)

    def _sweep(self, is_open: IsOpen) -> None:
        now = self._clock()
        for session, visit in list(self._visits.items()):
            if is_open(session):
                visit.left_at = None  # a phone's connection was away for a moment
            elif visit.left_at is None:
                visit.left_at = now
            elif now - visit.left_at >= LEFT_SECONDS:
                del self._visits[session]
        self._visits = dict(sorted(self._visits.items(), key=lambda each: each[1].left_at or now))

    def _total(self) -> int:
        return sum(visit.size for visit in self._visits.values())
