"""Incoming events made ready: on the desk, with defaults, what is derived filled in, and what was there before left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow

from journeyadmin.contract.criteria import CONTEXT_KEYS
from journeyserver.engine.backends.base import Writer
from journeyserver.engine.backends.duckdb import TYPES
from journeyserver.engine.columns import CONTEXT_COLUMNS, Column
from journeyserver.ingest.derive import derive
from journeyserver.ingest.identity import event_id_sql
from journeyserver.ingest.incoming import COLUMNS, Batch, Refused, Select

# How many refused rows of a batch are kept with their text.
SHOWN = 100

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
    """How many rows arrived, how many of them are new and how many were there before; why others cannot be taken in."""

    arrived: int
    added: int
    repeated: int
    refused: tuple[Refused, ...]
    refused_more: int


def lay_out(writer: Writer, batch: Batch, shift: int = 0) -> int:
    """Puts a batch on the desk as the table `incoming`: every column of its kind, empty text as nothing. How many rows."""
    desk = writer.desk
    columns = COLUMNS[batch.kind]
    types = ", ".join(f"{column.name} {TYPES[column.type]}" for column in columns)
    desk.execute(f"CREATE OR REPLACE TEMP TABLE incoming ({types})")
    rows = batch.rows
    if isinstance(rows, Select):
        desk.execute(f"INSERT INTO incoming BY NAME {rows.sql}", list(rows.parameters))
    elif rows is not None:
        desk.register("arrived", _numbered(rows))
        desk.execute("INSERT INTO incoming BY NAME SELECT * FROM arrived")
        desk.unregister("arrived")
    if shift:
        desk.execute("UPDATE incoming SET ts = ts + to_seconds(?)", [shift])
    (number,) = desk.execute("SELECT count(*) FROM incoming").fetchall()[0]
    return int(number)


def _numbered(table: Any) -> Any:
    """With `number` filled: rows of one time keep the order in which they came."""
    if "number" in table.column_names:
        at = table.column_names.index("number")
        if table.column("number").null_count == 0:
            return table
        table = table.remove_column(at)
    return table.append_column("number", pyarrow.array(range(1, table.num_rows + 1), pyarrow.int64()))


_RIGHT = (
    "ts IS NOT NULL AND nullif(customer_id, '') IS NOT NULL AND nullif(event_name, '') IS NOT NULL "
    "AND coalesce(nullif(stream, ''), 'Web') IN ('Web', 'App')"
)
_WRONG = f"""
SELECT number, CASE
    WHEN ts IS NULL THEN 'The time is missing or cannot be read.'
    WHEN nullif(customer_id, '') IS NULL THEN 'There is no customer id.'
    WHEN nullif(event_name, '') IS NULL THEN 'There is no event name.'
    ELSE 'The stream is neither Web nor App.' END AS reason,
  left(concat_ws(' ', ts, event_name, page_url), 120) AS sample
FROM incoming WHERE NOT ({_RIGHT}) ORDER BY number
"""

_DEFAULTS = {
    "stream": "coalesce(nullif(i.stream, ''), 'Web')",
    "customer_id_type": "coalesce(nullif(i.customer_id_type, ''), 'cookie')",
    "authenticated": "coalesce(i.authenticated, false)",
}

# Which of several equal ones in its file a row is: those before it in this batch, those that this import added before,
# and those it has met before. It is new where the warehouse holds no more than that.
_FRESH = f"""
CREATE OR REPLACE TEMP TABLE fresh AS
WITH stored AS (
  SELECT customer_id, ts, event_name, page_url, count(*) AS held, count(*) FILTER (WHERE seq >= $first_seq) AS own
  FROM copies GROUP BY ALL
), met AS (
  SELECT customer_id, ts, event_name, page_url, sum(copies) AS met FROM met_before GROUP BY ALL
), numbered AS (
  SELECT i.*, i.rowid AS row,
         row_number() OVER (PARTITION BY i.customer_id, i.ts, i.event_name, i.page_url ORDER BY i.number) - 1
           + coalesce(own, 0) + coalesce(met, 0) AS copy,
         coalesce(held, 0) AS held
  FROM clean AS i
  LEFT JOIN stored AS s ON i.customer_id = s.customer_id AND i.ts = s.ts AND i.event_name = s.event_name
       AND i.page_url IS NOT DISTINCT FROM s.page_url
  LEFT JOIN met AS m ON i.customer_id = m.customer_id AND i.ts = m.ts AND i.event_name = m.event_name
       AND i.page_url IS NOT DISTINCT FROM m.page_url
)
SELECT row, row_number() OVER (ORDER BY ts, number) + $base AS seq, ts, customer_id, lower(stream) AS session_type,
       event_name = 'page_viewed' AS is_pageview, authenticated,
       {event_id_sql("copy")} AS event_id,
       CASE WHEN coalesce({", ".join(CAMPAIGN_COLUMNS)}) IS NOT NULL
            THEN concat_ws(chr(31), {", ".join(f"coalesce({name}, '')" for name in CAMPAIGN_COLUMNS)}) END AS campaign,
       CASE WHEN referrer_hostname IS DISTINCT FROM page_hostname AND referrer_medium IS DISTINCT FROM 'internal'
            THEN referrer_hostname END AS referrer
FROM numbered WHERE copy >= held AND (NOT $once OR copy = 0)
"""


def events(writer: Writer, batch: Batch, source: Source) -> Staged:
    """Leaves `clean` (the rows that can be taken in, derived values filled) and `fresh` (the new ones, in order of time)."""
    desk = writer.desk
    arrived = lay_out(writer, batch, source.shift)
    wrong = desk.execute(_WRONG).fetchall()
    values, joins = derive(desk)
    columns = ", ".join(f"{_clean(column, values)} AS {column.name}" for column in COLUMNS["events"])
    desk.execute(
        f"CREATE OR REPLACE TEMP TABLE clean AS SELECT {columns} FROM incoming AS i{joins} WHERE {_RIGHT}"
    )
    first, last = desk.execute("SELECT min(ts), max(ts) FROM clean").fetchall()[0]
    new = 0 if first is None else _find_fresh(writer, source, first, last)
    refused = tuple(Refused(*row) for row in wrong[:SHOWN])
    return Staged(arrived, new, arrived - len(wrong) - new, refused, max(0, len(wrong) - SHOWN))


def _clean(column: Column, values: Mapping[str, str]) -> str:
    derived = values.get(column.name) or _DEFAULTS.get(column.name)
    return derived or (f"nullif(i.{column.name}, '')" if column.type == "text" else f"i.{column.name}")


def _find_fresh(writer: Writer, source: Source, first: datetime, last: datetime) -> int:
    desk = writer.desk
    desk.execute("CREATE OR REPLACE TEMP TABLE customers AS SELECT DISTINCT customer_id FROM clean")
    writer.collect(
        "copies",
        "SELECT customer_id, ts, event_name, page_url, seq FROM events "
        "WHERE ts BETWEEN ? AND ? AND customer_id IN (SELECT customer_id FROM customers)",
        (first, last),
        keys=("customers",),
    )
    writer.collect(
        "met_before",
        "SELECT customer_id, ts, event_name, page_url, copies FROM repeats WHERE import_id = ?",
        (source.import_id or UUID(int=0),),
    )
    live = source.import_id is None
    parameters = {"first_seq": source.first_seq, "base": next_seq(writer) - 1, "once": live}
    desk.execute(_FRESH, parameters)
    if not live:
        writer.append(
            "repeats",
            f"SELECT '{source.import_id}'::UUID AS import_id, customer_id, ts, event_name, page_url, count(*) AS copies "
            "FROM clean ANTI JOIN fresh ON clean.rowid = fresh.row GROUP BY ALL",
        )
    (new,) = desk.execute("SELECT count(*) FROM fresh").fetchall()[0]
    return int(new)


def next_seq(writer: Writer) -> int:
    """The number that the next event gets."""
    writer.collect("numbered_so_far", "SELECT max(seq) AS seq FROM events")
    (seq,) = writer.desk.execute("SELECT coalesce(max(seq), 0) + 1 FROM numbered_so_far").fetchall()[0]
    return int(seq)
