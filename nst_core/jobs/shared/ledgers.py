"""Why runs were removed, and the votes on pairs of results, as tables. No record has them, and no rebuild."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import asdict

from nst_core.jobs.ledger import MAX_ENTRIES, Entry, LedgerEvent
from nst_core.jobs.shared.database import Database
from nst_core.jobs.votes import MAX_VOTES, Vote

_PUT = (
    "INSERT INTO nst_ledger (job, event, at, rule) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (job) DO UPDATE SET event = excluded.event, at = excluded.at, rule = excluded.rule"
)
_FORGET = (
    "DELETE FROM nst_ledger WHERE job IN "
    "(SELECT job FROM nst_ledger WHERE event <> 'stored' ORDER BY at DESC OFFSET %s)"
)
_FORGET_EVERY = 200
"""Entries of this server after which the oldest entries of all are forgotten."""


class TableLedger:
    """The ledger in the database; see `RunLedger`. At most about `MAX_ENTRIES` runs that are gone are remembered."""

    def __init__(self, database: Database) -> None:
        self._database, self._noted = database, 0

    def note(self, job: str, event: LedgerEvent, rule: str = "") -> None:
        """Note an event of a run."""
        self._database.run(_PUT, job, event, time.time(), rule)
        self._noted += 1
        if self._noted % _FORGET_EVERY == 0:
            self._database.run(_FORGET, MAX_ENTRIES)

    def flush(self) -> None:
        """Do nothing: every entry is written at once."""

    def get(self, job: str) -> Entry | None:
        """The last event of a run; None if it is unknown."""
        found = self._database.rows("SELECT job, event, at, rule FROM nst_ledger WHERE job = %s", job)
        return Entry(*found[0]) if found else None

    def missing(self, there: Collection[str]) -> list[str]:
        """Runs that were stored and never removed, but are not among those `there`."""
        found = self._database.rows("SELECT job FROM nst_ledger WHERE event = 'stored'")
        return [job for (job,) in found if job not in there]


class TableVotes:
    """The votes in the database; see `VoteBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, vote: Vote) -> bool:
        """Count a vote; False if its ballot is closed, or has a vote already, which stays as it is."""
        text = json.dumps(asdict(vote))
        insert = (
            "INSERT INTO nst_votes (ballot, vote) SELECT %s, %s "
            "WHERE NOT EXISTS (SELECT 1 FROM nst_closed_ballots WHERE ballot = %s) ON CONFLICT DO NOTHING"
        )
        return bool(self._database.run(insert, vote.ballot, text, vote.ballot))

    def close(self, ballot: str) -> None:
        """Count no vote of a ballot from now on; one that it has already stays."""
        self._database.run("INSERT INTO nst_closed_ballots (ballot) VALUES (%s) ON CONFLICT DO NOTHING", ballot)

    def is_open(self, ballot: str) -> bool:
        """Whether a vote of this ballot would be counted."""
        found = self._database.rows(
            "SELECT 1 FROM nst_votes WHERE ballot = %s UNION SELECT 1 FROM nst_closed_ballots WHERE ballot = %s",
            ballot,
            ballot,
        )
        return not found

    def closed(self) -> list[str]:
        """The newest `MAX_VOTES` ballots that were closed, in that order."""
        statement = "SELECT ballot FROM nst_closed_ballots ORDER BY number DESC LIMIT %s"
        return [ballot for (ballot,) in reversed(self._database.rows(statement, MAX_VOTES))]

    def get(self, ballot: str) -> Vote | None:
        """The vote of a ballot; None if there is none."""
        found = self._database.rows("SELECT vote FROM nst_votes WHERE ballot = %s", ballot)
        return Vote(**json.loads(found[0][0])) if found else None

    def all(self) -> list[Vote]:
        """The newest `MAX_VOTES` votes, the oldest first."""
        newest = self._database.rows("SELECT vote FROM nst_votes ORDER BY number DESC LIMIT %s", MAX_VOTES)
        return [Vote(**json.loads(text)) for (text,) in reversed(newest)]

    def flush(self) -> None:
        """Do nothing: every vote is written at once."""
