"""ClickHouse: a server spoken to over HTTP, or the same engine in this process (chdb), one writer and any number of readers.

    clickhouse://user:password@host:8123/database     clickhouses://… over TLS
    chdb:/path/to/a/folder                             in this process; `chdb:` alone keeps all in memory, for tests

What is written is worked out on a desk of its own, a DuckDB in memory, and carried over (base.Writer). How a transaction
comes about where the engine has none: clickhouse_tables.py.
"""

import itertools
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import duckdb
import numpy
import pyarrow

from journeyserver.engine.backends import clickhouse_tables as tables
from journeyserver.engine.backends.base import Busy, QueryStopped, Sample, WarehouseError, Words
from journeyserver.engine.backends.clickhouse_tables import ROWS_BITS, Prepared, State, rows_of
from journeyserver.engine.backends.clickhouse_words import SETTINGS, ClickWords
from journeyserver.engine.backends.duckdb import close_desk, desk_of, open_desk
from journeyserver.engine.backends.turns import Turns

log = logging.getLogger("journeyserver.clickhouse")

# Grows when an older warehouse needs more than new tables and new, empty columns, which are added by themselves.
SCHEMA_VERSION = 1
# How many readers' connections are kept for the next question.
_IDLE = 16
# Rows that are gone are cleared away once a table has so many of them.
_MANY_GONE = 20_000
# Rows that are carried over at once.
_PIECE = 200_000
_CANCELLED = "(QUERY_WAS_CANCELLED)"
# Types of what the desk lends the warehouse.
_LENT = {
    "VARCHAR": "Nullable(String)",
    "UUID": "Nullable(UUID)",
    "TIMESTAMP": "Nullable(DateTime64(6, 'UTC'))",
    "BIGINT": "Nullable(Int64)",
    "INTEGER": "Nullable(Int64)",
    "DOUBLE": "Nullable(Float64)",
    "BOOLEAN": "Nullable(Bool)",
    "VARCHAR[]": "Array(String)",
    "UUID[]": "Array(UUID)",
}
_memories = itertools.count(1)

Connect = (
    Any  # a function that gives a new client of clickhouse-connect, which has no types for both of its kinds
)


def _sentence(error: Exception, place: str) -> WarehouseError:
    if isinstance(error, WarehouseError):
        return error
    text = " ".join(str(error).split())[:400]
    if _CANCELLED in text:
        return QueryStopped("The query was stopped.")
    if "Cannot lock file" in text or "already running" in text:
        return Busy(f"{place} is in use by another process, which owns it. Stop it, or work through it.")
    return WarehouseError(f"The warehouse {place} answered: {text}")


@contextmanager
def _told(place: str) -> Iterator[None]:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        yield
    except (ClickHouseError, duckdb.Error) as error:
        raise _sentence(error, place) from error


def _plain(table: Any) -> Any:
    """An Arrow table as DuckDB would give it: times without a zone, whole numbers with a sign."""
    for number, field in enumerate(table.schema):
        if (pyarrow.types.is_timestamp(field.type) and field.type.tz) or pyarrow.types.is_date(field.type):
            plain = table.column(number).cast(pyarrow.timestamp("us"))
        elif pyarrow.types.is_unsigned_integer(field.type):
            plain = table.column(number).cast(pyarrow.int64())
        else:
            continue
        table = table.set_column(number, field.name, plain)
    return table


def _columns(table: Any) -> dict[str, list[Any]]:
    """Plain Python values by column; ids as text."""
    found: dict[str, list[Any]] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        values = column.to_pylist()
        if "uuid" in str(field.type):
            values = [_id_text(value) for value in values]
        found[field.name] = values
    return found


def _id_text(value: Any) -> Any:
    if isinstance(value, list):
        return [str(part) for part in value]
    return value if value is None else str(value)


class ClickCursor:
    """A reader of its own connection. Each statement sees the last transaction that was true when it began."""

    def __init__(self, backend: "ClickBackend", client: Any, state: State | None = None) -> None:
        """With a `state`, all statements see that one; whoever gives it keeps it (ClickBackend.reading)."""
        self._backend = backend
        self._client = client
        self._state = state
        self._spoiled = False
        self._mark = f"/* journeyserver {uuid4()} */ "

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> dict[str, list[Any]]:
        return _columns(self.table(sql, parameters))

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        with self._asking(sql, parameters) as made:
            return _plain(self._client.query_arrow(self._mark + made.sql, made.parameters))

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        with (
            self._asking(sql, parameters) as made,
            self._client.query_arrow_stream(self._mark + made.sql, made.parameters) as stream,
        ):
            for batch in stream:
                if batch.num_rows:
                    yield _plain(pyarrow.Table.from_batches([batch]))

    @contextmanager
    def _asking(self, sql: str, parameters: Sequence[Any]) -> Iterator[Prepared]:
        if self._spoiled:
            self._client.close()
            self._client, self._spoiled = self._backend.connect(), False
        with self._backend.reading() as state, _told(self._backend.place):
            try:
                yield tables.prepare(sql, parameters, self._state or state)
            except BaseException:
                # After a query that was stopped, chdb answers the next one of the same connection with nothing.
                self._spoiled = True
                raise

    def cancel(self) -> None:
        try:
            self._backend.ask_aside(f"KILL QUERY WHERE startsWith(query, '{self._mark.strip()}')")
        except WarehouseError as error:
            log.warning("A query could not be stopped: %s", error)

    def close(self) -> None:
        if self._spoiled:
            self._client.close()
        else:
            self._backend.keep(self._client)


_INSERT = re.compile(
    r"\s*INSERT\s+INTO\s+(?P<table>\w+)\s*(?:\((?P<columns>[^)]*)\))?\s*VALUES\s*\((?P<values>.*)\)\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DELETE = re.compile(
    r"\s*DELETE\s+FROM\s+(?P<table>\w+)(?:\s+WHERE\s+(?P<where>.*))?$", re.IGNORECASE | re.DOTALL
)
_UPDATE = re.compile(
    r"\s*UPDATE\s+(?P<table>\w+)\s+SET\s+(?P<sets>.*?)\s+WHERE\s+(?P<where>.*)$", re.IGNORECASE | re.DOTALL
)


class Answer:
    """What `execute` gives back."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows


class ClickWriter:
    """The writer inside its transaction, number `number`: it sees its own rows, which are true for nobody else yet."""

    def __init__(self, backend: "ClickBackend", desk: duckdb.DuckDBPyConnection, number: int) -> None:
        self.desk = desk
        self.words: Words = ClickWords()
        self.number = number
        self.touched: set[str] = set()
        self.thinned: set[str] = set()
        self._backend = backend
        self._next = number << ROWS_BITS
        self._gone: dict[str, int] = {}

    @property
    def _state(self) -> State:
        return State(self.number, self._backend.void, self._backend.thinned | self.thinned)

    def _ask(self, sql: str, parameters: Sequence[Any], others: Mapping[str, str] | None = None) -> Any:
        made = tables.prepare(sql, parameters, self._state, others)
        with _told(self._backend.place):
            return _plain(self._backend.writing.query_arrow(made.sql, made.parameters))

    def collect(self, into: str, sql: str, parameters: Sequence[Any] = (), keys: Sequence[str] = ()) -> None:
        found = self._ask(sql, parameters, {name: self._lend(name, sql) for name in keys})
        self.desk.register("collected", found)
        self.desk.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT * FROM collected")
        self.desk.unregister("collected")

    def _lend(self, name: str, sql: str) -> str:
        """Shows a table of the desk to the warehouse, with the columns that the statement may read; a SELECT of it."""
        words = set(re.findall(r"\w+", sql))
        found = self.desk.execute(f"SELECT column_name FROM (DESCRIBE {name})").fetchall()
        shown = [column for (column,) in found if column in words]
        return self._lay_out(f"desk_{name}", f"SELECT {', '.join(shown)} FROM {name}")

    def _lay_out(self, name: str, sql: str) -> str:
        """Makes a table in memory of what this SELECT on the desk yields; a SELECT of that."""
        relation: Any = self.desk.sql(sql)
        types = ", ".join(
            f"{name} {_LENT[str(type_)]}"
            for name, type_ in zip(relation.columns, relation.types, strict=True)
        )
        table = relation.to_arrow_table()
        with _told(self._backend.place):
            client = self._backend.writing
            client.command(f"CREATE OR REPLACE TABLE {name} ({types}) ENGINE = Memory")
            if table.num_rows:
                client.insert_arrow(name, table)
        return f"SELECT {', '.join(table.column_names)} FROM {name}"

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._ask(sql, parameters).to_pylist()
        return rows

    @contextmanager
    def as_written(self) -> Iterator[None]:
        self.desk.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self.desk.execute("RESET disabled_optimizers")

    def append(self, table: str, sql: str) -> int:
        added = 0
        reader: Any = self.desk.sql(sql).to_arrow_reader(_PIECE)
        try:
            for batch in reader:
                if batch.num_rows:
                    self.add(table, pyarrow.Table.from_batches([batch]))
                    added += batch.num_rows
        finally:
            # An answer that is not read to its end keeps the desk from rolling back.
            reader.close()
        return added

    def add(self, table: str, written: Any) -> None:
        self.touched.add(table)
        numbers = pyarrow.array(numpy.arange(self._next, self._next + written.num_rows, dtype=numpy.uint64))
        self._next += written.num_rows
        with _told(self._backend.place):
            self._backend.writing.insert_arrow(rows_of(table), written.append_column("row", numbers))

    def replace(self, table: str, key: str, columns: Sequence[str], rows: Any) -> None:
        source = rows if isinstance(rows, str) else "replaced_rows"
        if source is not rows:
            self.desk.register(source, rows)
        types = {column.name: column.type for column in tables.TABLE[table].columns}
        # What comes from memory has ids as text.
        shown = ", ".join(
            f"CAST({name} AS UUID) AS {name}" if types[name] == "uuid" else name for name in (key, *columns)
        )
        select = self._lay_out("desk_replaced", f"SELECT {shown} FROM {source}")
        if source is not rows:
            self.desk.unregister(source)
        shown = ", ".join(
            f"{'new' if name in columns else 'old'}.{name} AS {name}" for name in tables.COLUMNS[table]
        )
        self._renew(
            table,
            f"SELECT {shown} FROM visible AS old JOIN replaced AS new ON old.{key} = new.{key}",
            f"{key} IN (SELECT {key} FROM replaced)",
            [],
            {"replaced": select},
        )

    def _renew(
        self, table: str, select: str, condition: str, parameters: Sequence[Any], others: Mapping[str, str]
    ) -> None:
        """Writes anew, from `visible`, the rows of a table for which the condition holds, and removes the old ones."""
        before = self._next
        state = self._state
        source = {"visible": state.table(table), **others}
        names = ", ".join(tables.COLUMNS[table])
        made = tables.prepare(
            f"SELECT *, toUInt64({before} + rowNumberInAllBlocks()) AS row FROM ({select}) AS renewed",
            parameters,
            state,
            source,
        )
        self.touched.add(table)
        self._write(f"INSERT INTO {rows_of(table)} ({names}, row) {made.sql}", made.parameters)
        places = condition.count("?")
        removed = self._remove(
            table, f"row < {before} AND {condition}", parameters[len(parameters) - places :], state, others
        )
        self._next += removed

    def _remove(
        self,
        table: str,
        condition: str,
        parameters: Sequence[Any],
        state: State,
        others: Mapping[str, str] | None = None,
    ) -> int:
        """Notes that the rows for which this holds are gone; how many they are."""
        made = tables.prepare(
            f"SELECT '{table}', row, {self.number} FROM numbered AS {table} WHERE {condition}",
            parameters,
            state,
            {"numbered": state.table(table, numbered=True), **(others or {})},
        )
        self.touched.add(tables.GONE)
        self._write(f"INSERT INTO {tables.GONE} (of, row, number) {made.sql}", made.parameters)
        with _told(self._backend.place):
            asked = f"SELECT count() FROM {tables.GONE} WHERE of = '{table}' AND number = {self.number}"
            after = int(self._backend.writing.command(asked))
        removed = after - self._gone.get(table, 0)
        self._gone[table] = after
        if after:
            self.thinned.add(table)
        return removed

    def _write(self, sql: str, parameters: dict[str, Any]) -> None:
        with _told(self._backend.place):
            self._backend.writing.command(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Answer:
        if found := _INSERT.match(sql):
            return self._insert(found, parameters)
        if found := _DELETE.match(sql):
            self._remove(found["table"], f"({found['where'] or 'true'})", parameters, self._state)
            return Answer([])
        if found := _UPDATE.match(sql):
            return self._update(found, parameters)
        table = self._ask(sql, parameters)
        return Answer(list(zip(*(column.to_pylist() for column in table.columns), strict=True)))

    def _insert(self, found: re.Match[str], parameters: Sequence[Any]) -> Answer:
        table = found["table"]
        columns = found["columns"] or ", ".join(tables.COLUMNS[table])
        made = tables.bind(f"SELECT {found['values']}, toUInt64({self._next})", parameters)
        self._next += 1
        self.touched.add(table)
        self._write(f"INSERT INTO {rows_of(table)} ({columns}, row) {made.sql}", made.parameters)
        return Answer([(1,)])

    def _update(self, found: re.Match[str], parameters: Sequence[Any]) -> Answer:
        sets = dict(part.split("=", 1) for part in found["sets"].split(","))
        new = {name.strip(): value.strip() for name, value in sets.items()}
        table = found["table"]
        shown = ", ".join(f"{new.get(name, name)} AS {name}" for name in tables.COLUMNS[table])
        # Places come in the order of the statement, and columns in the order of the table.
        in_order = [name for name in tables.COLUMNS[table] if "?" in new.get(name, "")]
        given = dict(zip([name for name, value in new.items() if "?" in value], parameters, strict=False))
        values = [*(given[name] for name in in_order), *parameters[len(given) :]]
        self._renew(
            table, f"SELECT {shown} FROM visible WHERE {found['where']}", f"({found['where']})", values, {}
        )
        return Answer([])


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
        with _told(place):
            self._take_over()
            self._settle()

    # Reading

    def cursor(self) -> ClickCursor:
        with self._keeping:
            idle = self._idle.pop() if self._idle else None
        with _told(self.place):
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
        with self._asking, _told(self.place):
            self._aside.command(sql)

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[ClickWriter]:
        with self._turns, _told(self.place):
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
        with self._turns, _told(self.place):
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

    def reading_desk(self) -> Any:
        connection = self._desk.cursor()
        connection.execute("ATTACH IF NOT EXISTS ':memory:' AS staging")
        return connection

    def copy_to(self, path: Path) -> None:
        from journeyserver.engine.backends import duckdb as other
        from journeyserver.engine.moving import copy

        target = other.open_backend(path)
        try:
            with self.reading() as state, _told(self.place):
                client = self.connect()
                try:
                    copy(self, ClickCursor(self, client, state), target)
                finally:
                    client.close()
        finally:
            target.close()

    def size(self) -> int:
        with self._asking, _told(self.place):
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
            "ClickHouse needs the package clickhouse-connect: pip install 'journeyadmin[clickhouse]'."
        ) from None
    shown, target, database = _target(place)
    options: dict[str, Any] = {"settings": dict(SETTINGS)}

    def connect(name: str = database) -> Any:
        return clickhouse_connect.get_client(**target, database=name, **options)

    with _told(shown):
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
    parts = urlsplit(place)
    try:
        port = parts.port
    except ValueError:
        port = None
    database = unquote(parts.path.strip("/")) or "journeys"
    if (
        scheme not in ("clickhouse", "clickhouses")
        or not parts.hostname
        or not re.fullmatch(r"\w+", database)
    ):
        raise WarehouseError(
            "The address of a ClickHouse must look like clickhouse://user:password@host:8123/database, or chdb:/path/to/a/folder."
        )
    secure = scheme == "clickhouses"
    target = {
        "interface": "https" if secure else "http",
        "host": parts.hostname,
        "port": port or (8443 if secure else 8123),
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
    }
    return f"{scheme}://{parts.hostname}:{target['port']}/{database}", target, database
