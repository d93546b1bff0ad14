"""The queue of runs: bounded, and fair among visitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nst_core.errors import QueueFullError


@dataclass(frozen=True)
class QueueEntry:
    """A run that waits; one that `is_requeued` had begun before, and goes first."""

    job: str
    visitor: str
    is_requeued: bool = False


@dataclass(frozen=True)
class QueueLimits:
    """The most runs that may wait: in all, and of one visitor."""

    waiting: int = 8
    per_visitor: int = 2


@dataclass(frozen=True)
class QueueLoad:
    """How full the queue is: the runs that wait, and how many may."""

    waiting: int
    most_waiting: int


class FairQueue:
    """The runs that wait, in the order in which they came; visitors take turns."""

    def __init__(self, limits: QueueLimits, entries: Sequence[QueueEntry] = ()) -> None:
        self._limits, self._entries, self._last_visitor = limits, tuple(entries), ""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def load(self) -> QueueLoad:
        """How full the queue is."""
        return QueueLoad(len(self._entries), self._limits.waiting)

    def admit(self, entry: QueueEntry, seconds_each: float) -> None:
        """Add a new run. Raises QueueFullError if there is no room; it says to try again after `seconds_each`."""
        own = sum(waiting.visitor == entry.visitor for waiting in self._entries)
        if own >= self._limits.per_visitor:
            raise QueueFullError(
                f"{self._limits.per_visitor} of your runs are waiting already; wait for one of them, or stop it",
                retry_after_seconds=seconds_each,
                own=True,
            )
        if len(self._entries) >= self._limits.waiting:
            raise QueueFullError(
                f"{len(self._entries)} runs are waiting, which is as many as fit; try again when one of them is done",
                retry_after_seconds=seconds_each,
            )
        self.requeue(entry)

    def requeue(self, entry: QueueEntry) -> None:
        """Add a run that was admitted before: it needs no room."""
        self._entries = (*self._entries, entry)

    def remove(self, job: str) -> None:
        """Take a run out, if it is in the queue."""
        self._entries = tuple(entry for entry in self._entries if entry.job != job)

    def jobs(self) -> list[str]:
        """All waiting runs, in the order in which they will be served."""
        return [entry.job for entry in serving_order(self._entries, self._last_visitor)]

    def pop(self) -> str:
        """Take out the next run. Raises IndexError if the queue is empty."""
        entry = serving_order(self._entries, self._last_visitor)[0]
        self.remove(entry.job)
        self._last_visitor = entry.visitor
        return entry.job


def serving_order(entries: Sequence[QueueEntry], last_visitor: str = "") -> tuple[QueueEntry, ...]:
    """The order in which entries are served: visitors take turns, and the one served last comes last.

    One visitor's runs keep their order. Requeued runs go before all others, by the same rules among themselves.
    """
    turns: dict[str, int] = {}
    ranked = []
    for arrival, entry in enumerate(entries):
        turn = turns.get(entry.visitor, 0) + (entry.visitor == last_visitor)
        turns[entry.visitor] = turns.get(entry.visitor, 0) + 1
        ranked.append((not entry.is_requeued, turn, arrival, entry))
    return tuple(entry for *_, entry in sorted(ranked, key=lambda rank: rank[:3]))
