"""Two narrow summaries of the facts, kept beside them and read in their place where the answer is the same.

    fact_hours      how many facts of each kind an hour has: for counts that are neither grouped nor filtered
    session_hours   which sessions an hour has, with what never changes about them: for distinct sessions

Both cover the facts before one hour, named in `settings`; what is younger is read from the facts themselves. Written again
are they only for facts that come late; an hour of `session_hours` may then name a session twice, which counting distinct
ones does not mind. Whoever removes facts forgets both, and the next `refresh` makes them anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from journeyadmin.contract.metrics import METRICS
from journeyserver.engine import notes
from journeyserver.engine.backends.base import Backend, Writer
from journeyserver.engine.columns import DIMENSION_COLUMNS, SESSION_HOURS
from journeyserver.engine.query import Filter, Query

SETTING = "rolled_up_to"
HOUR = timedelta(hours=1)

# After so many commits it was this hour.
_found: WeakKeyDictionary[Backend, tuple[int, datetime | None]] = WeakKeyDictionary()
_SESSION_COLUMNS = SESSION_HOURS.names[1:]
_DISTINCT = "nDistinctJourneySessions"
_SESSION_KINDS = METRICS[_DISTINCT].facts


def table_for(query: Query) -> str:
    """The table from which this query is answered soonest, where all of it were rolled up."""
    table = _by_contents(query)
    if table != "facts" and any(
        edge.minute or edge.second or edge.microsecond for edge in (e.astimezone(UTC) for e in query.edges)
    ):
        return "facts"
    return table


def _by_contents(query: Query) -> str:
    """The same, if its buckets begin at whole hours."""
    if query.views:
        return "facts"
    if (
        not query.group_by
        and query.filter is None
        and all(METRICS[name].aggregate == "count" for name in query.metrics)
    ):
        return "fact_hours"
    dimensions = {DIMENSION_COLUMNS[name] for name in (*query.group_by, *_filtered(query.filter))}
    if query.metrics == (_DISTINCT,) and dimensions <= set(_SESSION_COLUMNS):
        return "session_hours"
    return "facts"


def _filtered(filter_: Filter | None) -> list[str]:
    if filter_ is None:
        return []
    direct = [predicate.dimension for predicate in filter_.predicates]
    return direct + [predicate.dimension for clause in filter_.clauses for predicate in clause.predicates]


def rolled_up_to(ask: Callable[[str, Sequence[Any]], Mapping[str, Sequence[Any]]]) -> datetime | None:
    """The hour before which everything is rolled up, or None."""
    kept = notes.read(ask, SETTING)
    return datetime.fromisoformat(kept) if kept else None


def last_known(
    backend: Backend, ask: Callable[[str, Sequence[Any]], Mapping[str, Sequence[Any]]]
) -> datetime | None:
    """The same, as it was found before where nothing has been written since. To be confirmed after it was relied on: a
    transaction that ends at this moment is not known yet."""
    commits = backend.commits
    found = _found.get(backend)
    if found is None or found[0] != commits:
        found = _found[backend] = commits, rolled_up_to(ask)
    return found[1]


def of_writer(writer: Writer) -> datetime | None:
    """The same, as it is in the writer's transaction."""
    kept = notes.of_writer(writer, SETTING)
    return datetime.fromisoformat(kept) if kept else None


def note(writer: Writer, rows: str) -> None:
    """Counts facts that have just been written and may lie before that hour: a table of facts on the desk."""
    upto = of_writer(writer)
    if upto is not None:
        _add(writer, rows, f"ts < {_literal(upto)}")


def refresh(writer: Writer, upto: datetime) -> None:
    """Rolls up what has come since the last time, to this hour, which lies in the past for everything still to come."""
    upto = upto.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    before = of_writer(writer)
    if before is not None and before >= upto:
        return
    condition = f"ts < {_literal(upto)}" + (f" AND ts >= {_literal(before)}" if before is not None else "")
    columns = ", ".join(("ts", "kind", *_SESSION_COLUMNS))
    writer.collect("facts_to_roll_up", f"SELECT {columns} FROM facts WHERE {condition}")
    _add(writer, "facts_to_roll_up", "true")
    writer.desk.execute("DROP TABLE facts_to_roll_up")
    notes.write(writer, SETTING, upto.isoformat())


def forget(writer: Writer) -> None:
    """Empties both: facts were removed or changed."""
    notes.remove(writer, SETTING)
    writer.execute("DELETE FROM fact_hours")
    writer.execute("DELETE FROM session_hours")


def _add(writer: Writer, rows: str, condition: str) -> None:
    writer.append(
        "fact_hours",
        f"SELECT date_trunc('hour', ts) AS ts, kind, count(*) AS facts FROM {rows} WHERE {condition} GROUP BY ALL ORDER BY ts",
    )
    kinds = ", ".join(f"'{kind}'" for kind in _SESSION_KINDS)
    columns = ", ".join(_SESSION_COLUMNS)
    writer.append(
        "session_hours",
        f"SELECT DISTINCT date_trunc('hour', ts) AS ts, {columns} FROM {rows} WHERE {condition} AND kind IN ({kinds}) ORDER BY ts",
    )


def _literal(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
