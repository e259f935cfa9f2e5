"""A few events at a time: what intake.py does to a batch with SQL, done row by row for live events.

A statement costs the same for one row as for ten thousand, and taking a batch in needs some fifty of them. Here the
customers who are about are kept in memory as the warehouse knows them, and only what is new is written. Both ways say the
same rules, and one test holds both to the same evaluator (docs/decisions/0022).
"""

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from journeyadmin.contract.matching import event_matches, match_criterion
from journeyserver.engine import rollups
from journeyserver.engine.backends.base import Writer
from journeyserver.engine.columns import CONTEXT_COLUMNS, EVENTS, JOURNEY_COLUMNS
from journeyserver.ingest import assign, derive, identity, records, stage
from journeyserver.ingest.taken import VisitThen
from journeyserver.ingest.visits import Visit, late

Json = Mapping[str, Any]
Row = dict[str, Any]

# Customers that are kept, and how many events one may have had to be looked at this way.
KEPT = 20_000
MOST_EVENTS = 2_000


@dataclass
class Seen:
    """An event. `hits` has bit n where it counts for pattern n of the definitions in force; None is not looked at yet."""

    ts: datetime
    seq: int
    event_id: UUID
    session_id: UUID
    name: str
    authenticated: bool
    shown: Json
    hits: int | None = None

    @property
    def moment(self) -> tuple[datetime, int]:
        return self.ts, self.seq


@dataclass
class Held:
    """An assignment."""

    segment_id: UUID
    scope: str
    session_id: UUID
    ts: datetime
    expires: datetime | None


@dataclass
class Session:
    """A row of `sessions`, its events in order, and which segments' contexts it meets while its visitor is signed in or not."""

    row: Row
    events: list[Seen] = field(default_factory=list)
    contexts: dict[tuple[int, bool], bool] = field(default_factory=dict)
    is_new: bool = True


@dataclass
class Customer:
    """Everything that the rules ask about a customer."""

    sessions: dict[UUID, Session] = field(default_factory=dict)
    # By stream, in order of their start: what late() needs to know of them.
    visits: dict[str, list[Visit]] = field(default_factory=dict)
    events: list[Seen] = field(default_factory=list)
    ids: dict[UUID, Seen] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)


class TooMany(Exception):
    """A customer has had too many events for this way."""


@dataclass
class _New:
    """What is to be written."""

    events: list[Row] = field(default_factory=list)
    sessions: dict[UUID, Session] = field(default_factory=dict)
    assignments: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)


class Few:
    """Takes live events in, and remembers their customers until somebody else writes to the warehouse."""

    def __init__(self) -> None:
        self._customers: OrderedDict[str, Customer] = OrderedDict()
        self._commits = -1
        self._active: Sequence[Json] | None = None
        self._definitions = assign.NONE
        self._next_seq = 0
        self._rolled_up_to: datetime | None = None

    def take_in(
        self, writer: Writer, commits: int, rows: Sequence[Json], active: Sequence[Json], received: datetime
    ) -> list[VisitThen]:
        """Takes the rows in, inside the writer's transaction: the visit of each as it left it.

        `commits` is the warehouse's count of commits before this transaction. Raises TooMany before anything is written.
        """
        if commits != self._commits:
            self._customers.clear()
            self._next_seq = stage.next_seq(writer)
            upto = rollups.of_writer(writer)
            self._rolled_up_to = upto.replace(tzinfo=None) if upto else None
        # Whatever goes wrong from here on, the next call finds another number and forgets what it knew.
        self._commits = -1
        self._use(active)
        self._know(writer, {str(row["customer_id"]) for row in rows})
        answers: list[VisitThen | None] = [None] * len(rows)
        new = _New()
        for at in sorted(range(len(rows)), key=lambda at: rows[at]["ts"]):
            answers[at] = self._take_one(_completed(rows[at]), received, new)
        records.write(
            writer, new.events, new.sessions.values(), new.assignments, new.facts, self._rolled_up_to
        )
        self._commits = commits + 1
        while len(self._customers) > KEPT:
            self._customers.popitem(last=False)
        return [answer for answer in answers if answer is not None]

    def _use(self, active: Sequence[Json]) -> None:
        if active is self._active:
            return
        self._active, self._definitions = active, assign.read(active)
        for customer in self._customers.values():
            for event in customer.events:
                event.hits = None
            for session in customer.sessions.values():
                session.contexts.clear()

    def _know(self, writer: Writer, wanted: set[str]) -> None:
        for customer_id in wanted & self._customers.keys():
            self._customers.move_to_end(customer_id)
            if len(self._customers[customer_id].events) > MOST_EVENTS:
                raise TooMany
        missing = sorted(wanted - self._customers.keys())
        for customer_id in missing:
            self._customers[customer_id] = Customer()
        if not missing:
            return
        places = ", ".join("?" for _ in missing)
        for row in writer.ask(
            f"SELECT * FROM sessions WHERE customer_id IN ({places}) ORDER BY started", missing
        ):
            customer = self._customers[row["customer_id"]]
            customer.sessions[row["session_id"]] = Session(row, is_new=False)
            visit = Visit(
                row["session_id"],
                row["started"],
                row["last_event"],
                row["arrival_campaign"],
                row["arrival_referrer"],
            )
            customer.visits.setdefault(row["session_type"], []).append(visit)
        returning = [customer_id for customer_id in missing if self._customers[customer_id].sessions]
        if not returning:
            return
        if sum(
            session.row["event_count"]
            for each in returning
            for session in self._customers[each].sessions.values()
        ) > MOST_EVENTS * len(returning):
            raise TooMany
        places = ", ".join("?" for _ in returning)
        for row in writer.ask(
            f"SELECT * FROM events WHERE customer_id IN ({places}) ORDER BY ts, seq", returning
        ):
            self._add(self._customers[row["customer_id"]], _seen(row))
        for row in writer.ask(f"SELECT * FROM assignments WHERE customer_id IN ({places})", returning):
            self._customers[row["customer_id"]].held.append(
                Held(row["segment_id"], row["segment_scope"], row["session_id"], row["ts"], row["expires"])
            )

    def _add(self, customer: Customer, event: Seen) -> None:
        insort(customer.events, event, key=attrgetter("moment"))
        insort(customer.sessions[event.session_id].events, event, key=attrgetter("moment"))
        customer.ids[event.event_id] = event

    def _take_one(self, row: Row, received: datetime, new: _New) -> VisitThen:
        customer = self._customers[row["customer_id"]]
        event_id = identity.event_id(row["customer_id"], row["event_name"], row["ts"], row["page_url"])
        known = customer.ids.get(event_id)
        if known is not None:
            return _then(customer.sessions[known.session_id], known, added=False)
        visit, begins = self._place(customer, row, event_id)
        row |= {
            "event_id": event_id,
            "seq": self._next_seq,
            "received": received,
            "session_id": visit.session_id,
        }
        self._next_seq += 1
        if begins:
            customer.sessions[visit.session_id] = Session(_begun(row, visit))
        session = customer.sessions[visit.session_id]
        _count_in(session.row, row, visit)
        event = _seen(row)
        self._add(customer, event)
        new.events.append(row)
        new.sessions[visit.session_id] = session
        earned = [
            number
            for number in range(len(self._definitions.rows))
            if self._is_earned(number, customer, session, event)
        ]
        for number in earned:
            self._hold(number, customer, event, row["customer_id"], new)
        if begins:
            new.facts.append(_fact(customer, session, event, "session_started", None))
        for number in earned:
            new.facts.append(
                _fact(customer, session, event, "segment_assigned", self._definitions.rows[number])
            )
        return _then(session, event, added=True)

    def _place(self, customer: Customer, row: Row, event_id: UUID) -> tuple[Visit, bool]:
        campaign = "\x1f".join(row[column] or "" for column in stage.CAMPAIGN_COLUMNS)
        host = row["referrer_hostname"]
        external = host if host != row["page_hostname"] and row["referrer_medium"] != "internal" else None
        event = (0, row["ts"], 0, event_id, campaign if campaign.strip("\x1f") else None, external)
        theirs = customer.visits.setdefault(str(row["stream"]).lower(), [])
        return next(late([event], {0: theirs}))

    def _is_earned(self, number: int, customer: Customer, session: Session, event: Seen) -> bool:
        definition = self._definitions.rows[number]
        of_visit = definition["scope"] == "Session"
        segment_id = UUID(definition["id"])
        for held in customer.held:
            if (
                held.segment_id == segment_id
                and (not of_visit or held.session_id == event.session_id)
                and (held.expires is None or event.ts < held.expires)
            ):
                return False
        if not self._holds(number, session, event):
            return False
        return self._is_complete(number, session.events if of_visit else customer.events, event)

    def _holds(self, number: int, session: Session, event: Seen) -> bool:
        """Whether the visit meets the segment's context at this event. Only signing in changes during a visit."""
        signed = any(seen.authenticated for seen in session.events if seen.moment <= event.moment)
        key = number, signed
        if key not in session.contexts:
            values = {**_context(session.row), "authenticated": signed}
            session.contexts[key] = all(
                match_criterion(criterion, values.get(criterion["key"])).holds
                for pattern in assign.patterns(self._definitions.rows[number], "context")
                for criterion in pattern["criteria"]
            )
        return session.contexts[key]

    def _is_complete(self, number: int, events: Sequence[Seen], event: Seen) -> bool:
        """Whether all patterns are complete at this event or before it: each counts from where the one before completed,
        that event included, and completes strictly later."""
        upto = bisect_right(events, event.moment, key=attrgetter("moment"))
        at = -1
        for pattern in self._definitions.of_segment(number):
            count = 0
            for place in range(max(at, 0), upto):
                count += self._hits(events[place]) >> pattern.number & 1
                if count >= pattern.count and place > at and self._hits(events[place]) >> pattern.number & 1:
                    at = place
                    break
            else:
                return False
        return True

    def _hits(self, event: Seen) -> int:
        if event.hits is None:
            event.hits = sum(
                1 << pattern.number
                for pattern in self._definitions.patterns
                if event_matches(pattern.body, event.shown)
            )
        return event.hits

    def _hold(self, number: int, customer: Customer, event: Seen, customer_id: str, new: _New) -> None:
        definition = self._definitions.rows[number]
        days = assign.days(definition)
        expires = event.ts + timedelta(days=days) if days else None
        held = Held(UUID(definition["id"]), definition["scope"], event.session_id, event.ts, expires)
        customer.held.append(held)
        new.assignments.append(
            {
                "segment_id": held.segment_id,
                "segment_scope": held.scope,
                "customer_id": customer_id,
                "session_id": held.session_id,
                "event_id": event.event_id,
                "ts": held.ts,
                "expires": expires,
            }
        )


def _completed(given: Json) -> Row:
    """A row with every column of an event and of its visit: defaults, and what follows from addresses and user agent."""
    row: Row = {column: given.get(column) or None for column in _COLUMNS}
    row["stream"] = row["stream"] or "Web"
    row["customer_id_type"] = row["customer_id_type"] or "cookie"
    row["authenticated"] = bool(given.get("authenticated"))
    derive.fill(row)
    return row


_COLUMNS = (
    *(column.name for column in EVENTS.columns),
    *CONTEXT_COLUMNS.values(),
    "referrer_keywords",
    "user_agent",
)


def _seen(row: Json) -> Seen:
    shown = {key: row[column] for key, column in JOURNEY_COLUMNS.items()}
    shown |= {"streamType": row["stream"], "attributes": dict(row["attributes"] or {})}
    return Seen(
        row["ts"],
        row["seq"],
        row["event_id"],
        row["session_id"],
        row["event_name"],
        bool(row["authenticated"]),
        shown,
    )


def _context(row: Json) -> Row:
    return {key: row[column] for key, column in CONTEXT_COLUMNS.items()}


def _begun(row: Json, visit: Visit) -> Row:
    """The row of a visit that begins with this event, before it is counted in."""
    return {
        "session_id": visit.session_id,
        "session_type": str(row["stream"]).lower(),
        "customer_id": row["customer_id"],
        "customer_id_type": row["customer_id_type"],
        "started": visit.started,
        "last_event": visit.started,
        "event_count": 0,
        "pageview_count": 0,
        **{column: row[column] for column in CONTEXT_COLUMNS.values()},
        "authenticated": False,
        "referrer_keywords": row["referrer_keywords"],
    }


def _count_in(session: Row, row: Json, visit: Visit) -> None:
    session["last_event"] = max(session["last_event"], row["ts"])
    session["event_count"] += 1
    session["pageview_count"] += row["event_name"] == "page_viewed"
    session["authenticated"] = bool(session["authenticated"] or row["authenticated"])
    session["arrival_campaign"], session["arrival_referrer"] = visit.campaign, visit.referrer


def _then(session: Session, event: Seen, *, added: bool) -> VisitThen:
    """The visit as it was when this event had come: later ones have a greater seq."""
    before = [seen for seen in session.events if seen.seq <= event.seq]
    row = session.row
    return VisitThen(
        row["session_id"],
        row["started"],
        max(row["started"], *(seen.ts for seen in before)),
        len(before),
        sum(seen.name == "page_viewed" for seen in before),
        row["referrer_url"],
        row["referrer_medium"],
        row["referrer_keywords"],
        added,
    )


def _fact(customer: Customer, session: Session, event: Seen, kind: str, definition: Json | None) -> Row:
    fact = records.fact(kind, event.ts, session.row, sorted(set(_held_at(customer, event))))
    if definition is None:
        return {**fact, "fact_id": identity.fact_id(kind, event.session_id)}
    return {
        **fact,
        "fact_id": identity.fact_id(kind, definition["id"], event.event_id),
        "journey_segment_id": UUID(definition["id"]),
        "journey_segment_scope": definition["scope"],
        "journey_segment_assignment_state": "Assigned",
    }


def _held_at(customer: Customer, event: Seen) -> Iterator[UUID]:
    """The segments that are held at the moment of an event that has just come."""
    for held in customer.held:
        if held.ts <= event.ts and (
            held.session_id == event.session_id
            if held.scope == "Session"
            else held.expires is None or event.ts < held.expires
        ):
            yield held.segment_id
