"""Event by event, in plain Python: visits, assignments and facts as decisions 0003 and 0005 say. The ingest's oracle.

It keeps every event in memory and asks `journeyadmin.contract.matching` about the whole window at each one: slow and simple.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS
from journeyadmin.contract.matching import match_segment
from journeyadmin.contract.names import column_name
from journeyserver.ingest import identity

PAUSE = timedelta(minutes=20)
Row = dict[str, Any]


@dataclass
class Visit:
    session_id: UUID
    type: str
    customer: str
    first: Row
    started: datetime
    last: datetime
    events: list["Event"] = field(default_factory=list)
    # The latest campaign and external referrer that counted as an arrival since the pause before this visit.
    source: dict[str, Any] = field(default_factory=dict)


@dataclass
class Event:
    order: tuple[datetime, int]
    event_id: UUID
    row: Row
    visit: Visit


@dataclass
class Assignment:
    segment_id: str
    scope: str
    customer: str
    session_id: UUID
    event_id: UUID
    ts: datetime
    expires: datetime | None


@dataclass
class Fact:
    kind: str
    ts: datetime
    session_id: UUID
    segment_id: str | None
    held: list[str]


class Evaluator:
    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.events: list[Event] = []
        self.assignments: list[Assignment] = []
        self.facts: list[Fact] = []
        self.seen: set[UUID] = set()

    def take(self, rows: Sequence[Row], definitions: Sequence[Row]) -> None:
        """One delivery: its rows in order of time, one after the other."""
        for row in sorted(rows, key=lambda row: row["ts"]):
            self._take_one(row, definitions)

    def _take_one(self, row: Row, definitions: Sequence[Row]) -> None:
        event_id = identity.event_id(row["customer_id"], row["event_name"], row["ts"], row.get("page_url"))
        if event_id in self.seen:
            return
        self.seen.add(event_id)
        visit, begins = self._place(row, event_id)
        event = Event((row["ts"], len(self.events)), event_id, row, visit)
        visit.events.append(event)
        self.events.append(event)
        earned = [found for found in (self._earned(definition, event) for definition in definitions) if found]
        self.assignments += earned
        if begins:
            self._count("session_started", event, None)
        for assignment in earned:
            self._count("segment_assigned", event, assignment.segment_id)

    def _place(self, row: Row, event_id: UUID) -> tuple[Visit, bool]:
        ts, kind = row["ts"], (row.get("stream") or "Web").lower()
        theirs = [v for v in self.visits if v.customer == row["customer_id"] and v.type == kind]
        new = {
            "campaign": tuple(
                row.get(column_name(key)) or "" for key in CONTEXT_KEYS if key.startswith("mktCampaign")
            ),
            "referrer": row.get("referrer_hostname"),
        }
        if not any(new["campaign"]):
            new["campaign"] = None
        if new["referrer"] == row.get("page_hostname") or row.get("referrer_medium") == "internal":
            new["referrer"] = None
        within = [v for v in theirs if v.started <= ts < v.last]
        if within:
            return within[0], False
        inherited: dict[str, Any] = {}
        ended = [v for v in theirs if timedelta() <= ts - v.last <= PAUSE and v.started <= ts]
        if ended:
            before = max(ended, key=lambda v: v.started)
            known = before.source
            seen = {name: value for name, value in new.items() if value is not None}
            # At one instant nobody arrives anew, but what came is seen.
            if ts == before.last or all(value == known.get(name) for name, value in seen.items()):
                before.last = ts
                known |= seen
                return before, False
            inherited = known
        following = [v for v in theirs if timedelta() < v.started - ts <= PAUSE]
        if following:
            return min(following, key=lambda v: v.started), False
        source = {**inherited, **{name: value for name, value in new.items() if value is not None}}
        visit = Visit(
            identity.session_id(event_id), kind, row["customer_id"], row, ts, ts, source=dict(source)
        )
        self.visits.append(visit)
        return visit, True

    def _earned(self, definition: Row, event: Event) -> Assignment | None:
        session_scope = definition["scope"] == "Session"
        subject = [
            other
            for other in self.events
            if (other.visit is event.visit if session_scope else other.visit.customer == event.visit.customer)
        ]
        for had in self.assignments:
            same = (
                had.session_id == event.visit.session_id
                if session_scope
                else had.customer == event.visit.customer
            )
            if (
                had.segment_id == definition["id"]
                and same
                and (had.expires is None or event.order[0] < had.expires)
            ):
                return None
        window = sorted(subject, key=lambda other: other.order)
        signed_in = any(
            other.row.get("authenticated") for other in event.visit.events if other.order <= event.order
        )
        session = {key: event.visit.first.get(column_name(key)) for key in CONTEXT_KEYS}
        session["authenticated"] = signed_in
        match = match_segment(definition, session, [_api_event(other.row) for other in window])
        if not match.matched:
            return None
        if match.completed_by is not None and window[match.completed_by].order > event.order:
            return None
        ts = event.order[0]
        days = 0 if session_scope else definition.get("assignmentExpirationDays") or 0
        return Assignment(
            definition["id"],
            definition["scope"],
            event.visit.customer,
            event.visit.session_id,
            event.event_id,
            ts,
            ts + timedelta(days=days) if days else None,
        )

    def _count(self, kind: str, event: Event, segment_id: str | None) -> None:
        ts, visit = event.order[0], event.visit
        held = {
            had.segment_id
            for had in self.assignments
            if had.ts <= ts
            and (
                had.session_id == visit.session_id
                if had.scope == "Session"
                else had.customer == visit.customer and (had.expires is None or ts < had.expires)
            )
        }
        self.facts.append(Fact(kind, ts, visit.session_id, segment_id, sorted(held)))


def _api_event(row: Row) -> Row:
    shown = {key: row.get(column_name(key)) for key in JOURNEY_KEYS}
    return {**shown, "streamType": row.get("stream") or "Web", "attributes": row.get("attributes") or {}}
