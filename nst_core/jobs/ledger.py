"""The ledger: which runs were stored here, and why runs were removed.

It is a file of lines, and a copy of that file.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

from nst_core.jobs.paired_log import PairedLog

FILES = ("ledger.log", "ledger.copy.log")
MAX_ENTRIES = 20_000
"""Runs that the ledger remembers, about 2 MB; the oldest are forgotten first."""

_LATEST = 1e11
"""A time that no entry has, in seconds since 1970: later ones have no date that the system can compute."""

LedgerEvent = Literal["stored", "deleted", "room", "missing"]


@dataclass(frozen=True)
class Entry:
    """The last event of a run.

    Attributes:
        event: "stored", "deleted" by its owner, removed to make "room", or "missing" when the server started.
        at: when, in seconds since 1970.
        rule: the rule by which it made room, in words.
    """

    job: str
    event: LedgerEvent
    at: float
    rule: str = ""

    def reason(self) -> str:
        """The reason why a link to the run opens nothing, in one sentence."""
        day = time.strftime("%d %B %Y", time.gmtime(self.at)).lstrip("0")
        if self.event == "deleted":
            return f"this run was deleted by its owner on {day}; its PNG, dropped on a picker, brings its settings back"
        if self.event == "room":
            return (
                f"this run was removed on {day} to make room, because {self.rule} and the oldest go first; its PNG, "
                "dropped on a picker, brings its settings back"
            )
        noticed = f", as the server noticed on {day}" if self.event == "missing" else ""
        return (
            f"the files of this run are not on the server's disk any more{noticed}, although no removal was noted; "
            "restore them from a backup, or paint it again"
        )


class RunLedger(Protocol):
    """The last event of each run. Any thread may call."""

    def note(self, job: str, event: LedgerEvent, rule: str = "") -> None:
        """Note an event of a run."""

    def flush(self) -> None:
        """Write the events that could not be written before."""

    def get(self, job: str) -> Entry | None:
        """The last event of a run; None if it is unknown."""

    def missing(self, there: Collection[str]) -> list[str]:
        """Runs that were stored and never removed, but are not among those `there`."""


class Ledger:
    """The ledger in a folder; see `RunLedger`. If the disk fails, events are remembered until the end."""

    def __init__(self, folder: Path | None, *, is_fixed: bool = False) -> None:
        """Read both files in `folder`, and repair them if one is damaged or too long.

        Without a folder, events are in memory only; new events are too if `is_fixed`, because the files cannot be
        written.
        """
        self._log = PairedLog(folder, FILES, is_fixed=is_fixed)
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        lines, is_to_rewrite = self._log.read(MAX_ENTRIES)
        for entry in sorted(_entries(lines), key=lambda entry: (entry.event != "stored", entry.at)):
            self._remember(entry)
        if is_to_rewrite:
            self._log.rewrite(list(map(_line, self._entries.values())))

    def note(self, job: str, event: LedgerEvent, rule: str = "") -> None:
        """Note an event of a run."""
        entry = Entry(job, event, time.time(), rule)
        with self._lock:
            self._remember(entry)
            self._log.append(_line(entry))

    def flush(self) -> None:
        """Write the events that could not be written before."""
        with self._lock:
            self._log.flush()

    def get(self, job: str) -> Entry | None:
        """The last event of a run; None if it is unknown."""
        with self._lock:
            return self._entries.get(job)

    def missing(self, there: Collection[str]) -> list[str]:
        """Runs that were stored and never removed, but are not among those `there`."""
        with self._lock:
            entries = list(self._entries.values())
        return [entry.job for entry in entries if entry.event == "stored" and entry.job not in there]

    def _remember(self, entry: Entry) -> None:
        self._entries.pop(entry.job, None)
        self._entries[entry.job] = entry
        if len(self._entries) > MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry))


def _entries(lines: Sequence[str]) -> list[Entry]:
    found = []
    for text in lines:
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            entry = Entry(**json.loads(text))
            if isinstance(entry.job, str) and isinstance(entry.at, int | float) and 0 <= entry.at < _LATEST:
                found.append(entry)
    return found
