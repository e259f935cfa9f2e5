"""What the embedded server offers beyond the nine operations, as a method each: `request.journey.local`.

Ask `journeyadmin.accounts.capabilities.offers(request, "preview")` (in a template `{% offers "preview" as can_preview %}`)
before you show any of it; where it is not offered, the page shows its stated substitute. Bodies and answers are JSON;
every failure is a `JourneyError`. Counts are whole numbers, shares 0 to 1, moments UTC text with milliseconds. Ids of
visits and customers come masked (`3f2a…c91d`) unless the person may see them; a `session` handle opens the same visit in
`explain` and tells nothing by itself.
"""

from typing import Any, BinaryIO
from urllib.parse import quote

from journeyadmin.contract import local
from journeyadmin.contract.operations import Operation
from journeyadmin.service.errors import Unreadable
from journeyadmin.service.pages import Entity
from journeyadmin.service.transport import Transport


class LocalService:
    """The extensions as one person or client sees them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def preview(
        self,
        segment: Entity,
        *,
        saved_id: str | None = None,
        interval: str | None = None,
        time_zone: str | None = None,
        mode: str = "exact",
        editor: str = "",
        time_limit_ms: int | None = None,
    ) -> Entity:
        """How many visits and customers a definition matches, saved or not. `preview` in capabilities.

        `segment` is a segment's JSON, of which `scope`, `context` and `journey` are read; it must be whole, otherwise
        InvalidRequest names the fields. `interval` is "start/end" as in an aggregate query (without: the last 30 days).
        `editor` names the form that asks, any text up to 64 characters: a newer count of the same person and editor
        really stops the older one, and `stop_preview(editor)` does. `mode="estimate"` counts a sixteenth of the customers
        where there are many, and says so; ask again with "exact" then. Answer:

            {"state": "counted",           # "noEvents": no visits at all in the interval, which is not 0
                                           # "noConditions": a definition without any matches nothing by itself
                                           # "stopped": see "reason": "timeLimit", "replaced" or "cancelled"
             "sampled": false,             # true: every number below is an estimate
             "fraction": 1.0,              # of the visits that were looked at
             "unit": "sessions",           # what share, low, high, steps and saved count: "customers" for that scope
             "interval": "2026-05-01T00:00:00.000Z/2026-05-31T00:00:00.000Z",
             "tookMs": 41,
             "window": {"sessions": 84112, "customers": 40321},
             "matched": {"sessions": 310, "customers": 288, "share": 0.0037, "low": 310, "high": 310},
                                           # low and high: 95 of 100 times the exact number of units lies between
             "steps": [                    # in the order they are tested; each counts what the ones before it kept
               {"path": "context.patterns[0].criteria[0]", "key": "device.category",
                "before": 84112, "kept": 30110, "dropped": 54002},
               {"path": "journey.patterns[0].eventName", "key": "eventName", …},   # only where the pattern names one
               {"path": "journey.patterns[0].criteria[0]", "key": "page.pathname", …},
               {"path": "journey.patterns[0]", "key": "", …}],     # the step as a whole: often enough, and in order
             "days": [{"interval": "…/…", "all": 2803, "matched": 12}],      # visits, by the day they began in time_zone
             "saved": {"sessions": 1204, "customers": 1100, "gained": 12, "lost": 906},   # units; only with saved_id
             "zero": {"path": "journey.patterns[0].criteria[0]", "key": "page.pathname",  # only where a step kept none
                      "values": [{"value": "/checkout", "count": 812}, …]},             # nearest that exist, at most 3
             "samples": [                  # at most 10, the latest first
               {"session": "gAAAA…", "sessionId": "3f2a…c91d", "customerId": "9b1c…07aa",
                "started": "2026-05-30T17:02:11.000Z", "matched": "2026-05-30T17:05:40.000Z", "eventCount": 14,
                "reasons": [{"path": "context.patterns[0].criteria[0]", "key": "device.category", "seen": "mobile"},
                            {"path": "journey.patterns[0].criteria[0]", "key": "page.pathname", "seen": "/checkout",
                             "needed": 3, "reached": 4, "at": "2026-05-30T17:05:40.000Z"}]}]}

        "stopped" and "noEvents" come without the numbers they have not.
        """
        body = {
            **_definition(segment),
            "savedId": saved_id,
            "interval": interval,
            "timeZone": time_zone,
            "mode": mode,
            "editor": editor or None,
            "timeLimitMs": time_limit_ms,
        }
        return self._object(local.PREVIEW, body=body)

    def stop_preview(self, editor: str) -> None:
        """Stops the running count of this editor; stopping none is fine."""
        self._transport.send(local.STOP_PREVIEW, path=_path(local.STOP_PREVIEW, editor))

    def explain(
        self,
        segment: Entity,
        *,
        session: str = "",
        visit: Entity | None = None,
        web_events: list[Entity] | None = None,
    ) -> Entity:
        """One visit against one definition, criterion by criterion. `explain` in capabilities.

        Exactly one of: `session`, a handle (or a whole session id) of a recorded visit; `visit`, as the matcher reads
        it: `{"context": {"device.category": "mobile"}, "events": [{"eventName": "page_viewed", "page.url": "…",
        "attributes": {"price": "9"}, "streamType": "Web"}]}`; `web_events`, a list of events as `webevents` takes them
        (WebEventRequest: page, userAgentString, referrerUrl, …), derived as in ingestion. NotFound: no such visit. Answer:

            {"matched": false,
             "failed": "journey.patterns[0]",       # path of the first that failed; null where it matches
             "session": {"session": "gAAAA…", "sessionId": "3f2a…c91d", "customerId": "9b1c…07aa", "started": "…"},
             "context": [{"path": "context.patterns[0]", "matched": true, "criteria": [
                {"path": "context.patterns[0].criteria[0]", "key": "device.category", "operator": "equal",
                 "values": ["mobile"], "outcome": "pass", "seen": "mobile", "holds": true}]}],
                                                    # outcome: "pass", "fail" or "no value"
             "journey": [{"path": "journey.patterns[0]", "needed": 3, "reached": 2, "matched": false,
                          "events": [1, 4], "completedBy": null, "criteria": […as above, of the best event…]}],
             "events": [{"at": "…", "eventName": "page_viewed", "page.url": "…", "streamType": "Web"}, …],
                                                    # at most 500; `events` and `completedBy` above are numbers of these
             "values": {"device.category": "mobile", …}}       # what the visit's context holds

        `session` is null for a pasted visit. For the scope Customer the events are all retained ones of the customer.
        """
        body = {
            **_definition(segment),
            "session": session or None,
            "visit": visit,
            "webEvents": web_events,
        }
        return self._object(local.EXPLAIN, body=body)

    def suggest(self, key: str, text: str = "", *, side: str = "journey", limit: int = 10) -> Entity:
        """Values of a key that contain `text` (ignoring case), the most frequent first. `suggest` in capabilities.

        `key` is a context key (with side="context"), a journey key, `attributes.NAME.value`, or `attributes` alone for
        the names of attributes. Answers within 300 ms; what cannot be found by then is left out. Answer:

            {"key": "page.pathname", "values": [{"value": "/checkout", "count": 8120}], "complete": true}

        `count` is of visits for a context key and of events for a journey key, among the most recent million of them;
        `complete` is false where older ones were left out or time ran out.
        """
        params = {"key": key, "text": text, "side": side, "limit": limit}
        return self._object(local.SUGGEST, params=params)

    def overlap(self, segment: Entity, *, interval: str | None = None, saved_id: str | None = None) -> Entity:
        """Which other segments were assigned to the visits and customers that a definition matches. `overlap` in capabilities.

        `saved_id` leaves the segment itself out. Answer, the largest overlap first, at most 50, inactive ones included:

            {"state": "counted", "interval": "…", "matched": {"sessions": 310, "customers": 288},
             "segments": [{"segmentId": "…", "displayName": "Cart leavers", "sessions": 120, "customers": 118,
                           "share": 0.41,       # of the customers matched here
                           "ofTheirs": 0.10}]}  # of the customers that segment was assigned to
        """
        body = {**_definition(segment), "interval": interval, "savedId": saved_id}
        return self._object(local.OVERLAP, body=body)

    def curve(self, action_target_id: str, days: int = 7) -> Entity:
        """The share of interactions of an action target answered within t, over the last full `days` and today. `curve` in capabilities.

            {"actionTargetId": "…", "interval": "…/…", "durationMs": 20000, "percentage": 0.8,
             "offered": 900, "accepted": 610, "answered": 540, "abandoned": 41, "shortAbandoned": 12, "open": 29,
             "reached": 0.78,                                   # the share answered within durationMs; null: no data
             "toAccept": [{"ms": 1000, "share": 0.02}, …],      # accepted within ms of being offered, of all offered
             "toAnswer": [{"ms": 1000, "share": 0.11}, …]}      # engaged within ms of being accepted, of those who could be

        Points rise in ms, from 0, at most 120 a curve. Short abandons (before the target's threshold) and those still
        open are left out of `toAnswer` and `reached`.
        """
        return self._object(local.CURVE, action_target_id, params={"days": days})

    def live(self, since: str = "", limit: int = 50) -> Entity:
        """What happens now; ask again with `since=answer["cursor"]` for what came after. `live` in capabilities.

            {"cursor": "18231", "now": "…", "activeSessions": 41,      # an event in the last 20 minutes
             "events": [{"at": "…", "received": "…", "eventName": "page_viewed", "streamType": "Web",
                         "page": "/cart", "title": "Cart", "session": "gAAAA…", "sessionId": "3f2a…c91d",
                         "customerId": "9b1c…07aa"}],                  # the latest first
             "sessions": [{"session": "gAAAA…", "sessionId": "…", "customerId": "…", "started": "…", "lastEvent": "…",
                           "eventCount": 9, "device.category": "mobile", "geolocation.country": "DE"}],
             "assignments": [{"at": "…", "segmentId": "…", "displayName": "Cart leavers", "color": "#E69F00",
                              "scope": "Session", "session": "gAAAA…", "sessionId": "…", "customerId": "…",
                              "path": "journey.patterns[1]", "key": "page.pathname", "seen": "/cart"}]}

        `path` names what completed the segment (a criterion of the context, or a step of the journey) by its present
        definition; it is "" where that has been changed since. Without `since`, the latest `limit` of each.
        """
        return self._object(local.LIVE, params={"since": since or None, "limit": limit})

    def watch(self, segment_id: str, since: str = "", limit: int = 50) -> Entity:
        """One segment while visits go on. `watch` in capabilities. NotFound: no such segment.

            {"cursor": "18231", "now": "…", "activeSessions": 41, "lookedAt": 41,
             "segment": {…},                               # as `get_segment`; the paths below are of it
             "matches": [as `assignments` of `live`],       # after `since`, the latest first
             "nearMisses": [{"session": "gAAAA…", "sessionId": "3f2a…c91d", "customerId": "9b1c…07aa", "started": "…",
                             "lastEvent": "…", "eventCount": 9, "path": "context.patterns[0].criteria[0]",
                             "key": "device.category", "outcome": "fail", "seen": "desktop"},    # a criterion
                            {…, "path": "journey.patterns[1]", "key": "", "needed": 3, "reached": 2}]}    # a step

        Near misses are those of now: of the latest `lookedAt` active sessions, the ones that lack one thing only.
        """
        return self._object(local.WATCH, segment_id, params={"since": since or None, "limit": limit})

    def data(self) -> Entity:
        """What the server holds. `data` in capabilities; needs the permission `local:data:view`.

        {"events": 1111755, "sessions": 82310, "customers": 60112, "facts": 402113, "assignments": 8123,
         "first": "…", "last": "…",                  # null where there are no events
         "eventsPerSecond": {"minute": 3.2, "hour": 2.9},          # arrived in the last minute and hour
         "bytes": 120324096, "generated": false, "engine": "duckdb",
         "refused": [{"reason": "…", "count": 12, "sample": "…", "last": "…"}],     # masked; the most frequent first
         "erasures": [as the answer of `erase`, …],                   # the latest 20
         "retention": {"days": 0, "lastRun": null, "removed": 0},   # days 0: everything is kept
         "imports": [{"importId": "…", "name": "access.log", "format": "combined", "state": "done", "started": "…",
                      "finished": "…", "added": 100, "repeated": 0, "skipped": 4, "refused": 1}]}   # the latest first
        """
        return self._object(local.DATA)

    def upload(
        self,
        file: BinaryIO,
        name: str,
        *,
        format_name: str | None = None,
        with_robots: bool = False,
        site: str = "",
    ) -> Entity:
        """Brings a file to the server, which keeps it for a day and says what its head holds: a dry run, nothing is taken in.
        `import` in capabilities; needs `local:data:add`. `site` is the address of the site whose access log it is.
        InvalidRequest: of no known format, or not to be read. Answer:

            {"upload": "uuid", "name": "access.log", "bytes": 20480, "format": "combined",
             "formats": {"combined": "Apache or nginx access log, …", …},       # all that are known
             "newest": "…",                                  # the time of its newest event, null without any
             "rows": [{"kind": "events", "values": {"createdDate": "…", "page.url": "…", "customerId": "3f2a…c91d"}}, …],   # at most 10
             "refused": [{"number": 3, "reason": "…", "sample": "…"}],          # at most 20, of the part looked at
             "refusedCount": 1, "skipped": 12, "share": 0.4}                     # share of the file that was looked at
        """
        params = {"name": name, "format": format_name, "withRobots": with_robots, "site": site or None}
        return self._object(local.POST_UPLOAD, body=file, params=params)

    def start_import(self, upload: str, *, shift_seconds: int = 0) -> Entity:
        """Puts an uploaded file in line, to be read as it was looked at; the answer is that of `get_import`.
        `shift_seconds` is added to every time."""
        return self._object(local.START_UPLOAD, upload, body={"shiftSeconds": shift_seconds})

    def get_import(self, upload: str) -> Entity:
        """How the import of an uploaded file stands; while it is "waiting", with everything that `upload` answered.

        {"upload": "uuid", "importId": "uuid", "name": "access.log", "format": "combined",
         "state": "running",        # waiting, running; done, already (taken in before), stopped, failed
         "message": "", "share": 0.4, "added": 1200, "repeated": 0, "skipped": 12, "refused": 1, "seconds": 3.1,
         "refusals": [{"number": 3, "reason": "…", "sample": "…"}]}          # at most 50
        """
        return self._object(local.GET_UPLOAD, upload)

    def remove_upload(self, upload: str) -> None:
        """Stops its import, if that runs, and throws the file away; what was taken in stays."""
        self._transport.send(local.REMOVE_UPLOAD, path=_path(local.REMOVE_UPLOAD, upload))

    def erase(self, customer_id: str, *, dry_run: bool = False) -> Entity:
        """Removes a customer and everything recorded of them. `erase` in capabilities; needs `local:customer:delete`.

        `dry_run=True` only counts. Facts stay, anonymous, so that totals do not change. Answer:

            {"receipt": "uuid or null", "erased": true, "at": "…", "by": "Ada Okafor",
             "before": {"events": 30, "sessions": 4, "assignments": 2, "actions": 1, "facts": 38},
             "after": {"events": 0, "sessions": 0, "assignments": 0, "actions": 0, "facts": 0}}
        """
        return self._object(local.ERASE, body={"customerId": customer_id, "dryRun": dry_run})

    def faults(self) -> Entity:
        """The faults that the server makes on purpose. `faults` in capabilities; needs `local:fault:edit`.

        {"faults": [{"operation": "patchJourneySegment", "fault": "cut", "share": 1.0, "count": 2, "when": "after"}],
         "operations": ["getJourneySegments", …], "kinds": ["delay", "401", …]}
        """
        return self._object(local.GET_FAULTS)

    def set_faults(self, faults: list[Entity]) -> Entity:
        """Replaces all faults. Each: `operation` (a name, or "*" for any but these three), `fault` ("delay", "401", "409",
        "429", "500", "501", "503", "cut"), and optionally `share` (of requests, 1), `count` (how many more times,
        without end), `when` ("before" the work, or "after" it: done, but its answer is lost), `delayMs`, `retryAfter`
        (seconds), `message`."""
        return self._object(local.PUT_FAULTS, body={"faults": faults})

    def clear_faults(self) -> None:
        self._transport.send(local.DELETE_FAULTS, path=_path(local.DELETE_FAULTS, ""))

    def _object(
        self,
        operation: Operation,
        entity_id: str = "",
        body: Entity | BinaryIO | None = None,
        params: dict[str, Any] | None = None,
    ) -> Entity:
        answer = self._transport.send(
            operation,
            path=_path(operation, entity_id),
            body=_given(body) if isinstance(body, dict) else body,
            params=_given(params),
        )
        if not isinstance(answer.content, dict):
            raise Unreadable(
                "not a JSON object", operation=operation.name, correlation_id=answer.correlation_id
            )
        return answer.content


def _definition(segment: Entity) -> Entity:
    return {name: segment[name] for name in ("scope", "context", "journey") if segment.get(name) is not None}


def _given(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: value for name, value in values.items() if value is not None}


def _path(operation: Operation, entity_id: str) -> str:
    return operation.path.replace("{id}", quote(entity_id, safe=""))
