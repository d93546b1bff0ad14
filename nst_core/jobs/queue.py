"""The queue of runs: bounded, and fair among visitors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nst_core.errors import QueueFullError
from nst_core.settings import Settings
from nst_core.system.host_profile import host_profile


@dataclass(frozen=True)
class QueueEntry:
    """A run that waits.

    Attributes:
        job: its id.
        visitor: its owner.
        is_requeued: whether it had begun before; then it goes first.
        address: a keyed hash of the owner's network address; "" if unknown.
    """

    job: str
    visitor: str
    is_requeued: bool = False
    address: str = ""


@dataclass(frozen=True)
class QueueLimits:
    """The most runs that may wait, in all and for one visitor; and that may wait or run, for one network address."""

    waiting: int = Settings.queue_runs
    per_visitor: int = Settings.runs_per_visitor
    per_address: int = Settings.runs_per_address

    @classmethod
    def of(cls, settings: Settings) -> QueueLimits:
        """The limits that the operator sets, and this host's memory."""
        waiting = min(settings.queue_runs, host_profile(settings).queue_runs)
        return cls(waiting, settings.runs_per_visitor, settings.runs_per_address)


@dataclass(frozen=True)
class QueueLoad:
    """How full the queue is: the number of waiting runs, and the limit."""

    waiting: int
    most_waiting: int


SecondsUntilRoom = Callable[[Sequence[str], bool], float]
"""(jobs, must_end) -> seconds until there is room for a refused run.

jobs: the visitor's or address's own runs that wait, in the order in which they will be served; none if the queue is
full for everybody. must_end: whether one of the visitor's runs must end before there is room; else it is enough that
one begins.
"""


class FairQueue:
    """The runs that wait, in the order in which they came; visitors take turns.

    A held run keeps its place and counts in every limit, but is not served.
    """

    def __init__(self, limits: QueueLimits, entries: Sequence[QueueEntry] = ()) -> None:
        self._limits, self._entries, self._last_visitor = limits, tuple(entries), ""
        self._held: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """The number of runs that could be served now."""
        return len(self._entries) - len(self._held)

    @property
    def load(self) -> QueueLoad:
        """How full the queue is."""
        return QueueLoad(len(self._entries), self._limits.waiting)

    def admit(self, entry: QueueEntry, seconds_until_room: SecondsUntilRoom, begun_of_address: int = 0) -> None:
        """Add a new run. Args and errors: as `check_room`."""
        self.check_room(entry, seconds_until_room, begun_of_address)
        self.requeue(entry)

    def check_room(self, entry: QueueEntry, seconds_until_room: SecondsUntilRoom, begun_of_address: int = 0) -> None:
        """Refuse a new run that has no room.

        Args:
            entry: the run.
            seconds_until_room: when a place will be free, for a refusal; see `SecondsUntilRoom`.
            begun_of_address: runs of the same address that have begun and are not over.

        Raises:
            QueueFullError: there is no room.
        """
        waiting = [known for job in self.jobs() for known in self._entries if known.job == job]
        own = [known.job for known in waiting if known.visitor == entry.visitor]
        from_there = [known.job for known in waiting if known.address == entry.address]
        if len(own) >= self._limits.per_visitor:
            raise QueueFullError(
                f"{self._limits.per_visitor} of your runs are waiting already; wait for one of them, or stop it",
                retry_after_seconds=seconds_until_room(own, False),
                own=True,
            )
        if entry.address and begun_of_address + len(from_there) >= self._limits.per_address:
            raise QueueFullError(
                f"{self._limits.per_address} runs may wait or run for one network address, and as many do; "
                "try again when one of them is done",
                retry_after_seconds=seconds_until_room(from_there, True),
                own=True,
            )
        if len(self._entries) >= self._limits.waiting:
            raise QueueFullError(
                f"{len(self._entries)} runs are waiting, which is as many as fit; try again when one of them is done",
                retry_after_seconds=seconds_until_room((), False),
            )

    def requeue(self, entry: QueueEntry) -> None:
        """Add a run that was admitted before: it needs no room."""
        self._entries = (*self._entries, entry)

    def remove(self, job: str) -> None:
        """Take a run out, if it is in the queue."""
        self._entries = tuple(entry for entry in self._entries if entry.job != job)
        self._held -= {job}

    def hold(self, job: str) -> bool:
        """Serve a run only after `release`; False if it is not in the queue."""
        is_here = any(entry.job == job for entry in self._entries)
        self._held |= {job} if is_here else frozenset()
        return is_here

    def release(self, job: str) -> bool:
        """Serve a held run in its turn; False if it is not held."""
        is_held = job in self._held
        self._held -= {job}
        return is_held

    def jobs(self) -> list[str]:
        """All waiting runs, in the order in which they will be served; those that are held come last."""
        return [*self.servable(), *(entry.job for entry in self._entries if entry.job in self._held)]

    def servable(self) -> list[str]:
        """The waiting runs that are not held, in the order in which they will be served."""
        return [entry.job for entry in self._serving_order()]

    def _serving_order(self) -> tuple[QueueEntry, ...]:
        ready = [entry for entry in self._entries if entry.job not in self._held]
        return serving_order(ready, self._last_visitor)

    def pop(self) -> str:
        """Take out the next run. Raises IndexError if none can be served."""
        entry = self._serving_order()[0]
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
