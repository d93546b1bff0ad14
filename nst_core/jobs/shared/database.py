"""Connections to PostgreSQL, and the tables in it."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg_pool
from psycopg.rows import TupleRow

from nst_core.errors import StorageError

CONNECTIONS = 8
WAIT_SECONDS = 5.0
"""The longest wait for a connection; after that the database counts as unreachable."""
_REFUSED = "the database refuses this server; check user, password and name in NST_DATABASE_URL"
_STATEMENT_MS = 10_000
_TABLES_LOCK = 0x6E7374
"""The number of the advisory lock under which tables are made and the queue is changed."""
TABLES = """
CREATE TABLE IF NOT EXISTS nst_runs (
    job text PRIMARY KEY, created double precision NOT NULL, ended double precision NOT NULL, owner text NOT NULL,
    listed boolean NOT NULL, state text NOT NULL, painted boolean NOT NULL, bytes bigint NOT NULL,
    hidden_at double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS nst_runs_of_owner ON nst_runs (owner, created DESC);
CREATE INDEX IF NOT EXISTS nst_runs_listed ON nst_runs (created DESC) WHERE listed AND painted;
CREATE INDEX IF NOT EXISTS nst_runs_by_state ON nst_runs (state, ended);
CREATE TABLE IF NOT EXISTS nst_ledger (
    job text PRIMARY KEY, event text NOT NULL, at double precision NOT NULL, rule text NOT NULL
);
CREATE INDEX IF NOT EXISTS nst_ledger_by_time ON nst_ledger (at);
CREATE TABLE IF NOT EXISTS nst_votes (number bigserial, ballot text PRIMARY KEY, vote text NOT NULL);
CREATE TABLE IF NOT EXISTS nst_closed_ballots (number bigserial, ballot text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS nst_work (
    job text PRIMARY KEY, arrival bigserial, owner text NOT NULL, address text NOT NULL,
    has_begun boolean NOT NULL DEFAULT false, is_held boolean NOT NULL DEFAULT false,
    is_stored boolean NOT NULL DEFAULT false, server text, attempts integer NOT NULL DEFAULT 0,
    seconds double precision, seen timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS nst_servers (
    server text PRIMARY KEY, seen timestamptz NOT NULL, workers integer NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS nst_orders (
    number bigserial PRIMARY KEY, job text NOT NULL, kind text NOT NULL, arguments text NOT NULL
);
CREATE TABLE IF NOT EXISTS nst_leads (name text PRIMARY KEY, server text NOT NULL, seen timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS nst_values (name text PRIMARY KEY, value text NOT NULL);
"""


class UnreachableStoreError(StorageError, OSError):
    """The database or the object store does not answer, or refuses; the message says which, and names no address."""

    def __init__(self, what: str) -> None:
        OSError.__init__(self, errno.EHOSTUNREACH, what)

    def __str__(self) -> str:
        return f"runs cannot be reached now, because {self.strerror}; try again in a minute"


class Database:
    """A pool of connections, which are made again when they are lost. Any thread may use it."""

    def __init__(self, url: str) -> None:
        """Connect, and make the tables that are missing. Raises UnreachableStoreError."""
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # a warning for each attempt; ours is told once
        options = f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={_STATEMENT_MS}"
        self._pool = psycopg_pool.ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=WAIT_SECONDS,
            kwargs={"options": options, "connect_timeout": int(WAIT_SECONDS), "application_name": "nst-studio"},
            check=psycopg_pool.ConnectionPool.check_connection,
            open=False,
        )
        try:  # the pool would only say that it has no connection
            psycopg.connect(url, connect_timeout=int(WAIT_SECONDS)).close()
        except psycopg.Error as error:
            raise UnreachableStoreError(_REFUSED if "FATAL" in str(error) else _in_words(error)) from None
        self._pool.open()
        try:
            with self.alone() as connection:
                connection.execute(TABLES)
        except BaseException:
            self._pool.close(0)
            raise

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """A connection whose changes are made together at the end, or not at all. Raises UnreachableStoreError."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed) as error:
            raise UnreachableStoreError(_in_words(error)) from None  # its own text may name hosts and users

    @contextmanager
    def alone(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """`transaction`, while no other one of this kind runs, on any server. Raises UnreachableStoreError."""
        with self.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_TABLES_LOCK])
            yield connection

    def run(self, statement: str, *values: Any) -> int:
        """Execute one statement; returns how many rows it changed. Raises UnreachableStoreError."""
        with self.transaction() as connection:
            changed: int = connection.execute(statement, values).rowcount
            return changed

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows of one statement, as tuples. Raises UnreachableStoreError."""
        with self.transaction() as connection:
            found: list[Any] = connection.execute(statement, values).fetchall()
            return found

    def shared_value(self, name: str, otherwise: str) -> str:
        """The value that all servers have under a name; the first one that asks decides. Raises as above."""
        self.run("INSERT INTO nst_values VALUES (%s, %s) ON CONFLICT DO NOTHING", name, otherwise)
        ((value,),) = self.rows("SELECT value FROM nst_values WHERE name = %s", name)
        return str(value)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close(1.0)


def _in_words(error: Exception) -> str:
    if isinstance(error, psycopg.errors.DiskFull):
        return "the database has no space left"
    if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return "the database did not answer in time"
    if isinstance(error, psycopg.OperationalError | psycopg_pool.PoolTimeout | psycopg_pool.PoolClosed):
        return "the database does not answer"
    return f"the database refuses a change ({type(error).__name__})"
