"""Web actions, blocked offers and outcomes: reports about a visit that is there already, each of which becomes a fact.

An action is a state machine (contract/lifecycle.py): it enters each state at most once, so the same report sent again is
known by its action and state, and a report of a state that cannot follow is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow

from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.lifecycle import FIRST_STATES, STATES, may_follow
from journeyserver.engine.backends.base import Writer
from journeyserver.engine.columns import ACTIONS, DIMENSION_COLUMNS, FACTS
from journeyserver.ingest import facts
from journeyserver.ingest.assign import NOTHING_ASSIGNED
from journeyserver.ingest.identity import id_sql
from journeyserver.ingest.incoming import COLUMNS, Batch, Kind, Refused
from journeyserver.ingest.stage import SHOWN, Source, lay_out
from journeyserver.ingest.taken import Taken

NO_VISIT = "No visit that this belongs to is known."

_TYPES = {column.name: column.type for column in FACTS.columns}
# What is known of an action by its first report: column of `actions` → column of a fact.
_ABOUT = {
    "media_type": "journey_action_media_type",
    "action_map_id": "journey_action_map_id",
    "action_map_version": "journey_action_map_version",
    "action_target_id": "journey_action_target_id",
    "action_template_id": "journey_action_template_id",
}


def _own_dimensions(kind: Kind) -> tuple[str, ...]:
    """The columns of a fact that rows of this kind bring along, the visit's excepted."""
    return tuple(
        column.name
        for column in COLUMNS[kind]
        if column.name in _TYPES and column.name not in ("ts", "value", *facts.SESSION_COLUMNS)
    )


def take_in(writer: Writer, batch: Batch, source: Source) -> Taken:
    """Takes in a batch of actions, blocks or outcomes. Their visits must have been taken in before."""
    desk = writer.desk
    arrived = lay_out(writer, batch, source.shift)
    if not arrived:
        return Taken(0, 0, batch.refused, batch.refused_more)
    _find_visits(writer, batch.kind)
    wrong = desk.execute(
        "SELECT number, problem, concat_ws(' ', ts, customer_id) FROM reports WHERE problem IS NOT NULL ORDER BY number"
    ).fetchall()
    refused = [Refused(*row) for row in wrong]
    desk.execute("DELETE FROM reports WHERE problem IS NOT NULL")
    if batch.kind == "actions":
        more = _enter_states(writer)
        refused += more
    else:
        _keep_moments(desk, batch.kind)
    added = _write(writer, batch.kind)
    return Taken(
        added,
        arrived - added - len(refused),
        (*batch.refused, *refused[:SHOWN]),
        batch.refused_more + max(0, len(refused) - SHOWN),
    )


def _find_visits(writer: Writer, kind: Kind) -> None:
    """`reports`: each row with its visit, or the problem with it; `visits` and what their customers hold."""
    desk = writer.desk
    acts = kind in ("actions", "blocks")
    action = "TRY_CAST(journey_action_id AS UUID)" if acts else "NULL::UUID"
    desk.execute(
        f"CREATE OR REPLACE TEMP TABLE action_ids AS SELECT DISTINCT {action} AS action_id FROM incoming"
    )
    writer.collect(
        "known_actions",
        "SELECT * FROM actions WHERE action_id IN (SELECT action_id FROM action_ids)",
        keys=("action_ids",),
    )
    desk.execute(
        "CREATE OR REPLACE TEMP TABLE session_ids AS SELECT TRY_CAST(journey_session_id AS UUID) AS session_id FROM incoming "
        "UNION SELECT session_id FROM known_actions"
    )
    desk.execute("CREATE OR REPLACE TEMP TABLE customers AS SELECT DISTINCT customer_id FROM incoming")
    writer.collect(
        "visits",
        "SELECT * FROM sessions WHERE session_id IN (SELECT session_id FROM session_ids) "
        "OR customer_id IN (SELECT customer_id FROM customers)",
        keys=("session_ids", "customers"),
    )
    columns = ", ".join(
        f"TRY_CAST(i.{name} AS UUID) AS {name}" if _TYPES[name] == "uuid" else f"i.{name}"
        for name in _own_dimensions(kind)
    )
    rest = ", ".join(
        f"i.{column.name}"
        for column in COLUMNS[kind]
        if column.name not in (*_own_dimensions(kind), "journey_session_id")
    )
    # Later reports of an action need only name it, also where its first one came along with them.
    first = (
        "first_value(coalesce(s.session_id, l.session_id) IGNORE NULLS) OVER (PARTITION BY i.journey_action_id ORDER BY i.ts, i.number)"
        if kind == "actions"
        else "NULL::UUID"
    )
    desk.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE reports AS
        SELECT {columns}, {rest}, coalesce(of_action, of_report, of_first) AS session_id, {_problem(kind)} AS problem
        FROM (
          SELECT i.*, k.session_id AS of_action, coalesce(s.session_id, l.session_id) AS of_report, {first} AS of_first
          FROM incoming AS i
          LEFT JOIN known_actions AS k ON k.action_id = {"TRY_CAST(i.journey_action_id AS UUID)" if acts else "NULL::UUID"}
          LEFT JOIN visits AS s ON s.session_id = TRY_CAST(i.journey_session_id AS UUID)
          ASOF LEFT JOIN (SELECT session_id, customer_id, started FROM visits) AS l
            ON l.customer_id = i.customer_id AND l.started <= i.ts
        ) AS i
        """
    )
    desk.execute("CREATE OR REPLACE TEMP TABLE customers AS SELECT DISTINCT customer_id FROM visits")
    writer.collect(
        "known_assignments",
        "SELECT * FROM assignments WHERE customer_id IN (SELECT customer_id FROM customers)",
        keys=("customers",),
    )


def _problem(kind: Kind) -> str:
    """SQL for one sentence on what is wrong with a report, or null."""
    needed = {
        "actions": "journey_action_id",
        "blocks": "journey_blocking_reason",
        "outcomes": "journey_outcome_id",
    }
    tests = [
        ("i.ts IS NULL", "The time is missing or cannot be read."),
        (f"i.{needed[kind]} IS NULL", f"There is no {_spelling(needed[kind])}."),
    ]
    tests += [
        (
            f"i.{name} IS NOT NULL AND TRY_CAST(i.{name} AS UUID) IS NULL",
            f"The {_spelling(name)} is not a UUID.",
        )
        for name in _own_dimensions(kind)
        if _TYPES[name] == "uuid"
    ]
    if kind == "outcomes":
        tests.append(
            (
                "coalesce(i.outcome, 'achieved') NOT IN ('achieved', 'attributed')",
                "An outcome is achieved or attributed.",
            )
        )
        tests.append(("NOT isfinite(i.value)", "The value is not a number."))
    tests.append(
        (
            # A known action makes up for a visit that is not named, and not for one that nobody knows.
            "coalesce(CASE WHEN i.journey_session_id IS NULL THEN coalesce(of_action, of_first) END, of_report) IS NULL",
            NO_VISIT,
        )
    )
    return "CASE " + " ".join(f"WHEN {test} THEN '{sentence}'" for test, sentence in tests) + " END"


_SPELLING = {column: name for name, column in DIMENSION_COLUMNS.items()}


def _spelling(column: str) -> str:
    name = _SPELLING[column]
    return (
        DIMENSIONS[name].label.lower() if not name.endswith("Id") else f"{DIMENSIONS[name].label.lower()} id"
    )


@dataclass
class Action:
    """An action as its reports have made it so far."""

    action_id: Any
    session_id: Any
    state: str | None
    state_ts: Any
    entered: list[str]
    about: dict[str, Any]
    error_code: str | None = None
    error_message: str | None = None


def _enter_states(writer: Writer) -> list[Refused]:
    """Leaves `moments`, a row per state entered, and writes `actions`; what cannot follow is refused."""
    desk = writer.desk
    known = {
        row["action_id"]: Action(
            row["action_id"],
            row["session_id"],
            row["state"],
            row["state_ts"],
            list(row["entered"] or ()),
            {name: row[name] for name in _ABOUT},
            row["error_code"],
            row["error_message"],
        )
        for row in _rows(desk, "SELECT * FROM known_actions")
    }
    changed: dict[Any, Action] = {}
    refused: list[Refused] = []
    entered: list[dict[str, Any]] = []
    for report in _rows(desk, "SELECT * FROM reports ORDER BY ts, number"):
        action = known.get(report["journey_action_id"])
        if action is None:
            about = {name: report[column] for name, column in _ABOUT.items()}
            action = Action(report["journey_action_id"], report["session_id"], None, None, [], about)
        state = str(report["action_state"])
        if state in action.entered:
            continue
        if not may_follow(action.about["media_type"], action.state, state):
            refused.append(
                Refused(report["number"], refusal(action.state, state), str(report["journey_action_id"]))
            )
            continue
        known[action.action_id] = changed[action.action_id] = action
        action.state, action.state_ts = state, report["ts"]
        action.entered.append(state)
        action.error_code, action.error_message = report["error_code"], report["error_message"]
        entered.append(_fact(action, report))
    _lay(desk, "entered_states", entered, _ENTERED)
    rows = [
        {
            "action_id": str(action.action_id),
            "session_id": str(action.session_id),
            "state": action.state,
            "state_ts": action.state_ts,
            "entered": action.entered,
            "error_code": action.error_code,
            "error_message": action.error_message,
            **{name: None if value is None else _plain(value) for name, value in action.about.items()},
        }
        for action in changed.values()
    ]
    _lay(desk, "changed_actions", rows, _ACTION_ROWS)
    _keep_actions(writer)
    return refused


def refusal(before: str | None, after: str) -> str:
    """Why an action that is in `before` cannot enter `after`."""
    if after not in STATES:
        return f"There is no action state {after!r:.40}."
    if before is None:
        return f"An action begins with {' or '.join(FIRST_STATES)}, not with {after}."
    return f"An action that is {before} cannot become {after}."


def _fact(action: Action, report: Mapping[str, Any]) -> dict[str, Any]:
    state = str(action.state)
    return {
        "kind": STATES[state].fact_kind,
        "ts": report["ts"],
        "session_id": str(action.session_id),
        "journey_action_id": str(action.action_id),
        **{
            column: None if action.about[name] is None else _plain(action.about[name])
            for name, column in _ABOUT.items()
        },
        "journey_frequency_cap_reason": report["journey_frequency_cap_reason"]
        if state == "frequencyCapReached"
        else None,
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


_TEXT = pyarrow.string()
_ENTERED = pyarrow.schema(
    [("kind", _TEXT), ("ts", pyarrow.timestamp("us")), ("session_id", _TEXT), ("journey_action_id", _TEXT)]
    + [
        (column, pyarrow.int64() if _TYPES[column] == "bigint" else _TEXT)
        for column in (*_ABOUT.values(), "journey_frequency_cap_reason")
    ]
)
_ACTION_ROWS = pyarrow.schema(
    [
        (
            column.name,
            {"time": pyarrow.timestamp("us"), "bigint": pyarrow.int64(), "texts": pyarrow.list_(_TEXT)}.get(
                column.type, _TEXT
            ),
        )
        for column in ACTIONS.columns
    ]
)


def _lay(desk: Any, name: str, rows: Sequence[Mapping[str, Any]], schema: Any) -> None:
    desk.register("laid_out", pyarrow.Table.from_pylist([dict(row) for row in rows], schema=schema))
    desk.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM laid_out")
    desk.unregister("laid_out")


def _keep_actions(writer: Writer) -> None:
    types = {column.name: column.type for column in ACTIONS.columns}
    columns = ", ".join(
        f"CAST({name} AS UUID) AS {name}" if types[name] == "uuid" else name for name in ACTIONS.names
    )
    writer.desk.execute(
        f"CREATE OR REPLACE TEMP TABLE changed_actions AS SELECT {columns} FROM changed_actions"
    )
    writer.replace("actions", "action_id", ACTIONS.names[2:7], "changed_actions")
    writer.append("actions", "SELECT * FROM changed_actions ANTI JOIN known_actions USING (action_id)")
    own = ", ".join(
        f"CAST({name} AS UUID) AS {name}" if _TYPES[name] == "uuid" else name
        for name in ("journey_action_id", *_ABOUT.values(), "journey_frequency_cap_reason")
    )
    writer.desk.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE moments AS
        SELECT {id_sql("kind", "journey_action_id")} AS fact_id, kind, ts, {facts.latest("ts")} AS moment,
               CAST(session_id AS UUID) AS session_id, NULL::DOUBLE AS value, {own}
        FROM entered_states WHERE kind IS NOT NULL
        """
    )


_KINDS = {
    "blocks": "'action_blocked'",
    "outcomes": "CASE WHEN outcome = 'attributed' THEN 'outcome_attributed' ELSE 'outcome_achieved' END",
}


def _keep_moments(desk: Any, kind: Kind) -> None:
    """`moments`: one per different report."""
    own = _own_dimensions(kind)
    value = "value" if kind == "outcomes" else "NULL::DOUBLE AS value"
    identity = id_sql(
        "kind",
        "epoch_us(ts)",
        "CAST(session_id AS VARCHAR)",
        *(f"coalesce(CAST({name} AS VARCHAR), '')" for name in own),
        "coalesce(CAST(value AS VARCHAR), '')",
    )
    desk.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE moments AS
        SELECT DISTINCT ON (fact_id) {identity} AS fact_id, * FROM (
          SELECT {_KINDS[kind]} AS kind, ts, {facts.latest("ts")} AS moment, session_id, {value}, {", ".join(own)}
          FROM reports) AS each_of_them
        """
    )


def _write(writer: Writer, kind: Kind) -> int:
    """Writes the facts that are not there yet; how many reports were new."""
    desk = writer.desk
    desk.execute(
        "CREATE OR REPLACE TEMP TABLE moments AS SELECT m.*, v.customer_id FROM moments AS m JOIN visits AS v USING (session_id)"
    )
    if kind != "actions":
        first, last = desk.execute("SELECT min(ts), max(ts) FROM moments").fetchall()[0]
        if first is not None:
            kinds = ["action_blocked"] if kind == "blocks" else ["outcome_achieved", "outcome_attributed"]
            places = ", ".join("?" for _ in kinds)
            writer.collect(
                "facts_before",
                f"SELECT fact_id FROM facts WHERE kind IN ({places}) AND ts BETWEEN ? AND ?",
                (*kinds, first, last),
            )
            desk.execute("DELETE FROM moments WHERE fact_id IN (SELECT fact_id FROM facts_before)")
    desk.execute(NOTHING_ASSIGNED)
    columns = ", ".join(f"m.{name}" for name in ("value", *_columns(kind)))
    written = facts.write_moments(writer, columns)
    if kind == "actions":
        (written,) = desk.execute("SELECT count(*) FROM entered_states").fetchall()[0]
    return written


def _columns(kind: Kind) -> tuple[str, ...]:
    if kind == "actions":
        return ("journey_action_id", *_ABOUT.values(), "journey_frequency_cap_reason")
    return _own_dimensions(kind)


def _rows(desk: Any, sql: str) -> Iterator[dict[str, Any]]:
    cursor = desk.execute(sql)
    names = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        yield dict(zip(names, row, strict=True))
