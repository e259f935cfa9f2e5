"""Taking things out of the warehouse for good: a customer who asks for it, and whatever is too old. No Django inside.

What an erased customer leaves behind are facts without a person (docs/decisions/0019): counted as before, with new random
ids in place of everything that came from the customer, and their time cut to the quarter of an hour.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from journeyadmin.contract.names import is_uuid
from journeyserver.engine import notes, rollups
from journeyserver.engine.backends.base import Backend, Writer

Counts = dict[str, int]

RETENTION = "retention"

# An import's own notes, gone when it ends: nothing that anybody counts.
_COUNTED = ("events", "sessions", "assignments", "actions", "facts")


def counts(backend: Backend, customer_id: str) -> Counts:
    """How many rows of each table are about a customer."""
    about, cursor = _about(customer_id), backend.cursor()
    try:
        return {
            table: cursor.run(
                f"SELECT count(*) AS number FROM {table} WHERE {about[table]}",
                _places(about[table], customer_id),
            )["number"][0]
            for table in _COUNTED
        }
    finally:
        cursor.close()


def erase(backend: Backend, customer_id: str) -> Counts:
    """Removes a customer, all or nothing; how many rows of each table were about them."""
    before: Counts = {}
    with backend.transaction() as writer:
        for table, condition in _about(customer_id).items():
            given = _places(condition, customer_id)
            (number,) = writer.execute(f"SELECT count(*) FROM {table} WHERE {condition}", given).fetchall()[0]
            if table in _COUNTED:
                before[table] = number
            if not number:
                continue
            if table == "facts":
                writer.collect("of_customer", f"SELECT * FROM facts WHERE {condition}", given)
            writer.execute(f"DELETE FROM {table} WHERE {condition}", given)
            if table == "facts":
                _leave_anonymous(writer)
                rollups.forget(writer)
    backend.sample.forget()
    return {table: before[table] for table in _COUNTED}


def kept(customer_id: str) -> str:
    """How an id is told apart: a UUID in small letters, however a site, a file or whoever asks may write it."""
    return customer_id.lower() if is_uuid(customer_id) else customer_id


def _about(customer_id: str) -> dict[str, str]:
    """Table → which of its rows are about a customer. Facts and actions before the sessions that lead to them."""
    # Web events keep UUIDs in small letters, files as they stand in there; a query finds both (predicates.py).
    column = "lower({})" if is_uuid(customer_id) else "{}"
    theirs = f"{column.format('customer_id')} = ?"
    sessions = f"SELECT session_id FROM sessions WHERE {theirs}"
    return {
        "facts": f"{column.format('journey_customer_id')} = ? OR journey_session_id IN ({sessions})",
        "actions": f"session_id IN ({sessions})",
        "events": theirs,
        "assignments": theirs,
        "repeats": theirs,
        "sessions": theirs,
    }


def _places(condition: str, customer_id: str) -> list[str]:
    return [kept(customer_id)] * condition.count("?")


def _leave_anonymous(writer: Writer) -> None:
    """Puts the facts on the desk's `of_customer` back, without the customer."""
    desk = writer.desk
    for name, column in (("new_sessions", "journey_session_id"), ("new_actions", "journey_action_id")):
        desk.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT DISTINCT {column} AS old, NULL::UUID AS id "
            f"FROM of_customer WHERE {column} IS NOT NULL"
        )
        desk.execute(f"UPDATE {name} SET id = uuid()")
    columns = [row[0] for row in desk.execute("SELECT column_name FROM (DESCRIBE of_customer)").fetchall()]
    replaced = {
        "fact_id": "uuid()",
        # Days and hours of every zone are made of quarters, so no total moves.
        "ts": "time_bucket(INTERVAL '15 minutes', f.ts)",
        "journey_session_id": "new_sessions.id",
        "journey_action_id": "new_actions.id",
        "journey_customer_id": "NULL",
        "journey_customer_id_type": "NULL",
    }
    chosen = ", ".join(f"{replaced.get(column, f'f.{column}')} AS {column}" for column in columns)
    writer.append(
        "facts",
        f"SELECT {chosen} FROM of_customer AS f LEFT JOIN new_sessions ON new_sessions.old = f.journey_session_id "
        "LEFT JOIN new_actions ON new_actions.old = f.journey_action_id",
    )
    for name in ("of_customer", "new_sessions", "new_actions"):
        desk.execute(f"DROP TABLE {name}")


def retain(backend: Backend, days: int, now: datetime) -> Counts:
    """Removes what is older than so many days, and notes when; how many rows of each table that were.

    A visit goes as a whole once its last event is that old. An assignment that still holds stays while its customer has visits.
    """
    with backend.transaction() as writer:
        removed = _retain(writer, days, now)
    backend.sample.forget()
    return removed


def retain_if_due(backend: Backend, days: int, now: datetime, every: timedelta) -> Counts | None:
    """The same where the last time was at least `every` ago, else None. Of several who ask at once, one does it."""
    with backend.transaction() as writer:
        kept = notes.of_writer(writer, RETENTION)
        if kept and now - datetime.fromisoformat(json.loads(kept)["lastRun"]) < every:
            return None
        removed = _retain(writer, days, now)
    backend.sample.forget()
    return removed


def _retain(writer: Writer, days: int, now: datetime) -> Counts:
    try:
        old = _literal(now - timedelta(days=days))
    except OverflowError:
        # Before the year 1 there is nothing.
        old = _literal(datetime.min.replace(tzinfo=UTC))
    visits = f"SELECT session_id FROM sessions WHERE last_event < {old}"
    conditions = {
        "events": f"session_id IN ({visits})",
        "actions": f"session_id IN ({visits})",
        "sessions": f"last_event < {old}",
        "facts": f"ts < {old}",
        "assignments": f"ts < {old} AND (segment_scope = 'Session' OR expires < {_literal(now)} "
        "OR customer_id NOT IN (SELECT customer_id FROM sessions))",
        "refused": f"received < {old}",
    }
    removed: Counts = {}
    for table, condition in conditions.items():
        (removed[table],) = writer.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()[0]
        if removed[table]:
            writer.execute(f"DELETE FROM {table} WHERE {condition}")
            if table == "facts":
                rollups.forget(writer)
    notes.write(writer, RETENTION, json.dumps({"lastRun": _text(now), "removed": removed["events"]}))
    return removed


def last_retention(backend: Backend) -> dict[str, Any]:
    """`lastRun` and `removed` (events) of the last time, empty where there was none."""
    cursor = backend.cursor()
    try:
        kept = notes.read(cursor.run, RETENTION)
    finally:
        cursor.close()
    found: dict[str, Any] = json.loads(kept) if kept else {}
    return found


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None)}'"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
