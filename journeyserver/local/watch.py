"""One segment while visits go on: who was just assigned it, and who lacks one thing only."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.local import WATCH
from journeyserver import definitions
from journeyserver.auth import Call, operation
from journeyserver.engine.moments import first_moment
from journeyserver.errors import ApiError, json_response, not_found
from journeyserver.local import recorded
from journeyserver.local.calls import work_for
from journeyserver.local.live import MOST, SECONDS, Look
from journeyserver.local.masking import Ids
from journeyserver.local.near import lacking
from journeyserver.local.recorded import moment_text
from journeyserver.local.running import Stopped
from journeyserver.paging import Parameters

Json = Mapping[str, Any]

# Near misses are looked for among the latest of the visits that go on: each one's events are read for it.
LOOKED_AT = 50


@operation(WATCH)
def watch(call: Call, segment_id: str) -> HttpResponse:
    """Assignments of a segment that arrived after a cursor, and the visits of now that nearly match it."""
    segment = definitions.snapshot().by_id.get(segment_id.lower())
    if segment is None:
        raise not_found("There is no segment with this id.", segment_id)
    parameters = Parameters(call.request.GET)
    since = parameters.integer("since", -1, 0, 2**62)
    limit = parameters.integer("limit", 50, 1, MOST)
    parameters.check()
    try:
        # Of no form, as in `live`.
        with work_for(call, SECONDS) as doing:
            look = Look(doing, Ids(call), since, limit)
            after, latest = look.span()
            return json_response(
                {
                    **look.head(latest),
                    "segment": segment,
                    "matches": look.assignments(after, latest, segment["id"]),
                    **_near(look, segment),
                }
            )
    except Stopped as stopped:
        raise ApiError(504, "request.timeout", f"This could not be read in time: {stopped}.") from None


def _near(look: Look, segment: Json) -> dict[str, Any]:
    """`lookedAt`, of how many visits, and `nearMisses`, the latest first."""
    rows = look.doing.rows(
        f"SELECT CAST(session_id AS VARCHAR) AS session_id FROM sessions WHERE {look.active} "
        f"ORDER BY last_event DESC, session_id LIMIT {LOOKED_AT}"
    )
    visits = recorded.visits(look.doing, [row["session_id"] for row in rows])
    events = recorded.events(look.doing, segment["scope"], visits)
    found = []
    for visit in sorted(visits, key=lambda one: (one.last_event, one.session_id), reverse=True):
        theirs = [event.happening for event in events[visit.session_id]]
        moment = first_moment(segment, visit.session_id, visit.context, theirs)
        if moment.at is not None:
            continue
        lack = lacking(segment, moment.match, visit.session_id, visit.context, theirs)
        if lack is not None:
            found.append(
                {
                    **look.ids.of_visit(visit.session_id, visit.customer_id),
                    "started": moment_text(visit.started),
                    "lastEvent": moment_text(visit.last_event),
                    "eventCount": visit.event_count,
                    **lack,
                }
            )
    return {"lookedAt": len(visits), "nearMisses": found[: look.limit]}
