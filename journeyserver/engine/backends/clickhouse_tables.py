"""How the warehouse's tables lie in ClickHouse, and how a statement is made to see one state of all of them.

ClickHouse commits each insert by itself. So a row carries the number of the transaction that wrote it (above 32 bits of its
own), rows are never changed but written anew, and what is gone is named in the table `gone`, with the transaction that
removed it. One row in `commits` then makes a transaction true, and a statement reads what was true at the last one
(docs/decisions/0023-transactions-on-clickhouse.md).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from journeyserver.engine.backends.clickhouse_words import TYPES
from journeyserver.engine.columns import TABLES, Table

# A row's number: that of its transaction, and one of its own below.
ROWS_BITS = 32
_ROW = "row UInt64 CODEC(DoubleDelta, ZSTD(1))"
# What a table is ordered by, and which columns beside those are never missing.
_ORDER: Mapping[str, tuple[str, ...]] = {
    "events": ("ts",),
    "sessions": ("started",),
    "facts": ("kind", "ts"),
    "assignments": ("customer_id",),
    "actions": ("action_id",),
    "session_hours": ("ts",),
    "fact_hours": ("ts",),
    "settings": ("name",),
}
_NEVER_MISSING: Mapping[str, tuple[str, ...]] = {
    "events": ("event_id", "seq", "session_id", "customer_id"),
    "sessions": ("session_id", "customer_id"),
}
# Columns by which single rows are found in tables that are in another order.
_FOUND_BY: Mapping[str, tuple[str, ...]] = {
    "events": ("session_id", "customer_id", "event_id"),
    "sessions": ("session_id", "customer_id"),
}
# Few different texts, but for these.
_MANY = ("journey_customer_id",)
_DURABLE = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8192"

TABLE: Mapping[str, Table] = {table.name: table for table in TABLES}
NAMES = tuple(TABLE)
COLUMNS: Mapping[str, tuple[str, ...]] = {name: table.names for name, table in TABLE.items()}
# Beside the tables of rows: transactions that are true, rows that are gone, and who owns the warehouse.
GONE, COMMITS, OWNERS = "gone_rows", "commits", "owners"


def rows_of(table: str) -> str:
    """The table in which the rows of one of the warehouse's tables lie."""
    return f"{table}_rows"


def statements(found: Mapping[str, set[str]]) -> list[str]:
    """What makes an empty database a warehouse, and adds to an older one what it lacks: `found` is its columns by table."""
    made = []
    for table in TABLES:
        order = ", ".join(_ORDER.get(table.name, ())) or "tuple()"
        columns = [f"{name} {_type(table, name)}" for name in table.names]
        indexes = [
            f"INDEX by_{name} {name} TYPE bloom_filter(0.01) GRANULARITY 1"
            for name in _FOUND_BY.get(table.name, ())
        ]
        rows = rows_of(table.name)
        if rows not in found:
            made.append(
                f"CREATE TABLE {rows} ({', '.join([*columns, _ROW, *indexes])}) ENGINE = MergeTree ORDER BY ({order}) {_DURABLE}"
            )
            continue
        made += [
            f"ALTER TABLE {rows} ADD COLUMN IF NOT EXISTS {name} {_type(table, name)}"
            for name in table.names
            if name not in found[rows]
        ]
    made.append(
        f"CREATE TABLE IF NOT EXISTS {GONE} (of LowCardinality(String), row UInt64, number UInt64) "
        f"ENGINE = MergeTree ORDER BY (of, row) {_DURABLE}"
    )
    # Of all numbers the greatest is kept.
    made.append(
        f"CREATE TABLE IF NOT EXISTS {COMMITS} (number UInt64) ENGINE = ReplacingMergeTree(number) ORDER BY tuple() {_DURABLE}"
    )
    made.append(
        f"CREATE TABLE IF NOT EXISTS {OWNERS} (owner UUID, since DateTime64(6, 'UTC'), void UInt64) "
        f"ENGINE = MergeTree ORDER BY since {_DURABLE}"
    )
    return made


def _type(table: Table, name: str) -> str:
    (type_,) = (column.type for column in table.columns if column.name == name)
    made = TYPES[type_]
    if name in (*_ORDER.get(table.name, ()), *_NEVER_MISSING.get(table.name, ())):
        return made.removeprefix("Nullable(").removesuffix(")") if made.startswith("Nullable") else made
    if table.name in ("facts", "session_hours") and type_ == "text" and name not in _MANY:
        return f"LowCardinality({made})"
    return made


@dataclass(frozen=True)
class State:
    """What a statement sees: everything up to transaction `number` but `void`, which is nobody's; `thinned` are the tables of
    which rows are gone."""

    number: int
    void: int
    thinned: frozenset[str]

    def table(self, name: str, *, numbered: bool = False) -> str:
        """A SELECT of the table's rows as they are in this state, on demand with their numbers."""
        shown = (*COLUMNS[name], "row") if numbered else COLUMNS[name]
        condition = f"row < {(self.number + 1) << ROWS_BITS}"
        if self.void < self.number:
            condition += f" AND bitShiftRight(row, {ROWS_BITS}) != {self.void}"
        if name in self.thinned:
            condition += f" AND row NOT IN (SELECT row FROM {GONE} WHERE of = '{name}' AND number <= {self.number} AND number != {self.void})"
        return f"SELECT {', '.join(shown)} FROM {rows_of(name)} WHERE {condition}"


@dataclass(frozen=True)
class Prepared:
    """A statement in ClickHouse's words, with its parameters by name."""

    sql: str
    parameters: dict[str, Any]


_TOKEN = re.compile(r"TIMESTAMP\s+'(?P<time>[^']*)'|'(?:[^'\\]|\\.|'')*'|(?P<place>\?)")
_WORD = re.compile(r"[a-z_]\w*")
_WITH = re.compile(r"\s*WITH\s+", re.IGNORECASE)


def prepare(
    sql: str, parameters: Sequence[Any], state: State, others: Mapping[str, str] | None = None
) -> Prepared:
    """A SELECT over the warehouse's tables as they are in this state, and over `others`: name → SELECT.

    Tables are put in front as common table expressions, so that every part of the statement sees the same state.
    """
    made = bind(sql, parameters)
    words = set(_WORD.findall(made.sql))
    tables = [
        f"{name} AS ({state.table(name)})" for name in NAMES if name in words and name not in (others or {})
    ]
    tables += [f"{name} AS ({select})" for name, select in (others or {}).items() if name in words]
    if not tables:
        return made
    rest = _WITH.sub("", made.sql, count=1) if _WITH.match(made.sql) else None
    text = f"WITH {', '.join(tables)}{f', {rest}' if rest else f' {made.sql}'}"
    return Prepared(text, made.parameters)


def bind(sql: str, parameters: Sequence[Any]) -> Prepared:
    """Turns `?` into ClickHouse's places, which name a type, and TIMESTAMP '…', which it reads to the second only."""
    left = list(parameters)
    given: dict[str, Any] = {}

    def replaced(found: re.Match[str]) -> str:
        if found["time"] is not None:
            return f"toDateTime64('{found['time']}', 6, 'UTC')"
        if found["place"] is None:
            return found[0]
        name = f"p{len(given)}"
        type_, given[name] = _typed(left[len(given)])
        return f"{{{name}:{type_}}}"

    return Prepared(_TOKEN.sub(replaced, sql), given)


def _typed(value: Any) -> tuple[str, Any]:
    if value is None:
        return "Nullable(String)", None
    if isinstance(value, bool):
        return "Bool", value
    if isinstance(value, int):
        return "Int64", value
    if isinstance(value, float):
        return "Float64", repr(value)
    if isinstance(value, UUID):
        return "UUID", str(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return "DateTime64(6, 'UTC')", moment.isoformat(sep=" ")
    if isinstance(value, dict):
        return "Map(String, Nullable(String))", value
    if isinstance(value, list | tuple):
        return "Array(String)", [str(part) for part in value]
    return "String", str(value)
