"""take_in: the one path by which anything that happened gets into the warehouse."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from journeyserver.engine.backends.base import Writer
from journeyserver.engine.columns import CONTEXT_COLUMNS, EVENTS
from journeyserver.ingest import actions, assign, facts, stage, visits
from journeyserver.ingest.incoming import Batch
from journeyserver.ingest.stage import Source
from journeyserver.ingest.taken import Taken

Json = Mapping[str, Any]


_CONTEXT = tuple(column for column in CONTEXT_COLUMNS.values() if column != "authenticated")

_NEW_EVENTS = f"""
CREATE OR REPLACE TEMP TABLE new_events AS
SELECT p.seq, {assign.moment("p.ts", "p.seq")} AS moment, p.session_id, p.event_id, p.begins, p.is_pageview, p.session_type,
       p.arrival_campaign, p.arrival_referrer, clean.* EXCLUDE (number, user_agent)
FROM placed AS p JOIN clean ON clean.rowid = p.row ORDER BY p.seq
"""
# One row per visit with new events: what they add to it.
_CHANGES = """
CREATE OR REPLACE TEMP TABLE changes AS
SELECT session_id, max(ts) AS latest, count(*) AS events, count(*) FILTER (WHERE is_pageview) AS pageviews,
       bool_or(authenticated) AS authenticated,
       nullif(arg_max(coalesce(arrival_campaign, ''), seq), '') AS arrival_campaign,
       nullif(arg_max(coalesce(arrival_referrer, ''), seq), '') AS arrival_referrer
FROM new_events GROUP BY session_id
"""
_BEGUN = f"""
CREATE OR REPLACE TEMP TABLE begun AS
SELECT e.session_id, e.session_type, e.customer_id, e.customer_id_type, e.ts AS started, c.latest AS last_event,
       c.events AS event_count, c.pageviews AS pageview_count, {", ".join(f"e.{name}" for name in _CONTEXT)},
       c.authenticated, e.referrer_keywords, c.arrival_campaign, c.arrival_referrer
FROM new_events AS e JOIN changes AS c USING (session_id) WHERE e.begins
"""
_CHANGED = (
    "last_event",
    "event_count",
    "pageview_count",
    "authenticated",
    "arrival_campaign",
    "arrival_referrer",
)
_GOING_ON = """
CREATE OR REPLACE TEMP TABLE going_on AS
SELECT s.* REPLACE (greatest(s.last_event, c.latest) AS last_event, s.event_count + c.events AS event_count,
                    s.pageview_count + c.pageviews AS pageview_count, s.authenticated OR c.authenticated AS authenticated,
                    c.arrival_campaign AS arrival_campaign, c.arrival_referrer AS arrival_referrer)
FROM known_sessions AS s JOIN changes AS c USING (session_id)
"""
_VISITS = """
CREATE OR REPLACE TEMP TABLE visits AS
SELECT * FROM begun UNION ALL BY NAME SELECT * FROM going_on
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
    staged = stage.events(writer, batch, source)
    if staged.added:
        _write_events(writer, definitions, received)
    return Taken(
        staged.added,
        staged.repeated,
        (*batch.refused, *staged.refused),
        batch.refused_more + staged.refused_more,
    )


def _write_events(writer: Writer, definitions: Sequence[Json], received: datetime) -> None:
    desk = writer.desk
    know(writer)
    visits.place(writer)
    for statement in (_NEW_EVENTS, _CHANGES, _BEGUN, _GOING_ON, _VISITS):
        desk.execute(statement)
    assign.assign(writer, assign.read(definitions))
    facts.write(writer)
    columns = ", ".join(name for name in EVENTS.names if name != "received")
    writer.append(
        "events",
        f"SELECT {columns}, TIMESTAMP '{received.isoformat(sep=' ')}' AS received FROM new_events ORDER BY seq",
    )
    writer.append("sessions", "SELECT * FROM begun ORDER BY started")
    writer.replace("sessions", "session_id", _CHANGED, "going_on")
    writer.append("assignments", "SELECT * EXCLUDE (moment) FROM assigned ORDER BY ts")


def know(writer: Writer) -> None:
    """Brings to the desk what the warehouse knows of the customers in `customers`: their visits and segments."""
    for name, table in (("known_sessions", "sessions"), ("known_assignments", "assignments")):
        writer.collect(
            name,
            f"SELECT * FROM {table} WHERE customer_id IN (SELECT customer_id FROM customers)",
            keys=("customers",),
        )
