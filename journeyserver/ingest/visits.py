"""Which visit an event belongs to (docs/decisions/0005-when-a-new-visit-starts.md).

Events that come after all that is known of their customer are placed by one SQL statement; late ones, which are few, by
`late`, one after the other. Both say the same rule, and a test holds both to a third reading of it.

Reads the desk's tables `fresh` (the new events) and `known_sessions`; leaves `placed`: every new event with its visit.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import pyarrow

from journeyserver.engine.backends.base import Writer
from journeyserver.ingest.identity import session_id, session_id_sql

PAUSE = timedelta(minutes=20)

_OPEN = """
CREATE OR REPLACE TEMP TABLE open_visits AS
SELECT customer_id, session_type, max(last_event) AS latest, arg_max(session_id, started) AS session_id,
       arg_max(coalesce(arrival_campaign, ''), started) AS campaign,
       arg_max(coalesce(arrival_referrer, ''), started) AS referrer
FROM known_sessions GROUP BY ALL
"""

# `run` counts the pauses: run 0 goes on with the visit that was open. A campaign or referrer of an earlier run is forgotten.
_IN_ORDER = f"""
CREATE OR REPLACE TEMP TABLE placed AS
WITH steps AS (
  SELECT fresh.*, o.session_id AS open_session,
         CASE WHEN o.campaign <> '' THEN o.campaign END AS open_campaign,
         CASE WHEN o.referrer <> '' THEN o.referrer END AS open_referrer,
         coalesce(lag(ts) OVER visitor, o.latest) AS previous
  FROM fresh LEFT JOIN open_visits AS o USING (customer_id, session_type)
  WHERE o.latest IS NULL OR ts >= o.latest
  WINDOW visitor AS (PARTITION BY customer_id, session_type ORDER BY seq)
), runs AS (
  SELECT *, count(*) FILTER (WHERE previous IS NULL OR ts - previous > INTERVAL '{int(PAUSE.total_seconds())} seconds')
            OVER (PARTITION BY customer_id, session_type ORDER BY seq) AS run
  FROM steps
), sources AS (
  SELECT *,
         coalesce(last_value(campaign IGNORE NULLS) OVER before, CASE WHEN run = 0 THEN open_campaign END) AS campaign_before,
         coalesce(last_value(referrer IGNORE NULLS) OVER before, CASE WHEN run = 0 THEN open_referrer END) AS referrer_before
  FROM runs
  WINDOW before AS (PARTITION BY customer_id, session_type, run ORDER BY seq
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), begun AS (
  SELECT *, previous IS NULL OR ts - previous > INTERVAL '{int(PAUSE.total_seconds())} seconds'
            OR (ts > previous AND ((campaign IS NOT NULL AND campaign IS DISTINCT FROM campaign_before)
                                OR (referrer IS NOT NULL AND referrer IS DISTINCT FROM referrer_before))) AS begins
  FROM sources
), counted AS (
  SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY customer_id, session_type ORDER BY seq) AS visit
  FROM begun
)
SELECT * EXCLUDE (open_session, open_campaign, open_referrer, previous, run, campaign_before, referrer_before, visit),
       CASE WHEN visit = 0 THEN open_session
            ELSE {session_id_sql("first_value(event_id) OVER (PARTITION BY customer_id, session_type, visit ORDER BY seq)")}
       END AS session_id,
       coalesce(campaign, campaign_before) AS arrival_campaign,
       coalesce(referrer, referrer_before) AS arrival_referrer
FROM counted
"""

_LATE_EVENTS = """
SELECT customer_id, session_type, ts, seq, event_id, fresh.campaign, fresh.referrer
FROM fresh JOIN open_visits AS o USING (customer_id, session_type) WHERE ts < o.latest
ORDER BY customer_id, session_type, seq
"""
_VISITS_OF_LATE = """
SELECT customer_id, session_type, session_id, started, last_event, arrival_campaign, arrival_referrer
FROM known_sessions SEMI JOIN (
  SELECT customer_id, session_type FROM fresh JOIN open_visits AS o USING (customer_id, session_type)
  WHERE ts < o.latest) AS theirs USING (customer_id, session_type)
ORDER BY started
"""
_ADD_LATE = """
INSERT INTO placed BY NAME
SELECT fresh.*, l.session_id::UUID AS session_id, l.begins, l.arrival_campaign, l.arrival_referrer
FROM fresh JOIN late_events AS l USING (seq)
"""


@dataclass
class Visit:
    """What must be known of a visit to place a late event."""

    session_id: UUID
    started: datetime
    last_event: datetime
    campaign: str | None
    referrer: str | None


def place(writer: Writer) -> None:
    """Gives every event of `fresh` its visit: the table `placed`, with `begins` true on each visit's first event."""
    desk = writer.desk
    desk.execute(_OPEN)
    desk.execute(_IN_ORDER)
    arrived = desk.sql(_LATE_EVENTS).to_arrow_table().to_pylist()
    if not arrived:
        return
    visits: dict[tuple[str, str], list[Visit]] = {}
    for row in desk.execute(_VISITS_OF_LATE).fetchall():
        visits.setdefault((row[0], row[1]), []).append(Visit(*row[2:]))
    desk.register("late_events", pyarrow.Table.from_pylist(list(late(arrived, visits)), schema=_LATE_SCHEMA))
    desk.execute(_ADD_LATE)
    desk.unregister("late_events")


_LATE_SCHEMA = pyarrow.schema(
    [
        ("seq", pyarrow.int64()),
        ("session_id", pyarrow.string()),
        ("begins", pyarrow.bool_()),
        ("arrival_campaign", pyarrow.string()),
        ("arrival_referrer", pyarrow.string()),
    ]
)


def late(
    events: Iterable[dict[str, Any]], known: dict[tuple[str, str], list[Visit]]
) -> Iterator[dict[str, Any]]:
    """Places events in order of customer and time; `known` holds each customer's visits by their start and is changed."""
    for key, theirs in groupby(events, key=lambda row: (row["customer_id"], row["session_type"])):
        visits = known.setdefault(key, [])
        for event in theirs:
            visit, begins = _join(event, visits)
            yield {
                "seq": event["seq"],
                "session_id": str(visit.session_id),
                "begins": begins,
                "arrival_campaign": visit.campaign,
                "arrival_referrer": visit.referrer,
            }


def _join(event: dict[str, Any], visits: list[Visit]) -> tuple[Visit, bool]:
    ts, campaign, referrer = event["ts"], event["campaign"], event["referrer"]
    at = bisect_right(visits, ts, key=lambda visit: visit.started)
    before = visits[at - 1] if at else None
    if before is not None:
        if ts <= before.last_event:
            return before, False
        if ts - before.last_event <= PAUSE:
            arrives = (campaign and campaign != before.campaign) or (referrer and referrer != before.referrer)
            campaign, referrer = campaign or before.campaign, referrer or before.referrer
            if not arrives:
                before.last_event, before.campaign, before.referrer = ts, campaign, referrer
                return before, False
    if at < len(visits) and visits[at].started - ts <= PAUSE:
        return visits[at], False
    visit = Visit(session_id(UUID(str(event["event_id"]))), ts, ts, campaign, referrer)
    visits.insert(at, visit)
    return visit, True
