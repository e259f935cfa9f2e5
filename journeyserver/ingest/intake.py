"""take_in: the one path by which anything that happened gets into the warehouse."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from journeyserver.engine.backends.base import Writer
from journeyserver.engine.columns import CONTEXT_COLUMNS, EVENTS
from journeyserver.ingest import actions, assign, facts, stage, visits
from journeyserver.ingest.incoming import Batch
from journeyserver.ingest.stage import Source, values
from journeyserver.ingest.taken import Taken

Json = Mapping[str, Any]

_CONTEXT = tuple(column for column in CONTEXT_COLUMNS.values() if column != "authenticated")

# One row per visit with new events: what they add to it, its first new event, and what it came from after them.
_CHANGES = """
CREATE OR REPLACE TEMP TABLE changes AS
WITH arrivals AS (
  SELECT session_id, nullif(arg_max(coalesce(campaign, ''), last_seq), '') AS arrival_campaign,
         nullif(arg_max(coalesce(referrer, ''), last_seq), '') AS arrival_referrer
  FROM placed_visits GROUP BY session_id
), sums AS (
  SELECT session_id, max(ts) AS latest, count(*) AS events, count(*) FILTER (WHERE viewed) AS pageviews,
         bool_or(authenticated) AS authenticated, any_value(customer_id) AS customer_id, min(moment) AS first_moment,
         min(ts) AS first_ts, arg_min(event_id, moment) AS first_event
  FROM new_events GROUP BY session_id
)
SELECT * FROM sums JOIN arrivals USING (session_id)
"""
_CHANGED = (
    "last_event",
    "event_count",
    "pageview_count",
    "authenticated",
    "arrival_campaign",
    "arrival_referrer",
)


def _visits() -> str:
    """The statement that makes `visits`: every visit with new events, as it is after them."""
    return f"""
    CREATE OR REPLACE TEMP TABLE visits AS
    SELECT true AS is_new, p.session_id, CASE WHEN p.app THEN 'app' ELSE 'web' END AS session_type, i.ts AS started,
           c.latest AS last_event, c.events AS event_count, c.pageviews AS pageview_count,
           {values(("customer_id", "customer_id_type", *_CONTEXT, "referrer_keywords"))},
           c.authenticated, c.arrival_campaign, c.arrival_referrer
    FROM incoming AS i JOIN (SELECT * FROM new_events WHERE begins) AS p ON p.row = i.row
    JOIN changes AS c USING (session_id)
    UNION ALL BY NAME
    SELECT false AS is_new, s.* REPLACE (
             greatest(s.last_event, c.latest) AS last_event, s.event_count + c.events AS event_count,
             s.pageview_count + c.pageviews AS pageview_count, s.authenticated OR c.authenticated AS authenticated,
             c.arrival_campaign AS arrival_campaign, c.arrival_referrer AS arrival_referrer)
    FROM known_sessions AS s JOIN changes AS c USING (session_id)
    """


def _events(received: datetime) -> str:
    """The rows of `events`: every column of the new events."""
    own = ("event_id", "seq", "session_id", "received")
    names = [name for name in EVENTS.names if name not in own]
    return f"""
    SELECT p.event_id, p.seq, p.session_id, TIMESTAMP '{received.isoformat(sep=" ")}' AS received, {values(names)}
    FROM incoming AS i JOIN new_events AS p ON p.row = i.row
    """


def take_in(
    writer: Writer,
    batch: Batch,
    definitions: Sequence[Json],
    source: Source,
    received: datetime,
) -> Taken:
    """Takes a batch in, inside the writer's transaction: repeats add nothing, the rest becomes visits, assignments, facts.

    `definitions` are the active segments as the API shows them; `received` is now, UTC without zone.
    """
    if batch.kind != "events":
        return actions.take_in(writer, batch, source)
    read = assign.read(definitions)
    staged = stage.events(writer, batch, source, read)
    if staged.added:
        _write_events(writer, read, received)
    return Taken(
        staged.added,
        staged.repeated,
        (*batch.refused, *staged.refused),
        batch.refused_more + staged.refused_more,
    )


def _write_events(writer: Writer, definitions: assign.Definitions, received: datetime) -> None:
    desk = writer.desk
    know(writer)
    visits.place(writer, stage.next_seq(writer))
    with writer.as_written():
        desk.execute(_CHANGES)
        desk.execute(_visits())
    assign.assign(writer, definitions)
    facts.write(writer)
    with writer.as_written():
        writer.append("events", _events(received))
    writer.append("sessions", "SELECT * EXCLUDE (is_new) FROM visits WHERE is_new")
    writer.replace("sessions", "session_id", _CHANGED, "(SELECT * FROM visits WHERE NOT is_new)")
    writer.append("assignments", "SELECT * EXCLUDE (moment) FROM assigned")


def know(writer: Writer) -> None:
    """Brings to the desk what the warehouse knows of the customers in `customers`: their visits and segments."""
    for name, table in (("known_sessions", "sessions"), ("known_assignments", "assignments")):
        writer.collect(
            name,
            f"SELECT * FROM {table} WHERE customer_id IN (SELECT customer_id FROM customers)",
            keys=("customers",),
        )
