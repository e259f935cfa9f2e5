"""Incoming events made ready: on the desk, what is derived worked out, and what was there before left out.

Leaves the desk's tables `incoming` (the rows as they came), `customers` (each customer of them with a number) and `fresh`:
the new events in the few columns that placing them needs, and which patterns they count for, each known by its `row` in
`incoming`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy
import pyarrow

from journeyadmin.contract.criteria import CONTEXT_KEYS
from journeyserver.engine.backends.base import Writer
from journeyserver.engine.backends.duckdb_words import TYPES
from journeyserver.engine.columns import CONTEXT_COLUMNS, Column
from journeyserver.ingest import derive, maps, meets
from journeyserver.ingest.assign import NONE, Definitions
from journeyserver.ingest.identity import event_id_sql
from journeyserver.ingest.incoming import COLUMNS, SCHEMAS, Batch, Kind, Laid, Refused

# How many refused rows of a batch are kept with their text.
SHOWN = 100
_SLICE = 30_720

CAMPAIGN_COLUMNS = tuple(CONTEXT_COLUMNS[name] for name in CONTEXT_KEYS if name.startswith("mktCampaign."))


@dataclass(frozen=True)
class Source:
    """Where rows come from, for telling repeats: an import's id and the first seq it may have given, or live events
    (`import_id` None), each of which is taken once however often it is sent."""

    import_id: UUID | None = None
    first_seq: int = 0
    shift: int = 0


@dataclass(frozen=True)
class Staged:
    """How many rows are new and how many were there before, and why others cannot be taken in."""

    added: int
    repeated: int
    refused: tuple[Refused, ...]
    refused_more: int


def lay_out(writer: Writer, batch: Batch, shift: int = 0, definitions: Definitions = NONE) -> int:
    """Shows a batch to the desk as `incoming`: every column of its kind, those of the patterns that its events may count for,
    and `row`, which counts from 0. How many rows.

    Nothing is copied: the rows stay where they are until those that are new are written.
    """
    laid = batch.rows if isinstance(batch.rows, Laid) else made_ready(batch.kind, batch.rows)
    table, found = laid.table, dict(laid.columns)
    for name, column in meets.found(writer.desk, laid, definitions).items():
        table, found[name] = table.append_column(name, column), name
    # Rows of one time keep the order in which they came.
    found["number"] = f"coalesce({found.get('number', 'NULL')}, row + 1)"
    if shift:
        found["ts"] = f"ts + to_seconds({int(shift)})"
    empty = {column.name: f"NULL::{TYPES[column.type]}" for column in COLUMNS[batch.kind]}
    columns = ", ".join(f"{sql} AS {name}" for name, sql in (empty | found).items())
    writer.desk.register("arrived", table)
    writer.desk.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {columns}, row FROM arrived")
    return int(table.num_rows)


def made_ready(kind: Kind, rows: Any) -> Laid:
    """The rows with those columns of their kind that are not empty, and with what is derived from them."""
    count = 0 if rows is None else rows.num_rows
    columns = {}
    for field in SCHEMAS[kind]:
        if count and field.name in rows.column_names and rows.column(field.name).null_count < count:
            column = rows.column(field.name)
            columns[field.name] = column if _is_lean(column.type, field.type) else column.cast(field.type)
    table = pyarrow.table({**columns, "row": pyarrow.array(numpy.arange(count))})
    if kind == "events":
        table = derive.filled(table)
    found = {name: name for name in table.column_names if name != "row"}
    fields = {}
    for name in columns:
        if pyarrow.types.is_struct(table.column(name).type):
            table, found[name], fields[name] = maps.taken_apart(table, name)
    # In slices for several threads.
    slices = pyarrow.Table.from_batches(table.to_batches(max_chunksize=_SLICE), table.schema)
    return Laid(slices, found, fields)


def _is_lean(type_: Any, wanted: Any) -> bool:
    """Whether this is the type wanted, or a way of writing it down that takes less."""
    if pyarrow.types.is_dictionary(type_):
        return bool(type_.value_type == wanted)
    return bool(type_ == wanted or (pyarrow.types.is_struct(type_) and pyarrow.types.is_map(wanted)))


def clear_away(desk: Any) -> None:
    """Drops what a batch left on the desk: tables as large as the batch itself, and the batch."""
    desk.unregister("arrived")
    left = desk.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    for (name,) in left:
        desk.execute(f'DROP TABLE temp."{name}"')


def text(column: str) -> str:
    """SQL of a text of the row `i` of `incoming`; an empty one is none."""
    return f"nullif(i.{column}, '')"


_COLUMNS = {column.name: column for column in COLUMNS["events"]}
_DEFAULTS = {
    "stream": "CASE WHEN i.stream = 'App' THEN 'App' ELSE 'Web' END",
    "customer_id_type": "coalesce(nullif(i.customer_id_type, ''), 'cookie')",
    "authenticated": "coalesce(i.authenticated, false)",
}


def values(names: Iterable[str]) -> str:
    """SQL of these columns of an event, the row `i` of `incoming`, as they are kept."""
    return ", ".join(f"{_value(_COLUMNS[name])} AS {name}" for name in names)


def _value(column: Column) -> str:
    if column.name in _DEFAULTS:
        return _DEFAULTS[column.name]
    return text(column.name) if column.type == "text" else f"i.{column.name}"


_RIGHT = (
    "i.ts IS NOT NULL AND i.customer_id <> '' AND i.event_name <> '' "
    "AND (i.stream IS NULL OR i.stream IN ('Web', 'App', ''))"
)
_WRONG = f"""
SELECT number, CASE
    WHEN ts IS NULL THEN 'The time is missing or cannot be read.'
    WHEN nullif(customer_id, '') IS NULL THEN 'There is no customer id.'
    WHEN nullif(event_name, '') IS NULL THEN 'There is no event name.'
    ELSE 'The stream is neither Web nor App.' END AS reason,
  left(concat_ws(' ', ts, event_name, page_url), 120) AS sample
FROM incoming AS i WHERE ({_RIGHT}) IS NOT TRUE ORDER BY number
"""
_SUMMARY = f"SELECT min(ts), max(ts), count(*) FILTER (WHERE ({_RIGHT}) IS NOT TRUE) FROM incoming AS i"
_CUSTOMERS = f"""
CREATE OR REPLACE TEMP TABLE customers AS
SELECT customer_id, row_number() OVER () AS customer
FROM (SELECT DISTINCT customer_id FROM incoming AS i WHERE {_RIGHT})
"""


def events(writer: Writer, batch: Batch, source: Source, definitions: Definitions) -> Staged:
    """Lays a batch of events out and finds the new ones among them, and for which patterns they count."""
    desk = writer.desk
    arrived = lay_out(writer, batch, source.shift, definitions)
    first, last, wrong = desk.execute(_SUMMARY).fetchall()[0]
    refused = desk.execute(_WRONG).fetchall() if wrong else []
    new = 0
    if arrived > wrong:
        desk.execute(_CUSTOMERS)
        new = _find_fresh(writer, source, (first, last), [row.meets for row in definitions.patterns])
    return Staged(
        new,
        arrived - wrong - new,
        tuple(Refused(*row) for row in refused[:SHOWN]),
        max(0, wrong - SHOWN),
    )


# Which of several equal ones in its file a row is: those before it in this batch, those that this import added before,
# and those it has met before. It is new where the warehouse holds no more than that.
_NUMBERED = f"""
WITH stored AS (
  SELECT customer_id, ts, event_name, page_url, count(*) AS held, count(*) FILTER (WHERE seq >= $first_seq) AS own
  FROM copies GROUP BY ALL
), met AS (
  SELECT customer_id, ts, event_name, page_url, sum(copies) AS met FROM met_before GROUP BY ALL
), numbered AS (
  SELECT i.row AS row,
         row_number() OVER (PARTITION BY i.customer_id, i.ts, i.event_name, nullif(i.page_url, '') ORDER BY i.number) - 1
           + coalesce(own, 0) + coalesce(met, 0) AS copy,
         coalesce(held, 0) AS held
  FROM incoming AS i
  LEFT JOIN stored AS s ON i.customer_id = s.customer_id AND i.ts = s.ts AND i.event_name = s.event_name
       AND nullif(i.page_url, '') IS NOT DISTINCT FROM s.page_url
  LEFT JOIN met AS m ON i.customer_id = m.customer_id AND i.ts = m.ts AND i.event_name = m.event_name
       AND nullif(i.page_url, '') IS NOT DISTINCT FROM m.page_url
  WHERE {_RIGHT}
)
SELECT row, copy FROM numbered WHERE copy >= held AND (NOT $once OR copy = 0)
"""
# Where no row equals another one, here or there, all are first copies.
_DOUBLES = f"""
SELECT count(*) - count(DISTINCT hash(customer_id, ts, event_name, nullif(page_url, ''))) FROM incoming AS i WHERE {_RIGHT}
"""


def _find_fresh(
    writer: Writer, source: Source, between: tuple[datetime, datetime], kept: Sequence[str]
) -> int:
    desk = writer.desk
    live = source.import_id is None
    writer.collect(
        "copies",
        "SELECT customer_id, ts, event_name, page_url, seq FROM events "
        "WHERE ts BETWEEN ? AND ? AND customer_id IN (SELECT customer_id FROM customers)",
        between,
        keys=("customers",),
    )
    writer.collect(
        "met_before",
        "SELECT customer_id, ts, event_name, page_url, copies FROM repeats WHERE import_id = ?",
        (source.import_id or UUID(int=0),),
    )
    known = desk.execute(
        f"SELECT (SELECT count(*) FROM copies) + (SELECT count(*) FROM met_before) + ({_DOUBLES})"
    ).fetchall()[0][0]
    if known:
        desk.execute(
            f"CREATE OR REPLACE TEMP TABLE firsts AS {_NUMBERED}",
            {"first_seq": source.first_seq, "once": live},
        )
    with writer.as_written():
        desk.execute(_fresh(bool(known), kept))
    (new,) = desk.execute("SELECT count(*) FROM fresh").fetchall()[0]
    if known and not live:
        writer.append(
            "repeats",
            f"SELECT '{source.import_id}'::UUID AS import_id, customer_id, ts, event_name, nullif(page_url, '') AS page_url, "
            f"count(*) AS copies FROM incoming AS i ANTI JOIN fresh ON i.row = fresh.row WHERE {_RIGHT} GROUP BY ALL",
        )
    return int(new)


def _fresh(doubles: bool, kept: Sequence[str]) -> str:
    """The statement that makes `fresh`, with these columns of `incoming` besides."""
    campaign = [text(name) for name in CAMPAIGN_COLUMNS]
    host, medium = text("referrer_hostname"), text("referrer_medium")
    copies = "JOIN firsts ON firsts.row = i.row" if doubles else ""
    copy = "firsts.copy" if doubles else "0"
    return f"""
    CREATE OR REPLACE TEMP TABLE fresh AS
    SELECT i.row AS row, i.number, i.ts, c.customer, customer_id, coalesce(i.stream = 'App', false) AS app,
           coalesce(i.authenticated, false) AS authenticated, i.event_name = 'page_viewed' AS viewed,
           {event_id_sql(copy)} AS event_id,
           CASE WHEN coalesce({", ".join(campaign)}) IS NOT NULL
                THEN concat_ws(chr(31), {", ".join(f"coalesce({value}, '')" for value in campaign)}) END AS campaign,
           CASE WHEN {host} IS DISTINCT FROM {text("page_hostname")} AND {medium} IS DISTINCT FROM 'internal'
                THEN {host} END AS referrer{"".join(f", i.{name}" for name in kept)}
    FROM incoming AS i JOIN customers AS c USING (customer_id) {copies}
    WHERE {_RIGHT}
    """


def next_seq(writer: Writer) -> int:
    """The number that the next event gets."""
    writer.collect("numbered_so_far", "SELECT max(seq) AS seq FROM events")
    (seq,) = writer.desk.execute("SELECT coalesce(max(seq), 0) + 1 FROM numbered_so_far").fetchall()[0]
    return int(seq)
