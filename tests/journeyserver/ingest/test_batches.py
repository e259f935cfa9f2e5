"""However a stream is cut, and however late its pieces come: visits, assignments and facts are those of an evaluator
that goes event by event."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeyserver.engine.backends.base import Backend
from journeyserver.engine.columns import TABLES
from journeyserver.ingest import incoming
from journeyserver.ingest.few import Few
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source
from journeyserver.ingest.taken import Taken
from tests.journeyserver.ingest import streams
from tests.journeyserver.ingest.evaluator import Evaluator

NOW = datetime(2024, 5, 1)


def empty(backend: Backend) -> None:
    with backend.transaction() as writer:
        for table in TABLES:
            if table.name != "settings":
                writer.execute(f"DELETE FROM {table.name}")


def take(
    backend: Backend,
    rows: list[dict[str, Any]],
    definitions: list[dict[str, Any]] | None = None,
    source: Source | None = None,
    kind: incoming.Kind = "events",
) -> Taken:
    with backend.transaction() as writer:
        batch = incoming.Batch(kind, incoming.table(kind, rows), 0, 0)
        return take_in(writer, batch, definitions or [], source or Source(), NOW)


def read(backend: Backend, sql: str) -> list[dict[str, Any]]:
    cursor = backend.cursor()
    try:
        columns = cursor.run(sql)
    finally:
        cursor.close()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def stored(backend: Backend) -> dict[str, list[Any]]:
    """What the warehouse holds, in a form that can be compared."""
    visits = read(backend, "SELECT * FROM sessions")
    assignments = read(backend, "SELECT * FROM assignments")
    facts = read(backend, "SELECT * FROM facts")
    events = read(backend, "SELECT * FROM events")
    return {
        "visits": sorted(
            (
                str(row["session_id"]),
                row["session_type"],
                row["customer_id"],
                row["started"],
                row["last_event"],
                row["event_count"],
                row["pageview_count"],
                row["authenticated"],
                row["device_category"] or "",
                row["mkt_campaign_source"] or "",
            )
            for row in visits
        ),
        "events": sorted((str(row["event_id"]), str(row["session_id"])) for row in events),
        "assignments": sorted(
            (
                str(row["segment_id"]),
                row["segment_scope"],
                row["customer_id"],
                str(row["session_id"]),
                str(row["event_id"]),
                row["ts"],
                str(row["expires"]),
            )
            for row in assignments
        ),
        "facts": sorted(
            (
                row["kind"],
                row["ts"],
                str(row["journey_session_id"]),
                str(row["journey_segment_id"]),
                ",".join(str(part) for part in row["journey_session_segment_id"] or []),
            )
            for row in facts
        ),
    }


def evaluated(oracle: Evaluator) -> dict[str, list[Any]]:
    return {
        "visits": sorted(
            (
                str(visit.session_id),
                visit.type,
                visit.customer,
                visit.started,
                max(visit.last, *(event.row["ts"] for event in visit.events)),
                len(visit.events),
                sum(event.row["event_name"] == "page_viewed" for event in visit.events),
                any(event.row.get("authenticated") for event in visit.events),
                visit.first.get("device_category") or "",
                visit.first.get("mkt_campaign_source") or "",
            )
            for visit in oracle.visits
        ),
        "events": sorted((str(event.event_id), str(event.visit.session_id)) for event in oracle.events),
        "assignments": sorted(
            (
                row.segment_id,
                row.scope,
                row.customer,
                str(row.session_id),
                str(row.event_id),
                row.ts,
                str(row.expires),
            )
            for row in oracle.assignments
        ),
        "facts": sorted(
            (row.kind, row.ts, str(row.session_id), str(row.segment_id), ",".join(row.held))
            for row in oracle.facts
        ),
    }


Way = Callable[[Backend, list[dict[str, Any]], list[dict[str, Any]]], object]


def in_memory() -> Way:
    """The way of live events: what is known of the customers stays in memory from one delivery to the next."""
    few = Few()

    def take_few(backend: Backend, rows: list[dict[str, Any]], definitions: list[dict[str, Any]]) -> None:
        with backend.transaction() as writer:
            few.take_in(writer, backend.commits, rows, definitions, NOW)

    return take_few


def agree(
    backend: Backend, deliveries: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]], ways: list[Way]
) -> None:
    """Each delivery by the next of these ways."""
    empty(backend)
    oracle = Evaluator()
    for (rows, definitions), way in zip(deliveries, itertools.cycle(ways), strict=False):
        way(backend, rows, definitions)
        oracle.take(rows, definitions)
    found, wanted = stored(backend), evaluated(oracle)
    for name in wanted:
        assert found[name] == wanted[name], name


# No shrinking: each example takes a while, and the first one found is small enough.
_SETTINGS = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# By SQL, in memory, and by turns, as when a file is imported while events come in.
WAYS = {"sql": [take], "memory": [None], "turns": [take, None, None]}


def ways_of(name: str) -> list[Way]:
    memory = in_memory()
    return [way or memory for way in WAYS[name]]


@pytest.mark.parametrize("name", WAYS)
@_SETTINGS
@given(data=st.data())
def test_any_cut_of_a_stream_gives_the_same(backend: Backend, name: str, data: st.DataObject) -> None:
    rows = data.draw(streams.events())
    definitions = data.draw(streams.definitions())
    pieces = data.draw(streams.cuts(rows))
    # A definition that comes later works on what happens from then on.
    begin = data.draw(st.sampled_from([0, 0, 1]))
    deliveries = [(piece, definitions if at >= begin else definitions[1:]) for at, piece in enumerate(pieces)]
    agree(backend, deliveries, ways_of(name))


@pytest.mark.parametrize("name", WAYS)
@_SETTINGS
@given(data=st.data())
def test_late_pieces_are_placed_as_one_by_one(backend: Backend, name: str, data: st.DataObject) -> None:
    rows = data.draw(streams.events())
    definitions = data.draw(streams.definitions())
    pieces = data.draw(streams.cuts(data.draw(st.permutations(rows))))
    agree(backend, [(piece, definitions) for piece in pieces], ways_of(name))


@settings(_SETTINGS, max_examples=3)
@given(data=st.data())
def test_late_pieces_are_placed_as_one_by_one_on_another_engine(other: Backend, data: st.DataObject) -> None:
    rows = data.draw(streams.events())
    definitions = data.draw(streams.definitions())
    pieces = data.draw(streams.cuts(data.draw(st.permutations(rows))))
    agree(other, [(piece, definitions) for piece in pieces], ways_of("turns"))
