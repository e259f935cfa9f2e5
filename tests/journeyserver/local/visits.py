"""Generated visits for the tests of this folder: plain rows, the same rows in a warehouse, and definitions to try on them."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow
from hypothesis import strategies as st

from journeyadmin.contract.names import column_name
from journeyserver.engine.backends.base import Backend
from journeyserver.engine.moments import Happening

DAY = timedelta(days=1)
START = datetime(2026, 5, 1, tzinfo=UTC)

CONTEXT = {
    "device.category": ("mobile", "desktop", None),
    "geolocation.country": ("DE", "de", "GB", None),
    "browser.version": ("9.1", "68.0.3440", "120", "x", None),
}
JOURNEY = {
    "page.pathname": ("/", "/cart", "/Cart/7", "/checkout", None),
    "page.title": ("Straße", "STRASSE", "cart", None),
    "attributes.price.value": ("9", "10.5", "-3", "abc", None),
}
EVENT_NAMES = ("page_viewed", "product_viewed", "order_completed")


@dataclass
class Event:
    session: "Visit"
    seq: int
    ts: datetime
    values: dict[str, Any]
    authenticated: bool

    @property
    def happening(self) -> Happening:
        return Happening(str(self.session.id), self.authenticated, self.values)


@dataclass
class Visit:
    id: uuid.UUID
    customer: str
    started: datetime
    context: dict[str, Any]
    events: list[Event] = field(default_factory=list)

    @property
    def last_event(self) -> datetime:
        return max(event.ts for event in self.events)


def _some(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@st.composite
def visits(draw: st.DrawFn, most: int = 6) -> list[Visit]:
    """Some visits of a few customers over four days, some of them at the same time, with few different moments."""
    made = []
    seq = 0
    for number in range(draw(st.integers(0, most))):
        started = START + timedelta(hours=6 * draw(st.integers(0, 15)))
        visit = Visit(
            uuid.UUID(int=0x11110000000040008000000000000000 + number),
            draw(_some(("ann", "bob", "cy"))),
            started,
            {key: value for key, values in CONTEXT.items() if (value := draw(_some(values))) is not None},
        )
        for order in range(draw(st.integers(1, 5))):
            seq += 1
            values: dict[str, Any] = {"eventName": draw(_some(EVENT_NAMES)), "streamType": "Web"}
            for key, choices in JOURNEY.items():
                value = draw(_some(choices))
                if value is None:
                    continue
                if key.startswith("attributes."):
                    values["attributes"] = {"price": value}
                else:
                    values[key] = value
            if draw(st.integers(0, 9)) == 0:
                values["streamType"] = "App"
            ts = started if order == 0 else started + timedelta(minutes=draw(st.integers(0, 3)))
            visit.events.append(Event(visit, seq, ts, values, draw(st.integers(0, 3)) == 0))
        made.append(visit)
    return made


def _criterion(draw: st.DrawFn, key: str, choices: tuple[Any, ...]) -> dict[str, Any]:
    texts = [value for value in choices if value is not None]
    if key in ("attributes.price.value", "browser.version") and draw(st.booleans()):
        operator = draw(_some(("greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual")))
        values = [draw(_some(("9", "10", "68")))]
    else:
        operator = draw(
            _some(("equal", "notEqual", "containsAny", "containsAll", "notContainsAny", "notContainsAll"))
        )
        values = draw(st.lists(_some((*texts, "c")), min_size=1, max_size=2))
    return {"key": key, "operator": operator, "values": values, "shouldIgnoreCase": draw(st.booleans())}


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Definitions as the server stores them, few of which match nothing or everything."""
    context = []
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.integers(0, 2)) == 0:
            row = {
                "key": "authenticated",
                "operator": draw(_some(("equal", "notEqual"))),
                "values": draw(st.lists(_some(("true", "false")), min_size=1, max_size=2)),
                "shouldIgnoreCase": False,
            }
        else:
            row = _criterion(draw, *draw(_some(tuple(CONTEXT.items()))))
        context.append({"criteria": [{**row, "entityType": "visit"}]})
    journey = []
    for _ in range(draw(st.integers(0, 3))):
        rows = [
            _criterion(draw, *draw(_some(tuple(JOURNEY.items())))) for _ in range(draw(st.integers(1, 2)))
        ]
        pattern: dict[str, Any] = {
            "criteria": rows,
            "count": draw(_some((1, 1, 1, 2, 3))),
            "streamType": "Web",
            "sessionType": "web",
        }
        if draw(st.booleans()):
            pattern["eventName"] = draw(_some(EVENT_NAMES))
        journey.append(pattern)
    return {"context": {"patterns": context}, "journey": {"patterns": journey}}


def store(backend: Backend, rows: list[Visit]) -> None:
    """Puts the visits into a warehouse that was empty, or is emptied."""
    with backend.transaction() as writer:
        for table in ("events", "sessions", "assignments", "facts", "actions"):
            writer.execute(f"DELETE FROM {table}")
        for table, new in rows_of(rows).items():
            insert(writer, table, new)


def rows_of(rows: list[Visit]) -> dict[str, list[dict[str, Any]]]:
    """The rows of these visits and of their events, by table."""
    return {
        "sessions": [_session_row(visit) for visit in rows],
        "events": [_event_row(event) for visit in rows for event in visit.events],
    }


def _session_row(visit: Visit) -> dict[str, Any]:
    return {
        "session_id": visit.id,
        "session_type": "web",
        "customer_id": visit.customer,
        "started": visit.started.replace(tzinfo=None),
        "last_event": visit.last_event.replace(tzinfo=None),
        "event_count": len(visit.events),
        "authenticated": any(event.authenticated for event in visit.events),
        **{column_name(key): visit.context.get(key) for key in CONTEXT},
    }


def _event_row(event: Event) -> dict[str, Any]:
    values = {
        column_name(key): event.values.get(key)
        for key in ("eventName", *JOURNEY)
        if not key.startswith("attributes.")
    }
    return {
        "event_id": uuid.UUID(int=event.seq),
        "seq": event.seq,
        "ts": event.ts.replace(tzinfo=None),
        "received": event.ts.replace(tzinfo=None),
        "stream": event.values["streamType"],
        "customer_id": event.session.customer,
        "session_id": event.session.id,
        "authenticated": event.authenticated,
        "attributes": event.values.get("attributes", {}),
        **values,
    }


def insert(writer: Any, table: str, rows: list[dict[str, Any]]) -> None:
    """Adds rows, all with the same columns, to a table of the warehouse."""
    if not rows:
        return
    columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
    writer.desk.register("new_rows", pyarrow.table(columns))
    writer.append(table, "SELECT * FROM new_rows")
    writer.desk.unregister("new_rows")


def _column(values: list[Any]) -> Any:
    if any(isinstance(value, dict) for value in values):
        return pyarrow.array(
            [list(value.items()) for value in values], pyarrow.map_(pyarrow.string(), pyarrow.string())
        )
    return pyarrow.array([str(value) if isinstance(value, uuid.UUID) else value for value in values])


def in_order(rows: list[Visit]) -> list[Event]:
    """All events in order of time, and at one time of their number."""
    return sorted(
        (event for visit in rows for event in visit.events), key=lambda event: (event.ts, event.seq)
    )
