"""What happens now: the latest events, the visits that go on, and the segments assigned, with what completed them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.local import LIVE
from journeyadmin.contract.matching import CriterionMatch, match_segment
from journeyserver import definitions
from journeyserver.auth import Call, operation
from journeyserver.engine.columns import CONTEXT_COLUMNS
from journeyserver.engine.funnel import PAUSE
from journeyserver.errors import ApiError, json_response
from journeyserver.local import recorded
from journeyserver.local.calls import work_for
from journeyserver.local.masking import Ids
from journeyserver.local.recorded import moment_text
from journeyserver.local.running import Stopped, Work
from journeyserver.paging import Parameters
from journeyserver.serializers import timestamp

Json = Mapping[str, Any]

SECONDS = 2.0
MOST = 200
# For how many assignments it is said what completed them: their visits are read for it.
EXPLAINED = 20
# Without a cursor, only the last so many events are looked through.
_NEAR = 10_000
_SHOWN_OF_VISITS = ("device.category", "browser.family", "geolocation.country", "mktCampaign.source")


@operation(LIVE)
def live(call: Call) -> HttpResponse:
    """Events and assignments that arrived after a cursor, and the visits that go on."""
    parameters = Parameters(call.request.GET)
    since = parameters.integer("since", -1, 0, 2**62)
    limit = parameters.integer("limit", 50, 1, MOST)
    parameters.check()
    try:
        # Of no form: somebody may look from two windows, and all who look as one client are one.
        with work_for(call, SECONDS) as doing:
            return json_response(Look(doing, Ids(call), since, limit).answer())
    except Stopped as stopped:
        raise ApiError(504, "request.timeout", f"This could not be read in time: {stopped}.") from None


class Look:
    """One look at what happens. `since` is the number of the last event seen before, -1 for none."""

    def __init__(self, doing: Work, ids: Ids, since: int, limit: int) -> None:
        self.doing = doing
        self.ids = ids
        self.since = since
        self.limit = limit
        self.now = datetime.now(UTC)

    def answer(self) -> dict[str, Any]:
        after, latest = self.span()
        return {
            **self.head(latest),
            "events": self.events(after, latest),
            "sessions": self.sessions(self.active),
            "assignments": self.assignments(after, latest),
        }

    @property
    def active(self) -> str:
        """The condition of visits that go on."""
        return f"last_event >= TIMESTAMP '{(self.now - PAUSE).replace(tzinfo=None)}'"

    def span(self) -> tuple[int, int]:
        """After the event of which number, and up to which one."""
        (latest,) = self.doing.run("SELECT max(seq) AS latest FROM events")["latest"]
        latest = latest or 0
        return self.since if self.since >= 0 else latest - _NEAR, latest

    def head(self, latest: int) -> dict[str, Any]:
        (number,) = self.doing.run(f"SELECT count(*) AS number FROM sessions WHERE {self.active}")["number"]
        return {"cursor": str(latest), "now": timestamp(self.now), "activeSessions": number}

    def events(self, after: int, latest: int) -> list[dict[str, Any]]:
        rows = self.doing.rows(
            "SELECT seq, ts, received, stream, event_name, page_pathname, page_title, screen_name, session_id, customer_id "
            f"FROM events WHERE seq > {after} AND seq <= {latest} ORDER BY seq DESC LIMIT {self.limit}"
        )
        return [
            {
                "at": moment_text(row["ts"]),
                "received": moment_text(row["received"]),
                "eventName": row["event_name"],
                "streamType": row["stream"],
                # Not the whole address: what follows the path may hold what somebody typed.
                "page": row["page_pathname"] or row["screen_name"] or "",
                "title": row["page_title"] or "",
                **self.ids.of_visit(row["session_id"], row["customer_id"]),
            }
            for row in rows
        ]

    def sessions(self, active: str) -> list[dict[str, Any]]:
        columns = ", ".join(CONTEXT_COLUMNS[key] for key in _SHOWN_OF_VISITS)
        rows = self.doing.rows(
            f"SELECT session_id, customer_id, started, last_event, event_count, {columns} FROM sessions WHERE {active} "
            f"ORDER BY last_event DESC, session_id LIMIT {self.limit}"
        )
        return [
            {
                **self.ids.of_visit(row["session_id"], row["customer_id"]),
                "started": moment_text(row["started"]),
                "lastEvent": moment_text(row["last_event"]),
                "eventCount": row["event_count"],
                **{
                    key: row[CONTEXT_COLUMNS[key]]
                    for key in _SHOWN_OF_VISITS
                    if row[CONTEXT_COLUMNS[key]] is not None
                },
            }
            for row in rows
        ]

    def assignments(self, after: int, latest: int, segment_id: str = "") -> list[dict[str, Any]]:
        """What was assigned at these events, the latest first; of one segment where its id is given."""
        known = definitions.snapshot().by_id
        rows = self.doing.rows(
            "SELECT CAST(segment_id AS VARCHAR) AS segment_id, segment_scope, a.customer_id, "
            "CAST(a.session_id AS VARCHAR) AS session_id, CAST(event_id AS VARCHAR) AS event_id, a.ts "
            "FROM assignments AS a JOIN events AS e USING (event_id) "
            f"WHERE e.seq > {after} AND e.seq <= {latest}{' AND a.segment_id = ?' if segment_id else ''} "
            f"ORDER BY e.seq DESC, segment_id LIMIT {self.limit}",
            [segment_id] if segment_id else [],
        )
        explained = self.completions(rows[:EXPLAINED], known)
        return [
            {
                "at": moment_text(row["ts"]),
                "segmentId": row["segment_id"],
                "displayName": known.get(row["segment_id"], {}).get("displayName", ""),
                "color": known.get(row["segment_id"], {}).get("color", ""),
                "scope": row["segment_scope"],
                **self.ids.of_visit(row["session_id"], row["customer_id"]),
                **(explained[number] if number < len(explained) else _UNKNOWN),
            }
            for number, row in enumerate(rows)
        ]

    def completions(self, rows: list[dict[str, Any]], known: Mapping[str, Json]) -> list[dict[str, Any]]:
        """For each assignment, what completed it."""
        visits = {
            visit.session_id: visit
            for visit in recorded.visits(self.doing, sorted({row["session_id"] for row in rows}))
        }
        events = {
            scope: recorded.events(
                self.doing,
                scope,
                [
                    visits[row["session_id"]]
                    for row in rows
                    if row["segment_scope"] == scope and row["session_id"] in visits
                ],
            )
            for scope in ("Session", "Customer")
        }
        found = []
        for row in rows:
            segment, visit = known.get(row["segment_id"]), visits.get(row["session_id"])
            if segment is None or visit is None:
                found.append(_UNKNOWN)
            else:
                theirs = events[row["segment_scope"]][row["session_id"]]
                found.append(completion(segment, visit.context, theirs, row["event_id"]))
        return found


_UNKNOWN: dict[str, Any] = {"path": "", "key": "", "seen": None}


def completion(segment: Json, context: Json, events: list[recorded.Event], event_id: str) -> dict[str, Any]:
    """Path, key and value seen of what completed a segment at this event; nothing by a definition changed since."""
    at = next((number for number, event in enumerate(events) if event.event_id == event_id), None)
    if at is None:
        return _UNKNOWN
    happened = events[: at + 1]
    mine = [
        event.happening for event in happened if event.happening.session_id == events[at].happening.session_id
    ]
    signed = any(event.authenticated for event in mine)
    match = match_segment(
        segment, {**context, "authenticated": signed}, [event.happening.values for event in happened]
    )
    if not match.matched:
        return _UNKNOWN
    if match.completed_by == at:
        number = len(match.journey) - 1
        last = match.journey[number].criteria[-1] if match.journey[number].criteria else None
        path, shown = f"journey.patterns[{number}]", last
    else:
        # Everything else was there before: it was the sign-in, or it is all in how the visit began.
        place: list[tuple[str, CriterionMatch]] = [
            (f"context.patterns[{number}].criteria[{index}]", row)
            for number, pattern in enumerate(match.context)
            for index, row in enumerate(pattern.criteria)
        ]
        signing = [one for one in place if one[1].key == "authenticated"]
        if not place:
            return _UNKNOWN
        path, shown = (signing or place)[-1]
    return {"path": path, "key": shown.key if shown else "", "seen": shown.seen if shown else None}
