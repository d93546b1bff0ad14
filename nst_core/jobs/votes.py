"""The votes on pairs of results: which of two contestants somebody preferred. They outlive the runs.

A vote names no visitor, no run and no picture: its ballot is a hash of the visitor's secret and of the pair.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nst_core.jobs.paired_log import PairedLog

FILES = ("votes.log", "votes.copy.log")
MAX_VOTES = 20_000
"""Votes that are kept, about 5 MB, and as many ballots that were closed; the oldest go first."""
PAINTINGS = ("fast", "balanced", "slow")
"""The methods, whose results are compared."""
COPIES = ("photograph", "style")
"""The photograph and the style picture themselves, unpainted. They show what a measure is worth that prefers them."""
CONTESTANTS = (*PAINTINGS, *COPIES)
_HEX = frozenset("0123456789abcdef")
_BALLOT_LENGTH = 32
_CLOSED = "closed"
"""The one field of a line that closes a ballot."""


@dataclass(frozen=True)
class Vote:
    """One vote.

    Attributes:
        ballot: 32 hex digits, the same for a visitor and a pair.
        preferred: the contestant that was preferred.
        other: the other one.
        watched: whether the voter had started these runs, and so may have watched them being painted.
        agreed: measure -> whether the preferred picture had the better figure; without those that had none.
        day: when, as 2026-11-28.
    """

    ballot: str
    preferred: str
    other: str
    watched: bool = False
    agreed: Mapping[str, bool] = field(default_factory=dict)
    day: str = ""


class VoteBook(Protocol):
    """All votes. Any thread may call."""

    def add(self, vote: Vote) -> bool:
        """Count a vote; False if its ballot is closed, or has a vote already, which stays as it is."""

    def close(self, ballot: str) -> None:
        """Count no vote of a ballot from now on; one that it has already stays."""

    def is_open(self, ballot: str) -> bool:
        """Whether a vote of this ballot would be counted."""

    def closed(self) -> list[str]:
        """The ballots that were closed, in that order."""

    def get(self, ballot: str) -> Vote | None:
        """The vote of a ballot; None if there is none."""

    def all(self) -> list[Vote]:
        """All votes, the oldest first."""

    def flush(self) -> None:
        """Write the votes that could not be written before."""


class VoteLog:
    """All votes, in memory and in two files. Any thread may call."""

    def __init__(self, folder: Path | None, *, is_fixed: bool = False) -> None:
        """Read both files in `folder`, and repair them if one is damaged or too long.

        Without a folder, or if the files cannot be written (`is_fixed`), new votes end with the server.
        """
        self._log, self._lock = PairedLog(folder, FILES, is_fixed=is_fixed), threading.Lock()
        self._votes: dict[str, Vote] = {}
        self._closed: dict[str, None] = {}  # in the order in which they were closed
        lines, is_to_rewrite = self._log.read(MAX_VOTES)
        for kept in _read(lines):
            self._remember(kept)
        if is_to_rewrite:
            self._log.rewrite([*map(_line, self._votes.values()), *map(_closing_line, self._closed)])

    def add(self, vote: Vote) -> bool:
        """Count a vote; False if its ballot is closed, or has a vote already, which stays as it is."""
        with self._lock:
            if vote.ballot in self._votes or vote.ballot in self._closed:
                return False
            self._remember(vote)
            self._log.append(_line(vote))
        return True

    def close(self, ballot: str) -> None:
        """Count no vote of a ballot from now on; one that it has already stays."""
        with self._lock:
            if ballot not in self._closed:
                self._remember(ballot)
                self._log.append(_closing_line(ballot))

    def is_open(self, ballot: str) -> bool:
        """Whether a vote of this ballot would be counted."""
        with self._lock:
            return ballot not in self._votes and ballot not in self._closed

    def closed(self) -> list[str]:
        """The ballots that were closed, in that order."""
        with self._lock:
            return list(self._closed)

    def get(self, ballot: str) -> Vote | None:
        """The vote of a ballot; None if there is none."""
        with self._lock:
            return self._votes.get(ballot)

    def all(self) -> list[Vote]:
        """All votes, the oldest first."""
        with self._lock:
            return list(self._votes.values())

    def flush(self) -> None:
        """Write the votes that could not be written before."""
        with self._lock:
            self._log.flush()

    def _remember(self, kept: Vote | str) -> None:
        """Keep a vote, or a ballot that is closed."""
        if isinstance(kept, Vote):
            self._votes.setdefault(kept.ballot, kept)
            _forget_oldest(self._votes)
        else:
            self._closed[kept] = None
            _forget_oldest(self._closed)


def _forget_oldest(kept: dict[str, Any]) -> None:
    if len(kept) > MAX_VOTES:
        del kept[next(iter(kept))]


def pairs_won(votes: Sequence[Vote]) -> Mapping[tuple[str, str], int]:
    """(preferred, other) -> the number of votes."""
    return Counter((vote.preferred, vote.other) for vote in votes)


def agreements(votes: Sequence[Vote]) -> dict[str, tuple[int, int]]:
    """Measure -> in how many votes it agreed with the voter, and the number of votes in which it had a preference."""
    agreed, asked = Counter[str](), Counter[str]()
    for vote in votes:
        asked.update(vote.agreed.keys())
        agreed.update(name for name, did in vote.agreed.items() if did)
    return {name: (agreed[name], count) for name, count in asked.items()}


def _line(vote: Vote) -> str:
    return json.dumps(asdict(vote))


def _closing_line(ballot: str) -> str:
    return json.dumps({_CLOSED: ballot})


def _read(lines: Sequence[str]) -> list[Vote | str]:
    """The votes in lines, and the ballots that were closed; lines of another version are left out."""
    found: list[Vote | str] = []
    for text in lines:
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            stored = json.loads(text)
            if set(stored) == {_CLOSED}:
                found += [stored[_CLOSED]] if _is_ballot(stored[_CLOSED]) else []
            elif _is_whole(vote := Vote(**stored)):
                found.append(vote)
    return found


def _is_ballot(text: object) -> bool:
    return isinstance(text, str) and len(text) == _BALLOT_LENGTH and _HEX.issuperset(text)


def _is_whole(vote: Vote) -> bool:
    return (
        _is_ballot(vote.ballot)
        and vote.preferred != vote.other
        and {vote.preferred, vote.other} <= set(CONTESTANTS)
        and all(isinstance(name, str) and isinstance(did, bool) for name, did in vote.agreed.items())
    )
