"""Writing ClickHouse: what was worked out on the desk becomes new rows, and names of rows that are gone."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import duckdb
import numpy
import pyarrow

from journeyserver.engine.backends import clickhouse_tables as tables
from journeyserver.engine.backends.base import Words
from journeyserver.engine.backends.clickhouse_cursor import plain, told
from journeyserver.engine.backends.clickhouse_tables import ROWS_BITS, State, rows_of
from journeyserver.engine.backends.clickhouse_words import ClickWords
from journeyserver.engine.backends.duckdb import joined_as_written

if TYPE_CHECKING:
    from journeyserver.engine.backends.clickhouse import ClickBackend

# Rows that are carried over at once.
_PIECE = 200_000
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
        with told(self._backend.place):
            return plain(self._backend.writing.query_arrow(made.sql, made.parameters))

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
        with told(self._backend.place):
            client = self._backend.writing
            client.command(f"CREATE OR REPLACE TABLE {name} ({types}) ENGINE = Memory")
            if table.num_rows:
                client.insert_arrow(name, table)
        return f"SELECT {', '.join(table.column_names)} FROM {name}"

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._ask(sql, parameters).to_pylist()
        return rows

    def as_written(self) -> AbstractContextManager[None]:
        return joined_as_written(self.desk)

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
        with told(self._backend.place):
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
        with told(self._backend.place):
            asked = f"SELECT count() FROM {tables.GONE} WHERE of = '{table}' AND number = {self.number}"
            after = int(self._backend.writing.command(asked))
        removed = after - self._gone.get(table, 0)
        self._gone[table] = after
        if after:
            self.thinned.add(table)
        return removed

    def _write(self, sql: str, parameters: dict[str, Any]) -> None:
        with told(self._backend.place):
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
