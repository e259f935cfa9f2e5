"""A sixteenth of the customers in memory, or less, with all their visits and events: what estimates are made from.

Whole customers, chosen by a hash of their id, so that both scopes of a segment can be counted on it. It is made in the
background when it is first asked for, and takes in what arrived since whenever it is asked for again.
"""

import logging
import threading
from collections.abc import Callable

import duckdb

from journeyserver.engine.columns import JOURNEY_COLUMNS, SESSIONS

log = logging.getLogger("journeyserver.sample")

LEAST_PARTS = 16
# About 100 MB of memory, and some fifteen milliseconds to read: of the hundred that an estimate may take, the count of all
# visits, the plan and the examples need the rest.
MOST_EVENTS = 250_000
# More than so many new events are taken in in the background, while the older sample answers.
_MANY = 200_000
_EVENT_COLUMNS = ", ".join(
    [
        *("event_id", "seq", "ts", "stream", "customer_id", "session_id", "authenticated", "attributes"),
        *JOURNEY_COLUMNS.values(),
    ]
)
_SESSION_COLUMNS = ", ".join(SESSIONS.names)


class DuckSample:
    """`parts`: every so many-th customer is in it."""

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        """`connect` gives a new connection to the warehouse."""
        self._connect = connect
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._latest = -1
        self.parts = LEAST_PARTS

    def tables(self) -> tuple[str, str] | None:
        """The names of its tables of events and of visits; None while it is being made."""
        with self._lock:
            if self._latest < 0:
                self._begin(self._make)
                return None
            if self._thread is None:
                connection = self._opened()
                ((latest,),) = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchall()
                if latest - self._latest > _MANY:
                    self._begin(lambda: self._add(latest))
                elif latest > self._latest:
                    self._add(latest)
            return "sampled.events", "sampled.sessions"

    def forget(self) -> None:
        """Drops it: something was removed from the warehouse."""
        self._wait()
        with self._lock:
            self._latest = -1
            if self._connection is not None:
                for table in ("events", "sessions"):
                    self._connection.execute(f"DROP TABLE IF EXISTS sampled.{table}")

    def close(self) -> None:
        self._wait()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _wait(self) -> None:
        thread = self._thread
        if thread is not None:
            thread.join()

    def _begin(self, work: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(work,), name="sample", daemon=True)
            self._thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except duckdb.Error as error:
            # Without it estimates are read from the whole: slower, and right.
            log.warning("The sample for estimates could not be made: %s", str(error).splitlines()[0])
        finally:
            self._thread = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.execute("ATTACH IF NOT EXISTS ':memory:' AS sampled")
        return self._connection

    def _make(self) -> None:
        connection = self._opened()
        ((latest, number),) = connection.execute(
            "SELECT coalesce(max(seq), 0), count(*) FROM events"
        ).fetchall()
        parts = LEAST_PARTS
        while number / parts > MOST_EVENTS:
            parts *= 2
        self.parts = parts
        mine = f"hash(customer_id) % {parts} = 0"
        connection.execute(
            f"CREATE OR REPLACE TABLE sampled.events AS SELECT {_EVENT_COLUMNS} FROM events WHERE {mine} AND seq <= {latest}"
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE sampled.sessions AS SELECT {_SESSION_COLUMNS} FROM sessions WHERE {mine}"
        )
        self._latest = latest

    def _add(self, latest: int) -> None:
        connection = self._opened()
        new = f"seq > {self._latest} AND seq <= {latest} AND hash(customer_id) % {self.parts} = 0"
        changed = f"session_id IN (SELECT session_id FROM events WHERE {new})"
        connection.execute("BEGIN")
        try:
            connection.execute(f"INSERT INTO sampled.events SELECT {_EVENT_COLUMNS} FROM events WHERE {new}")
            connection.execute(f"DELETE FROM sampled.sessions WHERE {changed}")
            connection.execute(
                f"INSERT INTO sampled.sessions SELECT {_SESSION_COLUMNS} FROM sessions WHERE {changed}"
            )
        except duckdb.Error:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._latest = latest
