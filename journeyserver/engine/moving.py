"""Copies a warehouse from one engine to another, and compares the two by counts and by their answers. No Django inside.

A copy is one transaction of the target: a process that is killed leaves nothing of it that anybody could see.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from journeyserver.engine.answering import answer
from journeyserver.engine.backends.base import Backend, Cursor, WarehouseError
from journeyserver.engine.columns import SCHEMA, SORTED_MONTHS, TABLES, Table

Json = dict[str, Any]

_OWN_SETTINGS = (SCHEMA, SORTED_MONTHS)
# Where a warehouse keeps its rows in an order of its own, they are read in that: others find them faster so.
_ORDER = {"events": "ts", "sessions": "started", "facts": "kind, ts"}
# Sums may differ in their last digits, as each engine adds in an order of its own.
_CLOSE = 1e-9


class Differs(Exception):
    """The copy is not what was copied; the text says in what."""


def counts(cursor: Cursor) -> dict[str, int]:
    """How many rows each table has; of the settings, those that are copied."""
    found = {}
    for table in TABLES:
        (number,) = cursor.run(f"SELECT count(*) AS number FROM {table.name}{_which(table)}")["number"]
        found[table.name] = int(number)
    return found


def copy(
    source: Backend,
    cursor: Cursor,
    target: Backend,
    on_progress: Callable[[str, int], None] = lambda table, rows: None,
) -> dict[str, int]:
    """Copies everything that the source's cursor reads to an empty target, in one transaction; how many rows, by table.

    Raises WarehouseError, also where the target is not empty.
    """
    looking = target.cursor()
    try:
        there = sum(counts(looking).values())
    finally:
        looking.close()
    if there:
        raise WarehouseError(f"{there:,} rows are there already, and what is moved needs an empty place.")
    copied = {}
    with target.transaction() as writer:
        for table in TABLES:
            number = 0
            for piece in cursor.tables(_read(table, ordered=source.keeps_order)):
                writer.add(table.name, piece)
                number += piece.num_rows
                on_progress(table.name, number)
            copied[table.name] = number
    return copied


def empty(target: Backend) -> None:
    """Takes a copy back."""
    with target.transaction() as writer:
        for table in TABLES:
            writer.execute(f"DELETE FROM {table.name}{_which(table)}")


def _which(table: Table) -> str:
    own = ", ".join(f"'{name}'" for name in _OWN_SETTINGS)
    return f" WHERE name NOT IN ({own})" if table.name == "settings" else ""


def _read(table: Table, *, ordered: bool) -> str:
    columns = [
        f"CAST({column.name} AS VARCHAR) AS {column.name}" if column.type == "kind" else column.name
        for column in table.columns
    ]
    order = f" ORDER BY {_ORDER[table.name]}" if ordered and table.name in _ORDER else ""
    return f"SELECT {', '.join(columns)} FROM {table.name}{_which(table)}{order}"


def compare(source: Backend, target: Backend) -> int:
    """Compares the counts of all tables and the answers to all `questions`; how many questions. Raises Differs."""
    asking, other = source.cursor(), target.cursor()
    try:
        before, after = counts(asking), counts(other)
        for table, number in before.items():
            if after[table] != number:
                raise Differs(f"{table} has {after[table]:,} rows and should have {number:,}")
        span = asking.run("SELECT min(ts) AS first, max(ts) AS last FROM facts")
    finally:
        asking.close()
        other.close()
    asked = questions(span["first"][0] or datetime(2024, 1, 1), span["last"][0] or datetime(2024, 1, 2))
    for number, question in enumerate(asked, 1):
        if not _same(
            json.loads(bytes(answer(source, question))), json.loads(bytes(answer(target, question)))
        ):
            raise Differs(f"question {number} is answered otherwise: {json.dumps(question)}")
    return len(asked)


def questions(first: datetime, last: datetime) -> tuple[Json, ...]:
    """Twenty questions about facts from `first` to `last` (UTC without zone): each kind of metric, of group and of filter."""
    start = first.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    end = last.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + timedelta(days=1)
    recent = max(start, end - timedelta(days=30))
    counted = ["nJourneySessions", "nJourneySegmentsAssigned", "nJourneyOutcomesAchieved"]
    actions = ["nWebActionsQualified", "nWebActionsOffered", "nWebActionsAccepted", "nJourneyActionsBlocked"]
    value, sessions = ["oJourneyOutcomeValue"], ["nDistinctJourneySessions"]

    def ask(metrics: list[str], *group: str, since: datetime = start, **more: Any) -> Json:
        return {
            "interval": f"{since.isoformat()}/{end.isoformat()}",
            "metrics": metrics,
            "groupBy": list(group),
            **more,
        }

    def where(dimension: str, **more: Any) -> Json:
        return {"type": "and", "predicates": [{"dimension": dimension, **more}]}

    either = {
        "type": "or",
        "clauses": [
            {"type": "and", "predicates": [{"dimension": "journeyDeviceCategory", "value": "mobile"}]}
        ],
        "predicates": [{"dimension": "journeySegmentId", "operator": "exists"}],
    }
    view = {"target": "oJourneyOutcomeValue", "name": "dear", "function": "rangeBound", "range": {"gte": 50}}
    return (
        ask(counted),
        ask(counted, granularity="P1D"),
        ask(counted, granularity="P1D", timeZone="America/New_York"),
        ask(counted, granularity="P1M", timeZone="Europe/Berlin"),
        ask(counted, since=recent, granularity="PT6H"),
        ask(sessions),
        ask(sessions, "journeyDeviceCategory", granularity="P1D"),
        ask(sessions, "journeyIpGeolocationCountry", since=recent),
        ask(["nDistinctJourneyActions"], "journeyActionMapId"),
        ask(actions, "journeyActionMediaType"),
        ask(actions, "journeyActionTargetId", granularity="P1W"),
        ask(actions, "journeyActionMapId", "journeyDeviceType"),
        ask(["nJourneySegmentsAssigned"], "journeySegmentId", granularity="P1D"),
        ask(counted, "journeySessionSegmentId", since=recent),
        ask(counted, "journeySessionSegmentId", since=recent, flattenMultivaluedDimensions=True),
        ask(value, "journeyOutcomeId", granularity="P1M"),
        ask(value, views=[view]),
        ask(counted, filter=where("journeyDeviceCategory", value="desktop"), granularity="P1D"),
        ask(
            counted,
            "journeyCustomerIdType",
            filter=where("journeyIpGeolocationCountry", operator="notExists"),
        ),
        ask([*counted, *sessions], "journeySegmentScope", filter=either),
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
