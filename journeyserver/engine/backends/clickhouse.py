"""ClickHouse: a server spoken to over HTTP, or the same engine in this process (chdb), one writer and any number of readers.

    clickhouse://user:password@host:8123/database     clickhouses://… over TLS
    chdb:/path/to/a/folder                             in this process; `chdb:` alone keeps all in memory, for tests

What is written is worked out on a desk of its own, a DuckDB in memory, and carried over (base.Writer). How a transaction
comes about where the engine has none: clickhouse_tables.py.
"""

import itertools
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from journeyserver.engine.backends import clickhouse_tables as tables
from journeyserver.engine.backends.base import Busy, Sample, WarehouseError, Words
from journeyserver.engine.backends.clickhouse_cursor import ClickCursor, told
from journeyserver.engine.backends.clickhouse_tables import ROWS_BITS, State, rows_of
from journeyserver.engine.backends.clickhouse_words import SETTINGS, ClickWords
from journeyserver.engine.backends.clickhouse_writer import ClickWriter
from journeyserver.engine.backends.duckdb import close_desk, desk_of, open_desk
from journeyserver.engine.backends.turns import Turns

# Grows when an older warehouse needs more than new tables and new, empty columns, which are added by themselves.
SCHEMA_VERSION = 1
# How many readers' connections are kept for the next question.
_IDLE = 16
# Rows that are gone are cleared away once a table has so many of them.
_MANY_GONE = 20_000
_memories = itertools.count(1)

# A function that gives a new client of clickhouse-connect, which has no type for both of its kinds.
Connect = Any


class ClickSample:
    """No copy is kept: a sixteenth of the customers is read from the tables themselves."""

    parts = 16

    def tables(self) -> tuple[str, str] | None:
        return None

    def forget(self) -> None:
        """There is nothing to drop."""


class ClickBackend:
    """An open ClickHouse warehouse. This process owns it: another one that opens it takes it over."""

    name = "clickhouse"
    keeps_order = True

    def __init__(self, connect: Connect, place: str, passing: str = "") -> None:
        """`passing` is a database that is dropped at the end."""
        self.words: Words = ClickWords()
        self.place = place
        self.commits = 0
        self.sample: Sample = ClickSample()
        self.writing = connect()
        self.thinned: frozenset[str] = frozenset()
        self.connect = connect
        self._owner = uuid4()
        self._passing = passing
        self._aside = connect()
        self._asking = threading.Lock()
        self._desk = open_desk()
        self._writer = desk_of(self._desk)
        self._turns = Turns()
        self._keeping = threading.Lock()
        self._idle: list[Any] = []
        self._closed = False
        # What statements see now, and what each of those under way saw when it began.
        self._number = 0
        self._seen: dict[object, int] = {}
        # Whether something may lie about that belongs to no transaction that is true.
        self._unsettled = True
        # The number that whoever owned it before may still be writing under: never to be true.
        self.void = 0
        with told(place):
            self._take_over()
            self._settle()

    # Reading

    def cursor(self) -> ClickCursor:
        with self._keeping:
            idle = self._idle.pop() if self._idle else None
        with told(self.place):
            return ClickCursor(self, idle or self.connect())

    def keep(self, client: Any) -> None:
        """Keeps a reader's connection for the next one."""
        with self._keeping:
            if len(self._idle) < _IDLE and not self._closed:
                self._idle.append(client)
                return
        client.close()

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The state that a statement sees, which is kept until it ends."""
        mine = object()
        with self._keeping:
            state = State(self._number, self.void, self.thinned)
            self._seen[mine] = state.number
        try:
            yield state
        finally:
            with self._keeping:
                del self._seen[mine]

    def ask_aside(self, sql: str) -> None:
        """A command beside whatever is under way."""
        with self._asking, told(self.place):
            self._aside.command(sql)

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[ClickWriter]:
        with self._turns, told(self.place):
            self._settle()
            number = max(self._number, self.void) + 1
            writer = ClickWriter(self, self._writer, number)
            self._writer.execute("BEGIN")
            try:
                yield writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                self._unsettled = bool(writer.touched)
                raise
            self._writer.execute("COMMIT")
            if writer.touched:
                self._unsettled = True
                self._make_true(writer)
                self._unsettled = False
            self.commits += 1

    def _make_true(self, writer: ClickWriter) -> None:
        number = writer.number
        self.writing.command(
            f"INSERT INTO {tables.COMMITS} SELECT {number} "
            f"WHERE (SELECT argMax(owner, since) FROM {tables.OWNERS}) = toUUID('{self._owner}')"
        )
        if self._last_true() != number:
            raise self._taken()
        with self._keeping:
            self._number = number
            self.thinned |= writer.thinned

    def _last_true(self) -> int:
        return int(self.writing.command(f"SELECT coalesce(max(number), 0) FROM {tables.COMMITS}"))

    def _taken(self) -> Busy:
        return Busy(f"Another process took {self.place} over. Nothing was written; stop one of the two.")

    def _take_over(self) -> None:
        ((before,),) = self.writing.query(
            f"SELECT coalesce(argMax(void, since), 0) FROM {tables.OWNERS}"
        ).result_rows
        self.void = max(self._last_true(), int(before)) + 1
        self.writing.command(
            f"INSERT INTO {tables.OWNERS} VALUES ('{self._owner}', now64(6, 'UTC'), {self.void})"
        )
        if before:
            # Nobody hides any more what the owner before the last may have left.
            span = f"row >= {before << ROWS_BITS} AND row < {(before + 1) << ROWS_BITS}"
            for name in tables.NAMES:
                self._delete(rows_of(name), span)
            self._delete(tables.GONE, f"number = {before}")

    def _delete(self, table: str, condition: str) -> None:
        # Looking first is quicker than a deletion of nothing.
        if int(self.writing.command(f"SELECT count() FROM {table} WHERE {condition}")):
            self.writing.command(f"DELETE FROM {table} WHERE {condition}")

    def _is_owner(self) -> bool:
        asked = f"SELECT argMax(owner, since) = toUUID('{self._owner}') FROM {tables.OWNERS}"
        return bool(int(self.writing.command(asked)))

    def _settle(self) -> None:
        """Removes what belongs to no transaction that is true: something failed, or a process was killed."""
        if not self._unsettled:
            return
        if not self._is_owner():
            raise self._taken()
        number = self._last_true()
        first = (number + 1) << ROWS_BITS
        for name in tables.NAMES:
            self._delete(rows_of(name), f"row >= {first}")
        self._delete(tables.GONE, f"number > {number}")
        gone = self.writing.query(f"SELECT DISTINCT of FROM {tables.GONE}").result_rows
        with self._keeping:
            if number != self._number:
                # A transaction whose end was not heard of is true.
                self.commits += 1
            self._number = number
            self.thinned = frozenset(name for (name,) in gone)
        self._unsettled = False

    def tidy(self) -> bool:
        """Clears away rows that no statement can see any more, where they are many; whether there was anything."""
        with self._turns, told(self.place):
            self._settle()
            many = self.writing.query(
                f"SELECT of FROM {tables.GONE} GROUP BY of HAVING count() >= {_MANY_GONE}"
            ).result_rows
            for (name,) in many:
                self._clear(name)
            return bool(many)

    def _clear(self, name: str) -> None:
        with self._keeping:
            # Somebody may still be reading an older state, in which they were there: then another time.
            if any(number < self._number for number in self._seen.values()):
                return
            upto = self._number
        theirs = f"of = '{name}' AND number <= {upto}"
        self.writing.command(
            f"DELETE FROM {rows_of(name)} WHERE row IN (SELECT row FROM {tables.GONE} WHERE {theirs})"
        )
        with self._keeping:
            # Whoever began before the rows were cleared away needs to be told that they are gone.
            if self._seen:
                return
        self.writing.command(f"DELETE FROM {tables.GONE} WHERE {theirs}")

    def copy_to(self, path: Path) -> None:
        from journeyserver.engine.backends import duckdb as other
        from journeyserver.engine.moving import copy

        target = other.open_backend(path)
        try:
            with self.reading() as state, told(self.place):
                client = self.connect()
                try:
                    copy(self, ClickCursor(self, client, state), target)
                finally:
                    client.close()
        finally:
            target.close()

    def size(self) -> int:
        with self._asking, told(self.place):
            asked = (
                "SELECT coalesce(sum(bytes_on_disk), 0) FROM system.parts WHERE database = currentDatabase()"
            )
            return int(self._aside.command(asked))

    def close(self) -> None:
        with self._turns, self._keeping:
            self._closed = True
            if self._passing:
                self.writing.command(f"DROP DATABASE IF EXISTS {self._passing} SYNC")
            for client in (*self._idle, self._aside, self.writing):
                client.close()
            self._idle.clear()
            self._writer.close()
            close_desk(self._desk)


def open_backend(place: str) -> ClickBackend:
    """Opens the warehouse at this address, making it where there is none.

    Raises Busy when another process owns it, WarehouseError where it cannot be used.
    """
    try:
        import clickhouse_connect
    except ImportError:
        raise WarehouseError(
            "ClickHouse needs its client, which is not installed. "
            'Install it with: .venv/bin/uv pip install "clickhouse-connect>=1.12,<2"'
        ) from None
    shown, target, database = _target(place)
    options: dict[str, Any] = {"settings": dict(SETTINGS)}

    def connect(name: str = database) -> Any:
        return clickhouse_connect.get_client(**target, database=name, **options)

    with told(shown):
        first = connect("default")
        first.command(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        found: dict[str, set[str]] = {}
        asked = f"SELECT table, name FROM system.columns WHERE database = '{database}'"
        for table, name in first.query(asked).result_rows:
            found.setdefault(table, set()).add(name)
        _check(shown, found)
        making = connect()
        try:
            _make(making, found)
        finally:
            making.close()
        backend = ClickBackend(connect, shown, database if shown == "chdb:" else "")
        first.close()
        return backend


def _check(place: str, found: Mapping[str, set[str]]) -> None:
    """Raises WarehouseError for a database that belongs to something else."""
    if found and tables.COMMITS not in found:
        raise WarehouseError(f"{place} is not a warehouse of the Journey server and was left as it is.")


def _make(client: Any, found: Mapping[str, set[str]]) -> None:
    """Makes the tables, or what of them an older warehouse lacks. Raises WarehouseError for one of a newer version."""
    if tables.COMMITS in found:
        kept = client.query(f"SELECT value FROM {rows_of('settings')} WHERE name = 'schema'").result_rows
        if kept and int(kept[0][0]) > SCHEMA_VERSION:
            raise WarehouseError(
                "This warehouse was made by a newer version of the Journey server. Install that version to use it."
            )
    for statement in tables.statements(found):
        client.command(statement)
    if tables.COMMITS not in found:
        client.command(
            f"INSERT INTO {rows_of('settings')} (name, value, row) VALUES ('schema', '{SCHEMA_VERSION}', 0)"
        )


def _target(place: str) -> tuple[str, dict[str, Any], str]:
    """An address as a person may see it (without a password), what the client asks for, and the database."""
    scheme, _, rest = place.partition(":")
    if scheme == "chdb":
        if not rest:
            return "chdb:", {"interface": "chdb", "path": ":memory:"}, f"journeys_{next(_memories)}"
        return place, {"interface": "chdb", "path": rest}, "journeys"
    misread = WarehouseError(
        "The address of a ClickHouse must look like clickhouse://user:password@host:8123/database, or chdb:/path/to/a/folder."
    )
    try:
        parts = urlsplit(place)
        port = parts.port
    except ValueError:
        raise misread from None
    database = unquote(parts.path.strip("/")) or "journeys"
    if (
        scheme not in ("clickhouse", "clickhouses")
        or not parts.hostname
        or not re.fullmatch(r"\w+", database)
    ):
        raise misread
    secure = scheme == "clickhouses"
    target = {
        "interface": "https" if secure else "http",
        "host": parts.hostname,
        "port": port or (8443 if secure else 8123),
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
    }
    return f"{scheme}://{parts.hostname}:{target['port']}/{database}", target, database
