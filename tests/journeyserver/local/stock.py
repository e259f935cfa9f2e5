"""A month of visits that never changes but for its end, which is now: for the tests that speak HTTP to a stocked server."""

import json
import random
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journeyserver.engine.backends import duckdb
from journeyserver.engine.moments import first_moment
from tests.journeyserver.local.visits import Event, Visit, in_order, insert, store

DAYS = 10
VISITS = 600
PATHS = ("/", "/cart", "/checkout", "/product/7", "/product/12", "/blog/shoes", "/search")
NAMES = {"/checkout": "checkout_viewed"}


def criterion(key: str, operator: str, *values: str, ignore: bool = True) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": ignore}


def definition(
    context: list[dict[str, Any]], *patterns: dict[str, Any], scope: str = "Session"
) -> dict[str, Any]:
    return {
        "scope": scope,
        "context": {
            "patterns": [{"criteria": [{**row, "entityType": "visit"} for row in context]}] if context else []
        },
        "journey": {"patterns": list(patterns)},
    }


def pattern(count: int, *criteria: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    shown = {"criteria": list(criteria), "count": count, "streamType": "Web", "sessionType": "web"}
    return {**shown, "eventName": name} if name else shown


MOBILE = criterion("device.category", "equal", "mobile")
CARTS = definition(
    [MOBILE],
    pattern(2, criterion("page.pathname", "containsAny", "/product"), name="page_viewed"),
    pattern(1, criterion("page.pathname", "equal", "/cart")),
)
READERS = definition([], pattern(1, criterion("page.pathname", "startsWith", "/blog")), scope="Customer")

SEGMENTS = {
    uuid.UUID("5e900000-0000-4000-8000-000000000001"): ("Cart leavers", CARTS),
    uuid.UUID("5e900000-0000-4000-8000-000000000002"): ("Readers", READERS),
}


def visits(now: datetime) -> list[Visit]:
    """The visits, from ten days ago until a minute ago."""
    dice = random.Random(7)
    made: list[Visit] = []
    seq = 0
    for number in range(VISITS):
        age = timedelta(days=DAYS) * (1 - (number + 1) / VISITS)
        started = (now - age - timedelta(minutes=15)).replace(microsecond=number)
        context = {
            "device.category": dice.choice(("mobile", "mobile", "desktop", "tablet")),
            "geolocation.country": dice.choice(("DE", "GB", "US")),
            "browser.version": dice.choice(("9.1", "120", "68.0.3440")),
        }
        visit = Visit(
            uuid.uuid5(uuid.NAMESPACE_OID, str(number)),
            f"customer-{dice.randrange(250):04d}-cookie",
            started,
            context,
        )
        signed = False
        for order in range(dice.randint(1, 9)):
            seq += 1
            signed = signed or dice.random() < 0.05
            path = dice.choice(PATHS)
            values: dict[str, Any] = {
                "eventName": NAMES.get(path, "page_viewed"),
                "page.pathname": path,
                "streamType": "Web",
            }
            if path.startswith("/product"):
                values["attributes"] = {
                    "price": str(dice.randrange(5, 50)),
                    "mail": f"u{number}@shop.example",
                }
            visit.events.append(Event(visit, seq, started + timedelta(seconds=40 * order), values, signed))
        made.append(visit)
    return made


def assignments(rows: list[Visit]) -> list[dict[str, Any]]:
    """What these visits were assigned, by the matcher alone."""
    found = []
    of_customer: dict[str, list[Visit]] = {}
    for visit in rows:
        of_customer.setdefault(visit.customer, []).append(visit)
    for segment_id, (_, asked) in SEGMENTS.items():
        had: set[str] = set()
        for visit in sorted(rows, key=lambda visit: visit.started):
            theirs = in_order(of_customer[visit.customer] if asked["scope"] == "Customer" else [visit])
            at = first_moment(asked, str(visit.id), visit.context, [event.happening for event in theirs]).at
            subject = visit.customer if asked["scope"] == "Customer" else str(visit.id)
            if at is None or subject in had:
                continue
            had.add(subject)
            found.append(
                {
                    "segment_id": segment_id,
                    "segment_scope": asked["scope"],
                    "customer_id": visit.customer,
                    "session_id": visit.id,
                    "event_id": uuid.UUID(int=theirs[at].seq),
                    "ts": theirs[at].ts.replace(tzinfo=None),
                }
            )
    return found


TARGET = uuid.UUID("7a6e0000-0000-4000-8000-000000000002")


@dataclass
class Action:
    """An offer that leads to the target, and when it entered each state."""

    id: uuid.UUID
    visit: Visit
    media_type: str
    states: dict[str, datetime]


def actions(rows: list[Visit]) -> list[Action]:
    """An offer in every third visit: accepted, answered after a while, left early or late, or still open."""
    dice = random.Random(11)
    made = []
    for number, visit in enumerate(rows[::3]):
        offered = visit.started + timedelta(seconds=5)
        states = {"offered": offered}
        if dice.random() < 0.8:
            accepted = states["accepted"] = offered + timedelta(milliseconds=dice.randrange(500, 20_000))
            end = dice.choice(("engaged", "engaged", "engaged", "abandoned", None))
            if end:
                states[end] = accepted + timedelta(milliseconds=dice.randrange(1_000, 60_000))
        media = "contentOffer" if number % 10 == 0 else "webMessagingOffer"
        made.append(Action(uuid.uuid5(uuid.NAMESPACE_OID, f"action {number}"), visit, media, states))
    return made


def facts(rows: list[Visit]) -> list[dict[str, Any]]:
    """A fact for every visit and every state of an action."""
    kept = {"journey_action_id": None, "journey_action_target_id": None, "journey_action_media_type": None}
    told = [(visit, visit.started, {"kind": "session_started", **kept}) for visit in rows]
    for action in actions(rows):
        about = {
            "journey_action_id": action.id,
            "journey_action_target_id": TARGET,
            "journey_action_media_type": action.media_type,
        }
        told += [
            (action.visit, ts, {"kind": f"action_{state}", **about}) for state, ts in action.states.items()
        ]
    return [
        {
            "fact_id": uuid.uuid4(),
            "ts": ts.replace(tzinfo=None),
            "journey_session_id": visit.id,
            "journey_customer_id": visit.customer,
            "journey_customer_id_type": "cookie",
            "journey_device_category": visit.context["device.category"],
            **about,
        }
        for visit, ts, about in told
    ]


def _action_rows(rows: list[Visit]) -> list[dict[str, Any]]:
    return [
        {"action_id": action.id, "session_id": action.visit.id, "state": list(action.states)[-1]}
        for action in actions(rows)
    ]


REFUSED = (("no time", "… - - GET /a", 3), ("not a number", "price: x", 1))


def fill(folder: Path, rows: list[Visit]) -> None:
    """Puts visits, assignments and the segments themselves into the stores of a server that does not run."""
    backend = duckdb.open_backend(folder / "journeyserver.duckdb")
    store(backend, rows)
    with backend.transaction() as writer:
        insert(writer, "assignments", assignments(rows))
        insert(writer, "facts", facts(rows))
        insert(writer, "actions", _action_rows(rows))
        lines = [(reason, sample) for reason, sample, count in REFUSED for _ in range(count)]
        insert(
            writer,
            "refused",
            [
                {
                    "number": number,
                    "received": datetime.now(UTC).replace(tzinfo=None),
                    "reason": reason,
                    "sample": sample,
                }
                for number, (reason, sample) in enumerate(lines)
            ],
        )
    backend.close()
    now = datetime.now(UTC).isoformat(sep=" ")
    with sqlite3.connect(folder / "journeyserver.sqlite3") as connection:
        for segment_id, (name, asked) in SEGMENTS.items():
            connection.execute(
                "INSERT INTO journeyserver_segment (id, is_active, display_name, name_key, version, color, scope, "
                "should_display_to_agent, context, journey, created, modified) VALUES (?, 1, ?, ?, 1, '#E69F00', ?, 1, ?, ?, ?, ?)",
                (
                    segment_id.hex,
                    name,
                    name.casefold(),
                    asked["scope"],
                    json.dumps(asked["context"]),
                    json.dumps(asked["journey"]),
                    now,
                    now,
                ),
            )
    connection.close()
