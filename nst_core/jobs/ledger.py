"""The ledger: which runs were stored here, and why runs were removed.

It is a file of lines, and a copy of that file.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from nst_core.jobs.records import checked_lines, whole_lines
from nst_core.system.atomic_files import read_if_possible, write_atomic

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


class Ledger:
    """The last event of each run. Any thread may call. If the disk fails, events are remembered until the end."""

    def __init__(self, folder: Path | None, *, is_fixed: bool = False) -> None:
        """Read both files in `folder`, and repair them if one is damaged or too long.

        Without a folder, events are in memory only; new events are too if `is_fixed`, because the files cannot be
        written.
        """
        paths = tuple(folder / name for name in FILES) if folder else ()
        self._paths = () if is_fixed else paths
        self._unwritten: dict[Path, list[Entry]] = {path: [] for path in self._paths}
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        found = [_entries(read_if_possible(path) or b"") for path in paths]
        for entry in sorted(
            dict.fromkeys(itertools.chain(*found)), key=lambda entry: (entry.event != "stored", entry.at)
        ):
            self._remember(entry)
        if any(len(entries) > 2 * MAX_ENTRIES for entries in found) or any(e != found[0] for e in found):
            self._rewrite()

    def note(self, job: str, event: LedgerEvent, rule: str = "") -> None:
        """Note an event of a run."""
        entry = Entry(job, event, time.time(), rule)
        with self._lock:
            self._remember(entry)
            for lines in self._unwritten.values():
                lines.append(entry)
        self.flush()

    def flush(self) -> None:
        """Write the events that could not be written before."""
        with self._lock:
            for path, entries in self._unwritten.items():
                if entries:
                    with contextlib.suppress(OSError), path.open("ab") as file:
                        file.write(_lines(entries))
                        file.flush()
                        entries.clear()

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

    def _rewrite(self) -> None:
        for path in self._paths:
            with contextlib.suppress(OSError):
                write_atomic(path, _lines(list(self._entries.values())))


def _lines(entries: Sequence[Entry]) -> bytes:
    return checked_lines([json.dumps(asdict(entry)) for entry in entries])


def _entries(data: bytes) -> list[Entry]:
    found = []
    for text in whole_lines(data):
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            entry = Entry(**json.loads(text))
            if isinstance(entry.job, str) and isinstance(entry.at, int | float) and 0 <= entry.at < _LATEST:
                found.append(entry)
    return found
