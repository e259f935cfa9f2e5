"""Rows made in memory → the warehouse's tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import pyarrow

from journeyserver.engine import rollups
from journeyserver.engine.backends.base import Writer
from journeyserver.engine.columns import ASSIGNMENTS, EVENTS, FACTS, SESSIONS, Table
from journeyserver.ingest.facts import SESSION_COLUMNS

Row = Mapping[str, Any]

_ARROW = {
    "text": pyarrow.string(),
    "uuid": pyarrow.string(),
    "kind": pyarrow.string(),
    "time": pyarrow.timestamp("us"),
    "bigint": pyarrow.int64(),
    "double": pyarrow.float64(),
    "boolean": pyarrow.bool_(),
    "texts": pyarrow.list_(pyarrow.string()),
    "uuids": pyarrow.list_(pyarrow.string()),
    "map": pyarrow.map_(pyarrow.string(), pyarrow.string()),
}
# What of a visit changes with its later events.
CHANGING = (
    "last_event",
    "event_count",
    "pageview_count",
    "authenticated",
    "arrival_campaign",
    "arrival_referrer",
)


class Visit(Protocol):
    """A row of `sessions`, and whether it is there already."""

    row: dict[str, Any]
    is_new: bool


def write(
    writer: Writer,
    events: Sequence[Row],
    visits: Iterable[Visit],
    assignments: Sequence[Row],
    facts: Sequence[Row],
    rolled_up_to: datetime | None,
) -> None:
    """Adds all of them, brings the visits that were there up to date, and counts facts that lie before what is rolled up."""
    visits = list(visits)
    append(writer, EVENTS, events)
    append(writer, SESSIONS, [visit.row for visit in visits if visit.is_new])
    append(writer, ASSIGNMENTS, assignments)
    append(writer, FACTS, facts)
    late = [row for row in facts if rolled_up_to is not None and row["ts"] < rolled_up_to]
    if late:
        writer.desk.register("late_facts", _table(FACTS, late, ("ts", "kind", *SESSION_COLUMNS)))
        rollups.note(writer, "late_facts")
        writer.desk.unregister("late_facts")
    changed = [visit.row for visit in visits if not visit.is_new]
    if changed:
        writer.replace(
            "sessions", "session_id", CHANGING, _table(SESSIONS, changed, ("session_id", *CHANGING))
        )
    for visit in visits:
        visit.is_new = False


def append(writer: Writer, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows to a table; what they lack is empty."""
    if rows:
        # A column that no row has is left to the warehouse: an insert costs by the columns it names.
        columns = [name for name in table.names if any(row.get(name) is not None for row in rows)]
        writer.add(table.name, _table(table, rows, columns))


def _table(table: Table, rows: Sequence[Row], columns: Sequence[str]) -> Any:
    types = {column.name: column.type for column in table.columns}
    return pyarrow.table(
        {
            name: pyarrow.array([_plain(row.get(name)) for row in rows], _ARROW[types[name]])
            for name in columns
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def fact(kind: str, ts: datetime, session: Row, held: Sequence[UUID]) -> dict[str, Any]:
    """A fact with everything that it says of its visit."""
    visit = {name: session[column] for name, column in SESSION_COLUMNS.items()}
    return {"kind": kind, "ts": ts, "journey_session_segment_id": list(held) or None, **visit}
