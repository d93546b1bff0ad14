"""The queue of all servers, and which of them has which run.

A run under way has a row in `nst_work`. A server that has it is named there: it alone paints the run and writes to
its files. A run that waits is nobody's; a server with a free worker claims the next one. A server gives a sign of life
every `BEAT_SECONDS`. When it has given none for `NST_TAKEOVER_SECONDS`, the others put its runs into the queue again.
It knows that too: from 3/4 of that time on it writes nothing more until it has asked again which runs are its own.

Times are the database's, since the clocks of servers differ; a server measures its own silence by its monotonic clock.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.jobs.orders import Order
from nst_core.jobs.queue import FairQueue, QueueEntry, QueueLimits, SecondsUntilRoom, serving_order
from nst_core.jobs.shared.database import Database, UnreachableStoreError

BEAT_SECONDS = 1.0
ORDER_SECONDS = 4.0
"""The longest wait until another server has carried out an order."""
_LAST_VISITOR = "the visitor whose run was claimed last"
_LOGGER = logging.getLogger(__name__)
Connection = Any
"""A psycopg.Connection."""


@dataclass(frozen=True)
class Work:
    """A run under way, as all servers know it.

    Attributes:
        server: the server that has it; "" while it waits.
        is_held: whether it is paused without a worker, so that it waits without being served.
        is_stored: whether it has been stored with its pictures; else its first server stores them.
        attempts: how many servers died that had it.
        seconds: how long it will take, estimated; None if unknown.
        unseen_seconds: the time since a page last asked for it.
    """

    job: str
    owner: str
    address: str
    has_begun: bool
    is_held: bool
    is_stored: bool
    server: str
    attempts: int
    seconds: float | None
    unseen_seconds: float

    @property
    def waits(self) -> bool:
        """Whether it has a place in the queue: no server paints it."""
        return not self.server or not self.is_stored

    @property
    def entry(self) -> QueueEntry:
        """Its place in the queue."""
        return QueueEntry(self.job, self.owner, self.has_begun, self.address)


_SELECT = (
    "SELECT job, owner, address, has_begun, is_held, is_stored, coalesce(server, ''), attempts, seconds, "
    "extract(epoch FROM now() - seen)::float8 FROM nst_work"
)


class Claims:
    """The part of one server. Any thread may call; every method may raise UnreachableStoreError.

    Attributes:
        server: the name of this server's process, made anew at each start.
    """

    def __init__(self, database: Database, takeover_seconds: float) -> None:
        """Give the first sign of life."""
        self.server = secrets.token_hex(8)
        self._database, self._takeover = database, takeover_seconds
        self._lock = threading.Lock()
        self._beaten = self._steady_since = -1e9
        self.beat(0)

    # Signs of life.

    def beat(self, workers: int) -> None:
        """Give a sign of life, and tell how many workers this server has."""
        began = time.monotonic()
        self._database.run(
            "INSERT INTO nst_servers VALUES (%s, now(), %s) "
            "ON CONFLICT (server) DO UPDATE SET seen = now(), workers = excluded.workers",
            self.server,
            workers,
        )
        with self._lock:
            if began - self._beaten > self._takeover / 2:
                self._steady_since = began
            self._beaten = began

    @property
    def is_alive(self) -> bool:
        """Whether no other server can have taken over this one's runs, so that it may write to them."""
        return time.monotonic() - self._beaten < 0.75 * self._takeover

    def workers(self) -> int:
        """The workers of all servers together, at least 1."""
        alive = "SELECT coalesce(sum(workers), 0) FROM nst_servers WHERE seen > now() - make_interval(secs => %s)"
        ((found,),) = self._database.rows(alive, self._takeover)
        return max(int(found), 1)

    def bury(self) -> list[str]:
        """Put the runs of servers that gave no sign of life into the queue again; returns these runs.

        After the database could not be reached, all servers have the time of a takeover to report first.
        """
        if time.monotonic() - self._steady_since < self._takeover:
            return []
        with self._database.alone() as connection:
            found = connection.execute(
                "UPDATE nst_work SET server = NULL, is_stored = true, attempts = attempts + 1 "
                "WHERE server IS NOT NULL AND server NOT IN "
                "(SELECT server FROM nst_servers WHERE seen > now() - make_interval(secs => %s)) RETURNING job",
                [self._takeover],
            ).fetchall()
            connection.execute("DELETE FROM nst_leads WHERE seen < now() - interval '1 day'")
            connection.execute(
                "DELETE FROM nst_servers WHERE seen < now() - make_interval(secs => %s)", [2 * self._takeover]
            )
        return [job for (job,) in found]

    # The queue.

    def admit(
        self, entry: QueueEntry, limits: QueueLimits, seconds_until_room: SecondsUntilRoom, seconds: float | None
    ) -> bool:
        """Give a new run a place in the queue, as this server's until it is stored; False if it has one already.

        Raises QueueFullError.
        """
        with self._database.alone() as connection:
            works = _works(connection)
            if any(work.job == entry.job for work in works):
                return False
            _check_room(works, entry, limits, seconds_until_room)
            connection.execute(
                "INSERT INTO nst_work (job, owner, address, server, seconds) VALUES (%s, %s, %s, %s, %s)",
                [entry.job, entry.visitor, entry.address, self.server, seconds],
            )
        return True

    def check_room(self, entry: QueueEntry, limits: QueueLimits, seconds_until_room: SecondsUntilRoom) -> None:
        """Refuse a run that `admit` would refuse. Raises QueueFullError."""
        _check_room(self.all(), entry, limits, seconds_until_room)

    def all(self) -> list[Work]:
        """All runs under way, in the order in which they came."""
        return self.queue()[0]

    def queue(self) -> tuple[list[Work], str]:
        """All runs under way, in the order in which they came, and the visitor who was served last."""
        with self._database.transaction() as connection:
            return _works(connection), _last_visitor(connection)

    def claim(self, most: int) -> list[Work]:
        """Take up to `most` runs that wait, in their turn."""
        taken: list[Work] = []
        with self._database.alone() as connection:
            works = [work for work in _works(connection) if not work.server and not work.is_held]
            by_job, last = {work.job: work for work in works}, _last_visitor(connection)
            for _ in range(min(most, len(works))):
                entry = serving_order([work.entry for work in by_job.values()], last)[0]
                self._take(connection, entry.job)
                taken.append(by_job.pop(entry.job))
                last = entry.visitor
            if taken:
                _note_visitor(connection, last)
        return taken

    def take(self, job: str) -> Work | None:
        """Take one run that no server has; None if one has it, or if it is not under way."""
        with self._database.transaction() as connection:
            if not self._take(connection, job):
                return None
            return next(work for work in _works(connection, job))

    def _take(self, connection: Connection, job: str) -> bool:
        taken = connection.execute(
            "UPDATE nst_work SET server = %s WHERE job = %s AND server IS NULL", [self.server, job]
        )
        return bool(taken.rowcount)

    def release(self, job: str, *, has_begun: bool, is_held: bool, unseen_seconds: float) -> None:
        """Give one of this server's runs back to the queue."""
        self._database.run(
            "UPDATE nst_work SET server = NULL, is_stored = true, has_begun = %s, is_held = %s, "
            "seen = greatest(seen, now() - make_interval(secs => %s)) WHERE job = %s AND server = %s",
            has_begun,
            is_held,
            unseen_seconds,
            job,
            self.server,
        )

    def fail(self, job: str) -> None:
        """Give a run back that could not be read, as if this server had died with it."""
        self._database.run(
            "UPDATE nst_work SET server = NULL, attempts = attempts + 1 WHERE job = %s AND server = %s",
            job,
            self.server,
        )

    def begins(self, job: str, visitor: str) -> None:
        """Note that one of this server's runs got a worker before it was stored."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE nst_work SET is_stored = true WHERE job = %s AND server = %s", [job, self.server]
            )
            _note_visitor(connection, visitor)

    def end(self, job: str) -> None:
        """Forget a run that is over or was deleted, whoever has it."""
        self._database.run("DELETE FROM nst_work WHERE job = %s", job)

    def has(self, job: str) -> bool:
        """Whether a run is this server's now.

        Raises UnreachableStoreError too if this server was silent for so long that it cannot know.
        """
        if not self.is_alive:
            raise UnreachableStoreError("this server has to hear first which runs are still its own")
        found = self._database.rows("SELECT 1 FROM nst_work WHERE job = %s AND server = %s", job, self.server)
        return bool(found)

    def add_waiting(self, works: Sequence[tuple[str, str, bool, bool]]) -> None:
        """Put runs into the queue that have no place there: (job, owner, has_begun, is_held)."""
        with self._database.transaction() as connection:
            for values in works:
                connection.execute(
                    "INSERT INTO nst_work (job, owner, address, has_begun, is_held, is_stored) "
                    "VALUES (%s, %s, '', %s, %s, true) ON CONFLICT DO NOTHING",
                    values,
                )

    # What visitors of one server want of a run that another one has.

    def note_seen(self, jobs: Collection[str]) -> None:
        """Note that pages have asked for these runs."""
        if jobs:
            self._database.run("UPDATE nst_work SET seen = now() WHERE job = ANY(%s)", list(jobs))

    def order(self, order: Order) -> bool:
        """Tell the server that has a run what to do, and wait until it does; False if it does not answer in time."""
        insert = "INSERT INTO nst_orders (job, kind, arguments) VALUES (%s, %s, %s) RETURNING number"
        ((number,),) = self._database.rows(insert, order.job, order.kind, json.dumps(dict(order.arguments)))
        until = time.monotonic() + ORDER_SECONDS
        while self._database.rows("SELECT 1 FROM nst_orders WHERE number = %s", number):
            if time.monotonic() > until:
                return not self._database.run("DELETE FROM nst_orders WHERE number = %s", number)
            time.sleep(0.05)
        return True

    def orders(self) -> list[Order]:
        """The orders about this server's runs, the oldest first; they are not given again."""
        found = self._database.rows(
            "DELETE FROM nst_orders USING nst_work WHERE nst_work.job = nst_orders.job AND nst_work.server = %s "
            "RETURNING number, nst_orders.job, kind, arguments",
            self.server,
        )
        return [Order(job, kind, json.loads(arguments)) for _, job, kind, arguments in sorted(found)]

    def leads(self, name: str) -> bool:
        """Whether this server is the one that does something; another one may be when it has not asked for long."""
        return bool(
            self._database.rows(
                "INSERT INTO nst_leads VALUES (%s, %s, now()) ON CONFLICT (name) DO UPDATE "
                "SET server = excluded.server, seen = now() WHERE nst_leads.server = excluded.server "
                "OR nst_leads.seen < now() - make_interval(secs => %s) RETURNING name",
                name,
                self.server,
                self._takeover,
            )
        )

    def shared_key(self) -> bytes:
        """32 random bytes, the same for all servers."""
        return bytes.fromhex(self._database.shared_value("key of addresses", secrets.token_hex(32)))

    def close(self) -> None:
        """Give all runs of this server back, so that the others go on with them at once."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE nst_work SET server = NULL, is_stored = true WHERE server = %s", [self.server])
            connection.execute("DELETE FROM nst_leads WHERE server = %s", [self.server])
            connection.execute("DELETE FROM nst_servers WHERE server = %s", [self.server])


def _works(connection: Connection, job: str = "") -> list[Work]:
    condition, values = ("WHERE job = %s", [job]) if job else ("ORDER BY arrival", [])
    return [Work(*row) for row in connection.execute(f"{_SELECT} {condition}", values).fetchall()]


def _last_visitor(connection: Connection) -> str:
    found = connection.execute("SELECT value FROM nst_values WHERE name = %s", [_LAST_VISITOR]).fetchone()
    return str(found[0]) if found else ""


def _note_visitor(connection: Connection, visitor: str) -> None:
    connection.execute(
        "INSERT INTO nst_values VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [_LAST_VISITOR, visitor],
    )


def _check_room(
    works: Sequence[Work], entry: QueueEntry, limits: QueueLimits, seconds_until_room: SecondsUntilRoom
) -> None:
    queue = FairQueue(limits, [work.entry for work in works if work.waits])
    for work in works:
        if work.waits and work.is_held:
            queue.hold(work.job)
    begun = sum(work.address == entry.address and not work.waits for work in works)
    queue.check_room(entry, seconds_until_room, begun)
