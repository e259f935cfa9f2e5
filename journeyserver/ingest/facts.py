"""Facts: something countable, with everything about its visit repeated, so that a query reads one table."""

from collections.abc import Mapping

from journeyserver.engine import rollups
from journeyserver.engine.backends.base import Writer
from journeyserver.ingest.assign import moment
from journeyserver.ingest.identity import id_sql

# What every fact says of its visit (contract §10.4): column of a fact → column of `sessions`.
SESSION_COLUMNS: Mapping[str, str] = {
    "journey_session_id": "session_id",
    "journey_session_type": "session_type",
    "journey_device_category": "device_category",
    "journey_device_type": "device_type",
    "journey_ip_geolocation_country": "geolocation_country",
    "journey_customer_id": "customer_id",
    "journey_customer_id_type": "customer_id_type",
}
_SESSION = ", ".join(f"v.{column} AS {name}" for name, column in SESSION_COLUMNS.items())

# Assignments that were there before count as earlier than any new event of the same time.
_HELD = f"""
holdings AS (
  SELECT segment_id, segment_scope, session_id, customer_id, {moment("ts", "0")} AS moment, expires FROM known_assignments
  UNION ALL
  SELECT segment_id, segment_scope, session_id, customer_id, moment, expires FROM assigned
), held AS (
  SELECT fact_id, list_sort(list(DISTINCT segment_id)) AS segments FROM (
    SELECT m.fact_id, h.segment_id FROM moments AS m JOIN holdings AS h USING (session_id)
    WHERE h.segment_scope = 'Session' AND h.moment <= m.moment
    UNION ALL
    SELECT m.fact_id, h.segment_id FROM moments AS m JOIN holdings AS h USING (customer_id)
    WHERE h.segment_scope = 'Customer' AND h.moment <= m.moment AND (h.expires IS NULL OR m.ts < h.expires)) AS each_of_them
  GROUP BY fact_id)
"""
_MOMENTS = f"""
CREATE OR REPLACE TEMP TABLE moments AS
SELECT {id_sql("'session_started'", "CAST(session_id AS VARCHAR)")} AS fact_id, 'session_started' AS kind, ts, moment,
       session_id, customer_id, NULL::UUID AS journey_segment_id, NULL::VARCHAR AS journey_segment_scope
FROM new_events WHERE begins
UNION ALL
SELECT {id_sql("'segment_assigned'", "CAST(segment_id AS VARCHAR)", "CAST(event_id AS VARCHAR)")}, 'segment_assigned', ts,
       moment, session_id, customer_id, segment_id, segment_scope
FROM assigned
"""


def write(writer: Writer) -> int:
    """A fact for every visit begun and every segment assigned. Reads `new_events`, `assigned`, `visits`."""
    writer.desk.execute(_MOMENTS)
    return write_moments(
        writer,
        "m.journey_segment_id, m.journey_segment_scope, "
        "CASE WHEN m.journey_segment_id IS NOT NULL THEN 'Assigned' END AS journey_segment_assignment_state",
    )


def write_moments(writer: Writer, columns: str) -> int:
    """A fact for each row of the desk's `moments` (fact_id, kind, ts, moment, session_id, customer_id), with these columns
    of its own beside those of its visit (in `visits`) and the segments held then (`known_assignments`, `assigned`)."""
    number = writer.append(
        "facts",
        f"WITH {_HELD} SELECT m.fact_id, m.kind, m.ts, {_SESSION}, held.segments AS journey_session_segment_id, {columns} "
        f"FROM moments AS m JOIN visits AS v USING (session_id) LEFT JOIN held USING (fact_id)",
    )
    rollups.note(
        writer,
        f"(SELECT m.ts, m.kind, {_SESSION} FROM moments AS m JOIN visits AS v USING (session_id)) AS noted",
    )
    return number


def latest(ts: str) -> str:
    """SQL for the last moment of this time: a report is held against everything that happened by then."""
    return moment(ts, str(2**40 - 1))
