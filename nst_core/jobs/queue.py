"""Who is next: a bounded line, fair among visitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nst_core.errors import QueueFullError


@dataclass(frozen=True)
class QueueEntry:
    """A job that waits; `again` if it had begun before, which lets it go first."""

    job: str
    visitor: str
    is_requeued: bool = False


@dataclass(frozen=True)
class QueueLimits:
    """How many jobs may wait: in all, and of one visitor."""

    waiting: int = 8
    per_visitor: int = 2


class FairQueue:
    """Those who wait, and who was served last."""

    def __init__(self, room: QueueLimits) -> None:
        self._room, self._places, self._last_visitor = room, tuple[QueueEntry, ...](), ""

    def __len__(self) -> int:
        return len(self._places)

    def admit(self, newcomer: QueueEntry, seconds_each: float) -> None:
        """Put a newcomer in line. Raises QueueFullError as the function of this name does."""
        self._places = admit(self._places, newcomer, self._room, seconds_each)

    def requeue(self, place: QueueEntry) -> None:
        """Put one in line who had been admitted before: there is always room."""
        self._places = (*self._places, place)

    def remove(self, job: str) -> None:
        """Take a job out, if it is in line."""
        self._places = tuple(place for place in self._places if place.job != job)

    def jobs(self) -> list[str]:
        """All who wait, in the order in which they will be served."""
        return [place.job for place in serving_order(self._places, self._last_visitor)]

    def pop(self) -> str:
        """Take out who is next."""
        place = serving_order(self._places, self._last_visitor)[0]
        self.remove(place.job)
        self._last_visitor = place.visitor
        return place.job


def admit(
    line: Sequence[QueueEntry], newcomer: QueueEntry, room: QueueLimits, seconds_each: float
) -> tuple[QueueEntry, ...]:
    """The line with a newcomer. Raises QueueFullError, saying when to try again."""
    own = sum(place.visitor == newcomer.visitor for place in line)
    if own >= room.per_visitor:
        raise QueueFullError(
            f"{room.per_visitor} of your runs are waiting already; wait for one of them, or stop it",
            retry_after_seconds=seconds_each,
            own=True,
        )
    if len(line) >= room.waiting:
        raise QueueFullError(
            f"{len(line)} runs are waiting, which is as many as fit; try again when one of them is done",
            retry_after_seconds=seconds_each,
        )
    return (*line, newcomer)


def serving_order(line: Sequence[QueueEntry], last_visitor: str = "") -> tuple[QueueEntry, ...]:
    """The order in which a line is served: visitors take turns, each one's jobs as they came, the last served last.

    Those that had begun before go before all others, in the same order among themselves.
    """
    turns: dict[str, int] = {}
    ranked = []
    for arrival, place in enumerate(line):
        turn = turns.get(place.visitor, 0) + (place.visitor == last_visitor)
        turns[place.visitor] = turns.get(place.visitor, 0) + 1
        ranked.append((not place.is_requeued, turn, arrival, place))
    return tuple(place for *_, place in sorted(ranked, key=lambda r: r[:3]))
