"""Visits and events as they were recorded, read back in the words of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from journeyserver.engine.columns import CONTEXT_COLUMNS, JOURNEY_COLUMNS
from journeyserver.engine.funnel import PAUSE
from journeyserver.engine.moments import Happening
from journeyserver.local.running import Work
from journeyserver.serializers import timestamp

# More are never read of one visit or customer: robots can have a hundred thousand.
MOST_EVENTS = 2_000


@dataclass(frozen=True)
class Visit:
    """A row of `sessions`; `context` maps context keys to what is known."""

    session_id: str
    customer_id: str
    started: datetime
    last_event: datetime
    event_count: int
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """A row of `events`; `happening` is how the matcher reads it."""

    event_id: str
    customer_id: str
    ts: datetime
    happening: Happening

    def shown(self) -> dict[str, Any]:
        return {"at": moment_text(self.ts), **self.happening.values}


def moment_text(moment: datetime) -> str:
    """A time of the warehouse, which is UTC without saying so, as the API writes it."""
    return timestamp(moment.replace(tzinfo=UTC))


def visits(work: Work, session_ids: Sequence[str], table: str = "sessions") -> list[Visit]:
    """These visits, the latest first; unknown ids are left out."""
    if not session_ids:
        return []
    columns = ", ".join(
        ["session_id", "customer_id", "started", "last_event", "event_count", *CONTEXT_COLUMNS.values()]
    )
    places = ", ".join("?" for _ in session_ids)
    rows = work.rows(
        f"SELECT {columns} FROM {table} WHERE session_id IN ({places}) ORDER BY started DESC, session_id",
        session_ids,
    )
    return [_visit(row) for row in rows]


def _visit(row: Mapping[str, Any]) -> Visit:
    return Visit(
        str(row["session_id"]),
        row["customer_id"],
        row["started"],
        row["last_event"],
        row["event_count"],
        {
            key: row[column]
            for key, column in CONTEXT_COLUMNS.items()
            if row[column] is not None and key != "authenticated"
        },
    )


def events(work: Work, scope: str, of: Sequence[Visit], table: str = "events") -> dict[str, list[Event]]:
    """By visit id, the events that count for it, in order: its own, or for the scope Customer all of its customer's."""
    if not of:
        return {}
    if scope == "Customer":
        condition, given = "customer_id", sorted({visit.customer_id for visit in of})
        times = ""
    else:
        condition, given = "session_id", sorted({visit.session_id for visit in of})
        first, last = min(visit.started for visit in of) - PAUSE, max(visit.last_event for visit in of)
        times = f" AND ts >= TIMESTAMP '{first}' AND ts <= TIMESTAMP '{last}'"
    columns = ", ".join(
        [
            *("event_id", "session_id", "customer_id", "ts", "stream", "authenticated", "attributes"),
            *JOURNEY_COLUMNS.values(),
        ]
    )
    places = ", ".join("?" for _ in given)
    rows = work.rows(
        f"SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY {condition} ORDER BY ts, seq) AS number "
        f"FROM {table} WHERE {condition} IN ({places}){times}) AS numbered "
        f"WHERE number <= {MOST_EVENTS} ORDER BY ts, seq",
        given,
    )
    found: dict[str, list[Event]] = {visit.session_id: [] for visit in of}
    read = [_event(row) for row in rows]
    for visit in of:
        found[visit.session_id] = [
            event
            for event in read
            if (
                event.customer_id == visit.customer_id
                if scope == "Customer"
                else event.happening.session_id == visit.session_id
            )
        ]
    return found


def _event(row: Mapping[str, Any]) -> Event:
    values: dict[str, Any] = {
        key: row[column] for key, column in JOURNEY_COLUMNS.items() if row[column] is not None
    }
    values["streamType"] = row["stream"]
    if row["attributes"]:
        values["attributes"] = dict(row["attributes"])
    happening = Happening(str(row["session_id"]), bool(row["authenticated"]), values)
    return Event(str(row["event_id"]), row["customer_id"], row["ts"], happening)
